"""What each format can carry: told before an export, and exactly what comes back when the file is read again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from quizzes.interchange.entry import Entry, Kind, Scoring, letter, with_keys
from quizzes.interchange.escaping import plain_to_markdown
from quizzes.interchange.html_out import is_plain, to_line
from quizzes.interchange.plain import with_media
from quizzes.interchange.reasons import Reason
from quizzes.rules.item import POINTS_PER_ITEM

EVERY_KIND = frozenset(Kind)
EVERYTHING = frozenset(
    {
        "topic", "objective", "tags", "passages", "references", "apart", "ordered", "rationale", "choice_rationale",
        "stem_rationale", "weight", "points", "vignette", "scoring", "lineage", "unit", "markup", "keys", "pictures",
        "status",
    }
)  # fmt: skip
_WORDS = {
    "topic": "the topic",
    "objective": "the objective",
    "tags": "the tags",
    "passages": "the passages it rests on",
    "references": "the references",
    "apart": "the questions it must be kept apart from",
    "ordered": "that the choices keep their order",
    "rationale": "the general rationale",
    "choice_rationale": "the rationales of the choices",
    "stem_rationale": "the rationales of the things to match",
    "weight": "the weights of the choices",
    "scoring": "how partly right answers count",
    "unit": "the unit",
    "points": "how many points it gives",
    "status": "that it is retired or not ready yet",
}


def _same(entry: Entry) -> Entry:
    return entry


def _nothing(_entry: Entry) -> tuple[Reason, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Capacity:
    """The kinds and parts a format holds."""

    kinds: frozenset[Kind] = EVERY_KIND
    parts: frozenset[str] = EVERYTHING
    settle: Callable[[Entry], Entry] = field(default=_same)
    """A last change that reading makes to what was carried, such as the order of options."""
    elsewhere: Callable[[Entry], tuple[Reason, ...]] = field(default=_nothing)
    """What other programs do not honour although the file carries it for this platform."""


def carried(entry: Entry, capacity: Capacity) -> tuple[Entry | None, tuple[Reason, ...]]:
    """The question as the format can hold it, None when not at all, and everything that stays behind."""
    if entry.kind not in capacity.kinds:
        words = f"This format has no questions of the kind “{entry.kind.label}”; the question is left out."
        reason = Reason("kind_not_carried", words)
        return None, (reason,)
    reasons: list[Reason] = []
    lacking = EVERYTHING - capacity.parts
    found = entry
    for part in sorted(lacking & _WORDS.keys()):
        changed = _drop(found, part)
        if changed != found:
            reasons.append(Reason(f"{part}_not_carried", f"The format does not carry {_WORDS[part]}."))
            found = changed
    if "vignette" in lacking and found.vignette:
        reasons.append(Reason("vignette_in_stem", "The format has no shared cases; the case stands in the question."))
        joined = "\n\n".join(text for text in (found.vignette.text, found.stem) if text)
        found = replace(found, stem=joined, vignette=None)
    if "markup" in lacking:
        bare = _bare(found)
        if bare != found and any(not is_plain(text) for text in found.texts):
            reasons.append(
                Reason(
                    "markup_not_carried", "The format takes plain words only: no emphasis, lists, tables or pictures."
                )
            )
        found = bare
    settled = capacity.settle(found)
    if settled.scoring is not found.scoring:
        reasons.append(Reason("scoring_not_carried", f"The format does not carry {_WORDS['scoring']}."))
    if "choice_rationale" in capacity.parts and _told(settled) < _told(found):
        reasons.append(
            Reason("choice_rationale_not_carried", f"The format does not carry {_WORDS['choice_rationale']}.")
        )
    found = settled
    if "pictures" in lacking and "markup" in capacity.parts and found.media:
        words = "The format holds the names of pictures only; the pictures themselves stay behind."
        reasons.append(Reason("pictures_not_carried", words))
    if "lineage" in lacking:
        found = replace(found, lineage="")
    if "keys" in lacking and found.kind is not Kind.TRUE_FALSE:
        found = lettered(found)
    return with_media(found), tuple(reasons)


def _told(entry: Entry) -> int:
    return sum(bool(choice.rationale) for choice in entry.choices)


def lettered(entry: Entry) -> Entry:
    """The same question with choices a, b, c … and things to match 1, 2, 3 …"""
    choices = {choice.key: letter(index) for index, choice in enumerate(entry.choices)}
    stems = {stem.key: str(index + 1) for index, stem in enumerate(entry.stems)}
    return with_keys(entry, choices, stems)


def _drop(entry: Entry, part: str) -> Entry:
    match part:
        case "choice_rationale":
            return replace(entry, choices=tuple(replace(choice, rationale="") for choice in entry.choices))
        case "stem_rationale":
            return replace(entry, stems=tuple(replace(stem, rationale="") for stem in entry.stems))
        case "weight":
            return replace(entry, choices=tuple(replace(choice, weight=None) for choice in entry.choices))
        case "scoring":
            return replace(entry, scoring=Scoring.ALL_OR_NOTHING)
        case "unit":
            return replace(entry, numeric=replace(entry.numeric, unit="")) if entry.numeric else entry
        case "ordered":
            return replace(entry, ordered=False)
        case "points":
            return replace(entry, points=POINTS_PER_ITEM)
        case "topic" | "objective" | "rationale" | "status":
            return replace(entry, **{part: ""})
        case _:
            return replace(entry, **{part: ()})


def _bare(entry: Entry) -> Entry:
    def plain(text: str) -> str:
        return plain_to_markdown(to_line(text))

    return replace(
        entry,
        stem=plain(entry.stem),
        rationale=plain(entry.rationale),
        choices=tuple(replace(one, text=plain(one.text), rationale=plain(one.rationale)) for one in entry.choices),
        stems=tuple(replace(one, text=plain(one.text), rationale=plain(one.rationale)) for one in entry.stems),
    )
