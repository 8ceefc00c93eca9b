"""Questions as rows of a table: the columns of our template, one question per row, for CSV and spreadsheets alike."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cme.kernel.refusal import Invalid
from cme.kernel.text import clean_line
from quizzes.interchange.carrying import EVERYTHING, Capacity, carried
from quizzes.interchange.entry import (
    FALSE,
    TRUE,
    Choice,
    Entry,
    Kind,
    Numeric,
    Scoring,
    Stem,
    Vignette,
    letter,
    truth_choices,
)
from quizzes.interchange.html_in import note_formulas, note_markup
from quizzes.interchange.lineage import name_list, slug, vignette_key
from quizzes.interchange.numbers_in import answer_of
from quizzes.interchange.plain import with_media
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.report import Gathering
from quizzes.interchange.text_file import tidy
from quizzes.rules.item import POINTS_PER_ITEM
from quizzes.rules.limits import MOST_SHORT_NAME, NAME

CAPACITY = Capacity(parts=EVERYTHING - {"keys", "pictures", "status"})
HEAD = ("key", "kind", "topic", "objective", "tags", "vignette_key", "vignette", "question")
TAIL = ("tolerance", "unit", "scoring", "shuffle", "weights", "points", "rationale", "passages", "references", "apart")
MOST_LETTERS = 26
_CHOICE = re.compile(r"(choice|rationale)_([a-z])")
_STEM = re.compile(r"(stem|stem_rationale)_([1-9][0-9]?)")
_ALIASES = {
    "id": "key", "type": "kind", "stem": "question", "question_text": "question", "answer": "correct",
    "correct_answer": "correct", "explanation": "rationale", "feedback": "rationale", "tag": "tags",
}  # fmt: skip
_YES, _NO = {"yes", "true", "1", "y", "x"}, {"no", "false", "0", "n", ""}
_KINDS = {
    "": Kind.SINGLE, "single": Kind.SINGLE, "mc": Kind.SINGLE, "multiple": Kind.MULTIPLE, "mr": Kind.MULTIPLE,
    "matching": Kind.MATCHING, "ordering": Kind.ORDERING, "numeric": Kind.NUMERIC, "true_false": Kind.TRUE_FALSE,
    "tf": Kind.TRUE_FALSE,
}  # fmt: skip


def columns(entries: Sequence[Entry]) -> list[str]:
    """The heading row: as many choices and things to match as the fullest question has."""
    most = max([4, *(len(entry.choices) for entry in entries if entry.kind is not Kind.TRUE_FALSE)])
    stems = max([0, *(len(entry.stems) for entry in entries)])
    head = [*HEAD]
    for index in range(min(most, MOST_LETTERS)):
        head += [f"choice_{letter(index)}"]
    head.append("correct")
    for index in range(min(most, MOST_LETTERS)):
        head += [f"rationale_{letter(index)}"]
    for index in range(1, stems + 1):
        head += [f"stem_{index}", f"stem_rationale_{index}"]
    return [*head, *TAIL]


def fits(entry: Entry) -> bool:
    """Whether its choices have letters enough."""
    return len(entry.choices) <= MOST_LETTERS


def rows(entries: Sequence[Entry], head: Sequence[str]) -> list[list[str]]:
    """One row per question."""
    found: list[list[str]] = []
    for entry in entries:
        kept, _ = carried(entry, CAPACITY)
        if kept is not None and fits(kept):
            cells = _cells(kept)
            found.append([cells.get(column, "") for column in head])
    return found


def _cells(entry: Entry) -> dict[str, str]:
    cells = {
        "key": entry.lineage, "kind": entry.kind.value, "topic": entry.topic, "objective": entry.objective,
        "tags": ", ".join(entry.tags), "question": entry.stem, "rationale": entry.rationale,
        "passages": ", ".join(entry.passages), "references": ", ".join(entry.references),
        "apart": ", ".join(entry.apart), "scoring": entry.scoring.value, "shuffle": "no" if entry.ordered else "yes",
        "correct": _correct(entry), "points": str(entry.points),
        "weights": ", ".join(f"{c.key}={c.weight}" for c in entry.choices if c.weight is not None),
    }  # fmt: skip
    if entry.vignette:
        cells |= {"vignette_key": entry.vignette.key, "vignette": entry.vignette.text}
    for index, choice in enumerate(entry.choices):
        cells |= {f"choice_{letter(index)}": choice.text, f"rationale_{letter(index)}": choice.rationale}
    for index, stem in enumerate(entry.stems, 1):
        cells |= {f"stem_{index}": stem.text, f"stem_rationale_{index}": stem.rationale}
    if entry.numeric:
        cells |= {"tolerance": format(entry.numeric.tolerance, "f"), "unit": entry.numeric.unit}
    return cells


def _correct(entry: Entry) -> str:
    match entry.kind:
        case Kind.NUMERIC:
            return format(entry.numeric.value, "f") if entry.numeric else ""
        case Kind.MATCHING:
            return ", ".join(stem.answer for stem in entry.stems)
        case Kind.ORDERING:
            return ", ".join(entry.order)
        case _:
            return ", ".join(entry.correct_keys)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read, with its place and the cells that cannot be taken."""

    place: str
    cells: Sequence[str]
    bad: tuple[str, ...] = ()
    """Places of formulas."""
    odd: tuple[str, ...] = ()
    """Places where a spreadsheet shows something else than it holds."""


