"""Rules of evaluation forms: what a form must hold, and whether answers fit it.

Source: ACCME asks for at least one outcome measure before an activity can be closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cme.kernel.text import clean_block

KINDS = ("scale", "choice", "text")
MEASURES = ("objectives", "bias", "outcome", "relevance", "barriers", "comment")
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """One question of a form."""

    key: str
    kind: str
    text: str
    required: bool
    measures: str
    options: tuple[Option, ...]
    max_length: int

    @property
    def field(self) -> str:
        """The name of its form field."""
        return f"evaluation-{self.key}"


def questions_of(rows: Sequence[Mapping[str, Any]]) -> tuple[EvaluationQuestion, ...]:
    """Frozen questions out of what the database or a file holds."""
    return tuple(
        EvaluationQuestion(
            key=str(row["key"]),
            kind=str(row["kind"]),
            text=str(row["text"]),
            required=bool(row.get("required")),
            measures=str(row["measures"]),
            options=tuple(Option(str(option["key"]), str(option["text"])) for option in row.get("options") or ()),
            max_length=int(row.get("max_length") or LONGEST_TEXT),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """Judged answers: `values` to store, `problems` by field name; both are kept so that nothing typed is lost."""

    values: dict[str, str]
    problems: dict[str, str]


def judge(questions: Sequence[EvaluationQuestion], given: Mapping[str, str]) -> Answers:
    """Compare what was sent with the form. Unknown options and missing required answers are problems."""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for question in questions:
        raw = given.get(question.field, "")
        value = clean_block(raw) if question.kind == "text" else raw.strip()
        if value:
            values[question.key] = value
        problem = _problem(question, value)
        if problem:
            problems[question.field] = problem
    return Answers(values, problems)


def _problem(question: EvaluationQuestion, value: str) -> str | None:
    if not value:
        return "Please answer this question." if question.required else None
    if question.kind == "text":
        if len(value) > question.max_length:
            return f"Please keep this to {question.max_length} characters; it has {len(value)}."
        return None
    if value not in {option.key for option in question.options}:
        return "Choose one of the answers."
    return None


def form_problems(questions: Sequence[EvaluationQuestion]) -> list[str]:
    """What keeps a form from being used: sentences."""
    found: list[str] = []
    keys = [question.key for question in questions]
    found += [f"The key “{key}” is used twice." for key in sorted({key for key in keys if keys.count(key) > 1})]
    for question in questions:
        if question.kind not in KINDS:
            found.append(f"“{question.key}”: the kind must be one of {', '.join(KINDS)}.")
        if question.measures not in MEASURES:
            found.append(f"“{question.key}”: measures must be one of {', '.join(MEASURES)}.")
        if question.kind in {"scale", "choice"} and len(question.options) < 2:
            found.append(f"“{question.key}”: a question to choose from needs at least two options.")
    for measure, words in (
        ("outcome", "what will be done differently"),
        ("bias", "freedom from commercial bias"),
        ("objectives", "whether the objectives were met"),
    ):
        if not any(question.measures == measure and question.required for question in questions):
            found.append(f"A required question about {words} is missing.")
    return found
