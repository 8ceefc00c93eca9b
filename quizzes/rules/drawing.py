"""Drawing an attempt: which items, in which order of choices. The same seed draws the same attempt everywhere."""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizzes.rules.item import BlueprintLine, Item, Kind
from quizzes.rules.search import Pool, search


class DrawError(Exception):
    """No choice of items satisfies the blueprint."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the draw needs to know of an item."""

    lineage: str
    topic: str
    apart: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def candidate_of(item: Item) -> Candidate:
    """The item as the draw sees it."""
    return Candidate(item.lineage, item.topic, item.apart, item.tags)


def candidates_of(items: Iterable[Item]) -> tuple[Candidate, ...]:
    """What may be drawn of a bank: items that are ready."""
    return tuple(candidate_of(item) for item in items if item.is_drawn)


def draw(
    blueprint: Sequence[BlueprintLine],
    candidates: Sequence[Candidate],
    *,
    seen: Mapping[str, datetime],
    seed: str,
) -> tuple[str, ...]:
    """Lineages of one attempt, line by line of the blueprint.

    Items that keep apart never meet, whichever of the two says so. As few items as possible were seen before; among
    those the ones seen longest ago come first. Refuses (DrawError) only a blueprint that the candidates cannot satisfy.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.lineage)
    chance = dict(zip((one.lineage for one in ordered), _numbers(f"items|{seed}", len(ordered)), strict=True))
    fresh = sorted((one for one in ordered if one.lineage not in seen), key=lambda one: chance[one.lineage])
    known = sorted(
        (one for one in ordered if one.lineage in seen), key=lambda one: (seen[one.lineage], chance[one.lineage])
    )
    preferred = [*fresh, *known]
    pools = _pools(blueprint, preferred)
    found = search(pools, conflicts=conflicts_of(candidates), costly=frozenset(seen))
    if found is None:
        raise DrawError("The questions at hand cannot satisfy the blueprint.")
    return tuple(lineage for line in found for lineage in line)


def _pools(blueprint: Sequence[BlueprintLine], preferred: Sequence[Candidate]) -> list[Pool]:
    """What each line may draw from, in order of preference; a bank is walked once, however many lines there are."""
    by_topic: dict[str, list[tuple[int, Candidate]]] = {}
    for rank, one in enumerate(preferred):
        by_topic.setdefault(one.topic, []).append((rank, one))
    pools: list[Pool] = []
    for line in blueprint:
        found = [pair for topic in dict.fromkeys(line.topics) for pair in by_topic.get(topic, ())]
        if len(line.topics) > 1:
            found.sort(key=lambda pair: pair[0])
        members = (one.lineage for _rank, one in found if line.takes(one.topic, one.tags))
        pools.append(Pool(need=line.draw, members=tuple(members)))
    return pools


def conflicts_of(candidates: Sequence[Candidate]) -> dict[str, set[str]]:
    """Who must not meet whom, both ways, also where only one of the two says so."""
    known = {candidate.lineage for candidate in candidates}
    conflicts: dict[str, set[str]] = {lineage: set() for lineage in known}
    for candidate in candidates:
        for other in candidate.apart:
            if other in known and other != candidate.lineage:
                conflicts[candidate.lineage].add(other)
                conflicts[other].add(candidate.lineage)
    return conflicts


def together(drawn: Sequence[str], vignettes: Mapping[str, str]) -> tuple[str, ...]:
    """The same items with those that share a case side by side, where the first of them stands."""
    found: list[str] = []
    for lineage in drawn:
        case = vignettes.get(lineage)
        if lineage in found:
            continue
        found += [one for one in drawn if vignettes.get(one) == case] if case else [lineage]
    return tuple(found)


def order_of_choices(item: Item, *, seed: str) -> tuple[str, ...]:
    """Choice keys in the order to show: as written for ordered items, else shuffled."""
    keys = [choice.key for choice in item.choices]
    if item.ordered or item.kind is Kind.TRUE_FALSE:
        return tuple(keys)
    numbers = dict(zip(sorted(keys), _numbers(f"choices|{seed}|{item.lineage}", len(keys)), strict=True))
    return tuple(sorted(keys, key=lambda key: numbers[key]))


def _numbers(seed: str, count: int) -> tuple[int, ...]:
    """Evenly spread 64-bit numbers that depend on nothing but the seed: one hash with as much output as needed."""
    return struct.unpack(f">{count}Q", hashlib.shake_256(seed.encode()).digest(8 * count))