def gather(gathering: Gathering, head: Sequence[str], body: Sequence[Row]) -> None:
    """Read the rows below a heading row."""
    names = [column(cell) for cell in head]
    known = {*HEAD, *TAIL, "correct"}
    strange = [
        cell.strip() for cell, name in zip(head, names, strict=True)
        if name and name not in known and not _CHOICE.fullmatch(name) and not _STEM.fullmatch(name)
    ]  # fmt: skip
    if "question" not in names or len(set(filter(None, names))) != len(list(filter(None, names))):
        raise Invalid(
            "import_columns",
            "The first row must name the columns, each once, with at least “question”; see the template.",
        )
    if strange:
        shown = ", ".join(f"“{cell[:40]}”" for cell in strange[:8])
        gathering.note("columns", f"Columns that are not known were not taken: {shown}.")
    question = names.index("question")
    for row in body:
        label = clean_line(row.cells[question])[:80] if len(row.cells) > question else ""
        if not any(cell.strip() for cell in row.cells) and not row.bad and not row.odd:
            continue
        if row.bad:
            gathering.refuse(row.place, "formula", f"{', '.join(row.bad[:5])}: a formula; write its value instead.")
            continue
        if row.odd:
            sentence = (
                "a date, an error or a number in a format of its own; write it as text, just as it should be read."
            )
            gathering.refuse(row.place, "cell_format", f"{', '.join(row.odd[:5])}: {sentence}", label=label)
            continue
        if len(row.cells) > len(names) and any(cell.strip() for cell in row.cells[len(names) :]):
            gathering.refuse(row.place, "row_too_long", "The row has more cells than the heading row names.")
            continue
        cells = {name: tidy(cell) for name, cell in zip(names, row.cells, strict=False) if name}
        gathering.take(row.place, _Row(cells).entry, label=clean_line(cells.get("question", ""))[:80])


def column(cell: str) -> str:
    """The name of a column as this module knows it."""
    name = re.sub(r"[\s-]+", "_", cell.strip().lower())
    name = re.sub(r"^(?:option|answer|alternative)_([a-z])$", r"choice_\1", name)
    return _ALIASES.get(name, name)


