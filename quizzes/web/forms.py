"""The editor's forms."""

import re
from decimal import Decimal
from typing import ClassVar

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import HiddenInput

from cme.kernel.text import clean_block, clean_line
from quizzes.rules.answers import number_of, readings
from quizzes.rules.item import ChoiceItem, Item, Kind, Numeric, Status, StemItem
from quizzes.rules.limits import MOST_TEXT, NAME
from quizzes.rules.shapes import MOST_CHOICES, MOST_ITEM_POINTS, MOST_STEMS, TRUTHS

LETTERS = "abcdefghij"
NAMES = "One per line."
ROWS = list(enumerate(LETTERS))
MORE_ROWS = len(LETTERS)
EMPTY_STEMS = 2
MANY_CHOICES = {Kind.MULTIPLE, Kind.MATCHING, Kind.ORDERING}
"""Kinds that may have many choices, and whose answers may be partly right."""


class Wanted:
    """Marks a field that publishing needs; a draft may be saved without it, so nothing is refused here."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        """Nothing to refuse."""


class NamesField(StringField):
    """Names of passages or references: ticked in a list, written one after the other, or both."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """All that was sent becomes one text."""
        self.data = "\n".join(names("\n".join(valuelist)))


class ChoiceForm(Form):
    """One choice; the key is set by which radio button of the question is chosen."""

    key = HiddenField(validators=[Length(max=8)])
    text = TextAreaField("Text", validators=[Length(max=MOST_TEXT)])
    right = BooleanField("This is right")
    rationale = TextAreaField("Why it is right or wrong", validators=[Length(max=MOST_TEXT)])


class StemForm(Form):
    """One part of a matching question; `answer` is the row of its choice."""

    key = HiddenField(validators=[Length(max=8)])
    text = TextAreaField("Text", validators=[Length(max=MOST_TEXT)])
    answer = SelectField(
        "Its choice",
        choices=[SelectChoice("", "Choose one"), *(SelectChoice(str(row), letter.upper()) for row, letter in ROWS)],
        validate_choice=False,
    )
    rationale = TextAreaField("Why", validators=[Length(max=MOST_TEXT)])


class QuestionForm(FlaskForm):
    """A question of a draft. `edition` and `seen` say which text the editor started from."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    seen = HiddenField(validators=[Length(max=64)])
    stem = TextAreaField(
        "Stem",
        description="The vignette, then the question as its last sentence.",
        validators=[Wanted(), Length(max=MOST_TEXT)],
    )
    correct = RadioField(
        "The key", choices=[SelectChoice(str(one), LETTERS[one].upper()) for one in range(MOST_CHOICES)]
    )
    choices = FieldList(FormField(ChoiceForm), min_entries=MOST_CHOICES, max_entries=MORE_ROWS)
    stems = FieldList(FormField(StemForm), max_entries=MOST_STEMS)
    number = StringField("The right number", validators=[Wanted(), Length(max=40)])
    tolerance = StringField("Right within", description="Plus or minus; 0 is exact.", validators=[Length(max=40)])
    unit = StringField("Unit", validators=[Length(max=40)])
    rationale = TextAreaField("Why the answer is right", validators=[Length(max=MOST_TEXT)])
    points = IntegerField("Points", validators=[Optional(), NumberRange(1, MOST_ITEM_POINTS, "From 1 to 20.")])
    partial = BooleanField("Part of the answer gives part of the points (rounded down)")
    vignette = StringField("Case", description="The name of a case that several questions share.")
    ordered = BooleanField("Keep the choices in this order (numbers, dates)")
    topic = SelectField("Topic", validate_choice=False)
    objective = SelectField("Learning objective", validate_choice=False)
    status = SelectField(
        "Status",
        description="Only a ready question is drawn; a retired one stays in the bank with its history.",
        choices=[SelectChoice(one.value, one.label) for one in Status],
        validate_choice=False,
    )
    passages = NamesField("Passages that prove the key", validators=[Wanted()])
    references = NamesField("References", validators=[Wanted()])
    rows: dict[str, int]
    """In which row of the form each choice stands, by its key; set by `fill` and `item`."""
    apart = TextAreaField("Never drawn together with", description="Names of questions. " + NAMES)
    tags = TextAreaField("Tags", description=NAMES)

    def fill(self, item: Item, edition: int) -> None:
        """Put an item's texts into the fields."""
        self.edition.data = edition
        self.seen.data = item.fingerprint
        self.fill_texts(item)

    def fill_texts(self, item: Item) -> None:
        """The texts only."""
        self.stem.data = item.stem
        self.ordered.data = item.ordered
        self.topic.data, self.objective.data, self.status.data = item.topic, item.objective, item.status.value
        for name in ("passages", "references", "apart", "tags"):
            self[name].data = "\n".join(getattr(item, name))
        self.points.data, self.partial.data = item.points, item.partial
        self.vignette.data, self.rationale.data = item.vignette, item.rationale
        numeric = item.numeric
        self.number.data = format(numeric.value, "f") if numeric else ""
        self.tolerance.data = format(numeric.tolerance, "f") if numeric else "0"
        self.unit.data = numeric.unit if numeric else ""
        self.rows = self._fill_choices(item)
        self._fill_stems(item, self.rows)

    def _fill_choices(self, item: Item) -> dict[str, int]:
        """Put the choices into their rows; gives the row of each key."""
        choices = list(item.choices)
        if item.kind is Kind.ORDERING:
            places = {key: place for place, key in enumerate(item.order)}
            choices.sort(key=lambda choice: places.get(choice.key, len(places)))
        wanted = MORE_ROWS if item.kind in MANY_CHOICES else len(choices)
        while len(self.choices) < min(wanted, MORE_ROWS):
            self.choices.append_entry()
        self.correct.data = next((str(index) for index, one in enumerate(choices) if one.correct), "")
        for index, entry in enumerate(self.choices):
            choice = choices[index] if index < len(choices) else None
            entry.form.key.data = choice.key if choice else ""
            entry.form.text.data = choice.text if choice else ""
            entry.form.right.data = bool(choice and choice.correct)
            entry.form.rationale.data = choice.rationale if choice else ""
        return {choice.key: index for index, choice in enumerate(choices)}

    def _fill_stems(self, item: Item, rows: dict[str, int]) -> None:
        if item.kind is not Kind.MATCHING:
            return
        while len(self.stems) < min(len(item.stems) + EMPTY_STEMS, MOST_STEMS):
            self.stems.append_entry()
        for index, entry in enumerate(self.stems):
            stem = item.stems[index] if index < len(item.stems) else None
            entry.form.key.data = stem.key if stem else ""
            entry.form.text.data = stem.text if stem else ""
            entry.form.answer.data = str(rows.get(stem.answer, "")) if stem else ""
            entry.form.rationale.data = stem.rationale if stem else ""

    def validate_status(self, field: Field) -> None:
        """One of those there are; a form without it leaves it as it is."""
        if field.data and field.data not in set(Status):
            raise ValidationError("Choose one of the list.")

    def validate_number(self, field: Field) -> None:
        """A number, or nothing yet."""
        if (field.data or "").strip() and number_of(field.data) is None:
            raise ValidationError("Write a number, such as 2.5.")
        _only_one(field)

    def validate_tolerance(self, field: Field) -> None:
        """Not below zero."""
        found = number_of(field.data) if (field.data or "").strip() else Decimal(0)
        if found is None or found < 0:
            raise ValidationError("Write a number that is not below zero, such as 0.1.")
        _only_one(field)

    def item(self, saved: Item) -> Item:
        """What the fields say. Rows without any text are no choices; new choices get the next free letter.

        Name, kind, a status that is not sent and, where the rows stand in their right order, the written order of
        choices are those of `saved`.
        """
        kind = saved.kind
        rows = self._choices(kind)
        choices = list(rows.values())
        if kind is Kind.ORDERING:
            written = {choice.key: place for place, choice in enumerate(saved.choices)}
            choices.sort(key=lambda choice: written.get(choice.key, len(written)))
        keys = {str(index): choice.key for index, choice in rows.items()}
        self.rows = {choice.key: index for index, choice in rows.items()}
        return Item(
            lineage=saved.lineage,
            kind=kind,
            status=Status(self.status.data) if self.status.data in set(Status) else saved.status,
            topic=self.topic.data or "",
            objective=self.objective.data or "",
            stem=clean_block(self.stem.data or ""),
            ordered=bool(self.ordered.data),
            choices=tuple(choices),
            stems=self._stems(keys) if kind is Kind.MATCHING else (),
            order=tuple(keys.values()) if kind is Kind.ORDERING else (),
            numeric=self._numeric() if kind is Kind.NUMERIC else None,
            points=self.points.data or 1,
            partial=bool(self.partial.data) and kind in MANY_CHOICES,
            vignette=clean_line(self.vignette.data or ""),
            rationale=clean_block(self.rationale.data or ""),
            tags=names(self.tags.data),
            apart=names(self.apart.data),
            passages=names(self.passages.data),
            references=names(self.references.data),
        )

    def _choices(self, kind: Kind) -> dict[int, ChoiceItem]:
        """Choices by row."""
        if kind is Kind.NUMERIC:
            return {}
        rows = [
            (index, entry.form.key.data or "", clean_block(entry.form.text.data or ""), entry.form.rationale.data or "")
            for index, entry in enumerate(self.choices)
        ]
        rows = [row for row in rows if row[2] or row[3].strip()]
        taken = {key for _index, key, _text, _rationale in rows if key}
        found: dict[int, ChoiceItem] = {}
        for index, key, text, rationale in rows:
            if not key:
                key = next(name for name in _free_keys(kind) if name not in taken)  # noqa: PLW2901 - it has none yet
                taken.add(key)
            correct = self._is_right(kind, index)
            found[index] = ChoiceItem(key=key, text=text, correct=correct, rationale=clean_block(rationale))
        return found

    def _is_right(self, kind: Kind, index: int) -> bool:
        if kind is Kind.MULTIPLE:
            return bool(self.choices[index].form.right.data)
        return kind.has_one_key and self.correct.data == str(index)

    def _stems(self, keys: dict[str, str]) -> tuple[StemItem, ...]:
        rows = [entry.form for entry in self.stems if (entry.form.text.data or "").strip() or entry.form.answer.data]
        taken = {row.key.data for row in rows if row.key.data}
        found: list[StemItem] = []
        for row in rows:
            key = row.key.data or next(name for name in _STEM_KEYS if name not in taken)
            taken.add(key)
            text, why = clean_block(row.text.data or ""), clean_block(row.rationale.data or "")
            found.append(StemItem(key=key, text=text, answer=keys.get(row.answer.data or "", ""), rationale=why))
        return tuple(found)

    def _numeric(self) -> Numeric | None:
        value, tolerance = number_of(self.number.data), number_of(self.tolerance.data)
        return None if value is None else Numeric(value, tolerance or Decimal(0), clean_line(self.unit.data or ""))


