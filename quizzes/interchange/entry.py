"""One question on its way in or out, in a shape that belongs to no format: frozen values, texts in Markdown."""

from dataclasses import dataclass, replace
from enum import StrEnum

from quizzes.rules.item import POINTS_PER_ITEM, Kind, Numeric

__all__ = [
    "FALSE", "TRUE", "Choice", "Entry", "Kind", "Numeric", "Scoring", "Stem", "Vignette", "letter", "truth_choices",
    "with_keys",
]  # fmt: skip


class Scoring(StrEnum):
    """How an answer that is partly right counts."""

    ALL_OR_NOTHING = "all_or_nothing"
    PARTIAL = "partial"


TRUE, FALSE = "true", "false"
"""The keys of the two choices of a true/false question."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option. `weight` is its share of the point in whole percent; None leaves it to the scoring rule."""

    key: str
    text: str
    correct: bool = False
    rationale: str = ""
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Stem:
    """One of several questions that share an option list; `answer` is the key of its choice."""

    key: str
    text: str
    answer: str
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Vignette:
    """A case told once for several questions; questions with the same key share it."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of any kind with everything that travels with it."""

    kind: Kind
    lineage: str
    stem: str
    choices: tuple[Choice, ...] = ()
    topic: str = ""
    objective: str = ""
    tags: tuple[str, ...] = ()
    stems: tuple[Stem, ...] = ()
    order: tuple[str, ...] = ()
    """Keys of the choices in the right sequence (ordering only)."""
    numeric: Numeric | None = None
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    vignette: Vignette | None = None
    rationale: str = ""
    """What explains the whole question, beside the rationale of each choice."""
    ordered: bool = False
    """True keeps the choices in their written order."""
    points: int = POINTS_PER_ITEM
    passages: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    """Names of the pictures that the texts show."""
    status: str = ""
    """Draft or retired; empty for a question that is ready, and where a file does not say."""

    @property
    def correct_keys(self) -> tuple[str, ...]:
        """Keys of the right choices, in written order."""
        return tuple(choice.key for choice in self.choices if choice.correct)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every Markdown text a learner may see."""
        own = [self.vignette.text if self.vignette else "", self.stem, self.rationale]
        for part in (*self.stems, *self.choices):
            own += [part.text, part.rationale]
        return tuple(text for text in own if text)


def with_keys(entry: Entry, choices: dict[str, str], stems: dict[str, str]) -> Entry:
    """The same question with its choices and stems under other keys."""
    return replace(
        entry,
        choices=tuple(replace(choice, key=choices[choice.key]) for choice in entry.choices),
        stems=tuple(
            replace(stem, key=stems[stem.key], answer=choices.get(stem.answer, stem.answer)) for stem in entry.stems
        ),
        order=tuple(choices.get(key, key) for key in entry.order),
    )


def letter(index: int) -> str:
    """ "a" for the first, "z" for the 26th, then "a2", "b2" and so on: the usual key of a choice."""
    round_, place = divmod(index, 26)
    return chr(ord("a") + place) + (str(round_ + 1) if round_ else "")


def truth_choices(
    answer: bool, *, if_true: str = "", if_false: str = "", texts: tuple[str, str] = ("True", "False")
) -> tuple[Choice, Choice]:
    """The two choices of a true/false question with the rationale of each."""
    return (
        Choice(TRUE, texts[0], correct=answer, rationale=if_true),
        Choice(FALSE, texts[1], correct=not answer, rationale=if_false),
    )