class _Row:
    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells
        self.losses = Losses()

    def get(self, name: str) -> str:
        return self.cells.get(name, "")

    def entry(self, losses: Losses) -> Entry:
        self.losses = losses
        word = clean_line(self.get("kind")).lower().replace(" ", "_").replace("/", "_")
        kind = _KINDS.get(word)
        if kind is None:
            raise refuse("kind_unknown", f"“{word[:40]}” is not a kind of question; see the template.")
        lineage = clean_line(self.get("key"))
        if lineage and not NAME.fullmatch(lineage):
            losses.add("name", f"“{lineage[:60]}” cannot be a question's name and was written as one.")
            lineage = slug(lineage)
        scoring = clean_line(self.get("scoring")).lower().replace("-", "_").replace(" ", "_")
        if scoring not in {"", *Scoring}:
            raise refuse("scoring", f"“{scoring[:40]}” is not a way of scoring: write all_or_nothing or partial.")
        shuffle = clean_line(self.get("shuffle")).lower()
        if shuffle not in _YES | _NO:
            raise refuse("shuffle", f"“{shuffle[:40]}” under “shuffle” must be yes or no.")
        choices, numeric, stems, order = self._parts(kind)
        for column, text in self.cells.items():
            if column in {"question", "vignette", "rationale"} or _CHOICE.fullmatch(column) or _STEM.fullmatch(column):
                note_markup(text, losses)
                note_formulas(text, losses)
        return with_media(Entry(
            kind, lineage, self.get("question"), choices, topic=self._name("topic"), objective=self._name("objective"),
            tags=self._names("tags"), stems=stems, order=order, numeric=numeric,
            scoring=Scoring(scoring) if scoring else Scoring.ALL_OR_NOTHING, vignette=self._vignette(),
            rationale=self.get("rationale"), ordered=shuffle in _NO - {""}, passages=self._names("passages"),
            references=self._names("references"), apart=self._names("apart"), points=self._points(),
        ))  # fmt: skip

    def _parts(self, kind: Kind) -> tuple[tuple[Choice, ...], Numeric | None, tuple[Stem, ...], tuple[str, ...]]:
        correct = [word for word in re.split(r"[,;\s]+", clean_line(self.get("correct")).lower()) if word]
        if kind is Kind.NUMERIC:
            return (), self._numeric(), (), ()
        if kind is Kind.TRUE_FALSE:
            return self._truth(correct), None, (), ()
        choices = self._choices(kind, correct)
        if kind is Kind.MATCHING:
            return choices, None, self._stems(correct), ()
        return choices, None, (), tuple(correct) if kind is Kind.ORDERING else ()

    def _choices(self, kind: Kind, correct: list[str]) -> tuple[Choice, ...]:
        letters = [chr(ord("a") + index) for index in range(MOST_LETTERS)]
        used = [one for one in letters if self.get(f"choice_{one}")]
        if used != letters[: len(used)]:
            raise refuse("choice_gap", "There is an empty choice before a filled one; close the gap.")
        told = [one for one in letters if self.get(f"rationale_{one}") and one not in used]
        if told:
            raise refuse("choice_gap", f"There is a rationale for choice {told[0]}, which has no text.")
        unknown = [word for word in correct if word not in used]
        if unknown:
            raise refuse("correct", f"“{unknown[0][:20]}” under “correct” is not the letter of a choice.")
        marks = correct if kind in {Kind.SINGLE, Kind.MULTIPLE} else []
        weights = self._weights()
        return tuple(
            Choice(one, self.get(f"choice_{one}"), one in marks, self.get(f"rationale_{one}"), weights.get(one))
            for one in used
        )

    def _weights(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for word in re.split(r"[,;\s]+", clean_line(self.get("weights"))):
            match = re.fullmatch(r"([a-z])=(-?\d{1,3})%?", word.lower())
            if match:
                found[match.group(1)] = int(match.group(2))
            elif word:
                raise refuse("bad_weight", f"“{word[:20]}” under “weights” is not written as a=50.")
        return found

    def _truth(self, correct: list[str]) -> tuple[Choice, Choice]:
        if correct not in ([TRUE], [FALSE], ["t"], ["f"], ["a"], ["b"]):
            raise refuse("correct", "Write true or false under “correct”.")
        texts = (self.get("choice_a") or "True", self.get("choice_b") or "False")
        answer = correct[0] in {TRUE, "t", "a"}
        return truth_choices(answer, if_true=self.get("rationale_a"), if_false=self.get("rationale_b"), texts=texts)

    def _stems(self, correct: list[str]) -> tuple[Stem, ...]:
        numbers = sorted({int(match.group(2)) for name in self.cells if (match := _STEM.fullmatch(name))})
        used = [number for number in numbers if self.get(f"stem_{number}")]
        if len(correct) != len(used):
            raise refuse(
                "correct", f"There are {len(used)} things to match, but {len(correct)} letters under “correct”."
            )
        return tuple(
            Stem(str(index), self.get(f"stem_{number}"), answer, self.get(f"stem_rationale_{number}"))
            for index, (number, answer) in enumerate(zip(used, correct, strict=True), 1)
        )

    def _numeric(self) -> Numeric:
        return Numeric(
            self._decimal("correct"), self._decimal("tolerance", usual=Decimal(0)), clean_line(self.get("unit"))
        )

    def _decimal(self, column: str, usual: Decimal | None = None) -> Decimal:
        text = clean_line(self.get(column))
        if not text and usual is not None:
            return usual
        value = answer_of(text)
        if value is None:
            raise refuse("no_number", f"“{text[:40]}” under “{column}” is not a number.")
        return value

    def _points(self) -> int:
        text = clean_line(self.get("points"))
        if not text:
            return POINTS_PER_ITEM
        if not (text.isascii() and text.isdigit() and len(text) <= 3):
            raise refuse("bad_points", f"“{text[:20]}” under “points” is not a whole number.")
        return int(text)

    def _vignette(self) -> Vignette | None:
        text = self.get("vignette")
        if not text:
            return None
        key = clean_line(self.get("vignette_key"))
        return Vignette(key if NAME.fullmatch(key) and len(key) <= MOST_SHORT_NAME else vignette_key(text), text)

    def _name(self, column: str) -> str:
        text = clean_line(self.get(column))
        name = text if NAME.fullmatch(text) and len(text) <= 40 else slug(text, 40)
        if name != text:
            self.losses.add("name", f"“{text[:60]}” under “{column}” was written as “{name}”.")
        return name

    def _names(self, column: str) -> tuple[str, ...]:
        words = [word.strip() for word in re.split(r"[,;]", clean_line(self.get(column))) if word.strip()]
        if all(NAME.fullmatch(word) for word in words):
            return tuple(dict.fromkeys(words))
        names, lost = name_list(words)
        self.losses.add("name", f"Under “{column}” only names are taken: {', '.join(names)[:200] or 'none was one'}.")
        if lost:
            self.losses.add("name_lost", f"Under “{column}” was left out: {', '.join(lost)[:200]}.")
        return names