def _only_one(field: Field) -> None:
    """What decides about right and wrong may not be read in two ways."""
    found = readings(field.data)
    if len(found) > 1:
        one, other = (f"{number:f}" for number in found)
        raise ValidationError(f"“{field.data}” may mean {one} or {other}. Write it without a comma.")


_STEM_KEYS = tuple(f"s{number}" for number in range(1, 100))


def _free_keys(kind: Kind) -> tuple[str, ...]:
    return (*TRUTHS, *LETTERS) if kind is Kind.TRUE_FALSE else tuple(LETTERS)


class NewQuestionForm(FlaskForm):
    """The name of a new question; its text is written on the next page."""

    lineage = StringField(
        "Name",
        description="A short name for editors: lower-case letters, digits and hyphens. It stays with the question.",
        validators=[
            InputRequired("Give the question a name."),
            Regexp(NAME.pattern + r"\Z", message="Use lower-case letters, digits and hyphens, at most 80."),
        ],
    )
    topic = SelectField("Topic")
    kind = SelectField(
        "Kind",
        choices=[SelectChoice(kind.value, kind.label) for kind in Kind],
        default=Kind.SINGLE.value,
        description="It stays with the question. Some providers forbid true or false.",
    )


class EditionForm(FlaskForm):
    """A button that acts on a draft as it was shown."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


def names(text: str | None) -> tuple[str, ...]:
    """Names separated by spaces, commas or line ends, each once."""
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text or "") if part))
