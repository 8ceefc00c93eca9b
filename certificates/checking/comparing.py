"""Which field of a document differs: its visible text held against the facts, or against the text of the original."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from certificates.checking.facts import folded, reads_in_order

SHOWN_AT_MOST = 160
MOST_WORDS = 3
MOST_LETTERS = 0.6
# What stands above a figure, so that an amount and a maximum of the same size are told apart.
ABOVE = {
    "amount": ("creditclaimed", "extentofparticipation"),
    "maximum": ("maximum", "theactivitywasdesignatedfor"),
    "completed": ("datecompleted",),
}
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose visible words are not the recorded ones. `shown` is empty where they are simply missing."""

    field: str
    recorded: str
    shown: str


def missing(facts: Mapping[str, str], pages: Sequence[str]) -> list[Difference]:
    """Facts that the visible text does not hold. Scripts that extraction garbles are not judged."""
    text = folded("\n".join(pages))
    return [
        Difference(field, value, "")
        for field, value in facts.items()
        if value and reads_in_order(value) and folded(value) not in text
    ]


def changed(facts: Mapping[str, str], original: Sequence[str], pages: Sequence[str]) -> list[Difference]:
    """What differs from the original's text, as the fields that stand there; other words are called "text"."""
    before, after = _lines(original), _lines(pages)
    everything = folded("\n".join(pages))
    kept, known = {folded(line) for line in after}, {folded(line) for line in before}
    found: list[Difference] = []
    matcher = SequenceMatcher(None, [folded(line) for line in before], [folded(line) for line in after], autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        shown = short(" ".join(after[new_start:new_end]))
        named = False
        for place in range(start, end):
            for field in _fields_at(place, before, facts, shown):
                named = True
                # A word that only stands in another place is not another word; a figure may stand for another figure.
                if field in ABOVE or folded(facts[field]) not in everything:
                    found.append(Difference(field, facts[field], shown))
        if not named:
            gone = [line for line in before[start:end] if folded(line) not in kept]
            fresh = [line for line in after[new_start:new_end] if folded(line) not in known]
            if gone or fresh:
                found.append(Difference(TEXT, short(" ".join(gone)), short(" ".join(fresh))))
    told = list({difference.field + difference.recorded: difference for difference in found}.values())
    words = [difference for difference in told if difference.field == TEXT]
    return [difference for difference in told if difference.field != TEXT] + words[:MOST_WORDS]


def _fields_at(place: int, lines: Sequence[str], facts: Mapping[str, str], shown: str) -> list[str]:
    """The fields of a line of the original that the new words no longer hold."""
    line, new = folded(lines[place]), folded(shown)
    above = folded(lines[place - 1]) if place else ""
    fields = [field for field, value in facts.items() if value and _stands_in(value, line) and folded(value) not in new]
    below_label = [field for field in fields if above in ABOVE.get(field, ())]
    return below_label or [field for field in fields if line != folded(facts[field]) or not _other_label(field, above)]


def _stands_in(value: str, line: str) -> bool:
    """Whether the line holds the value; of scripts that extraction garbles, whether it holds most of its letters."""
    wanted = folded(value)
    if reads_in_order(value):
        return wanted in line
    left = list(line)
    for char in wanted:
        if char in left:
            left.remove(char)
    return len(line) - len(left) >= len(wanted) * MOST_LETTERS


def _other_label(field: str, above: str) -> bool:
    return any(above in labels for name, labels in ABOVE.items() if name != field)


def _lines(pages: Sequence[str]) -> list[str]:
    return [line.strip() for page in pages for line in page.splitlines() if folded(line)]


def short(text: str) -> str:
    """Words out of a file, as a sentence shows them."""
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN_AT_MOST else plain[:SHOWN_AT_MOST] + "…"
