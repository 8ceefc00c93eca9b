"""Drawing an attempt: which items, in which order of choices. The same seed draws the same attempt everywhere."""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from quizzes.rules.item import BlueprintLine, Item, Kind
from quizzes.rules.search import Pool, search

FEW = 400
"""Banks up to this size are searched as a whole."""
NOTHING_SEEN: Mapping[str, datetime] = {}
SPARE = 40
"""How many more than a line needs are looked at first in larger ones."""


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
    ordered = sorted(candidates, key=attrgetter("lineage"))
    chance = _numbers(f"items|{seed}", len(ordered))
    shuffled = [ordered[place] for place in sorted(range(len(ordered)), key=chance.__getitem__)]
    if seen:
        known = sorted((one for one in shuffled if one.lineage in seen), key=lambda one: seen[one.lineage])
        shuffled = [*(one for one in shuffled if one.lineage not in seen), *known]
    found = pick(blueprint, shuffled, seen)
    if found is None:
        raise DrawError("The questions at hand cannot satisfy the blueprint.")
    return tuple(lineage for line in found for lineage in line)


def pick(
    blueprint: Sequence[BlueprintLine], preferred: Sequence[Candidate], seen: Mapping[str, datetime] = NOTHING_SEEN
) -> tuple[tuple[str, ...], ...] | None:
    """For each line its items, the most preferred that go together; None where nothing does."""
    return _near(blueprint, preferred, seen) or _found(blueprint, preferred, seen, most=None)


def _near(
    blueprint: Sequence[BlueprintLine], preferred: Sequence[Candidate], seen: Mapping[str, datetime]
) -> tuple[tuple[str, ...], ...] | None:
    """From the most preferred of each line alone: in a bank of thousands nearly always enough. What costs nothing is
    as good as any; else the whole bank is asked."""
    if len(preferred) <= FEW:
        return None
    found = _found(blueprint, preferred, seen, most=SPARE)
    if found is None or any(lineage in seen for line in found for lineage in line):
        return None
    return found


def _found(
    blueprint: Sequence[BlueprintLine],
    preferred: Sequence[Candidate],
    seen: Mapping[str, datetime],
    *,
    most: int | None,
) -> tuple[tuple[str, ...], ...] | None:
    pools, members = _pools(blueprint, preferred, most)
    return search(pools, conflicts=conflicts_of(members), costly=frozenset(seen))


def _pools(
    blueprint: Sequence[BlueprintLine], preferred: Sequence[Candidate], most: int | None
) -> tuple[list[Pool], list[Candidate]]:
    """What each line may draw from, in order of preference, and everything that some line may draw. With `most` a line
    gets so many more than it needs, and a bank is walked only as far as the last line asks."""
    by_topic: dict[str, list[int]] = {}
    for index, line in enumerate(blueprint):
        for topic in dict.fromkeys(line.topics):
            by_topic.setdefault(topic, []).append(index)
    members: list[list[str]] = [[] for _line in blueprint]
    wanted = [len(preferred) if most is None else line.draw + most for line in blueprint]
    open_lines = len(blueprint)
    asked: list[Candidate] = []
    for one in preferred:
        fits = False
        for index in by_topic.get(one.topic, ()):
            line = blueprint[index]
            if len(members[index]) < wanted[index] and (not line.tags or line.takes(one.topic, one.tags)):
                members[index].append(one.lineage)
                fits = True
                open_lines -= len(members[index]) == wanted[index]
        if fits:
            asked.append(one)
        if not open_lines:
            break
    return [Pool(line.draw, tuple(found)) for line, found in zip(blueprint, members, strict=True)], asked


def conflicts_of(candidates: Sequence[Candidate]) -> dict[str, set[str]]:
    """Who must not meet whom, both ways, also where only one of the two says so."""
    conflicts: dict[str, set[str]] = {candidate.lineage: set() for candidate in candidates}
    for candidate in candidates:
        for other in candidate.apart:
            if other in conflicts and other != candidate.lineage:
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
