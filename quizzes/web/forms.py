"""The editor's forms."""

import re
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
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.widgets import HiddenInput

from cme.kernel.text import clean_block
from quizzes.rules.editing import MOST_CHOICES
from quizzes.rules.item import ChoiceItem, Item
from quizzes.rules.limits import MOST_TEXT, NAME

LETTERS = "abcdefghij"
NAMES = "One per line."


class Wanted:
    """Marks a field that publishing needs; a draft may be saved without it, so nothing is refused here."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        """Nothing to refuse."""


class ChoiceForm(Form):
    """One choice; the key is set by which radio button of the question is chosen."""

    key = HiddenField(validators=[Length(max=8)])
    text = TextAreaField("Text", validators=[Length(max=MOST_TEXT)])
    rationale = TextAreaField("Why it is right or wrong", validators=[Length(max=MOST_TEXT)])


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
    choices = FieldList(FormField(ChoiceForm), min_entries=MOST_CHOICES, max_entries=MOST_CHOICES)
    ordered = BooleanField("Keep the choices in this order (numbers, dates)")
    topic = SelectField("Topic", validate_choice=False)
    objective = SelectField("Learning objective", validate_choice=False)
    passages = TextAreaField("Passages that prove the key", description=NAMES, validators=[Wanted()])
    references = TextAreaField("References", description=NAMES, validators=[Wanted()])
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
        self.topic.data, self.objective.data = item.topic, item.objective
        for name in ("passages", "references", "apart", "tags"):
            self[name].data = "\n".join(getattr(item, name))
        self.correct.data = next((str(index) for index, one in enumerate(item.choices) if one.correct), "")
        for index, entry in enumerate(self.choices):
            choice = item.choices[index] if index < len(item.choices) else None
            entry.form.key.data = choice.key if choice else ""
            entry.form.text.data = choice.text if choice else ""
            entry.form.rationale.data = choice.rationale if choice else ""

    def item(self, lineage: str) -> Item:
        """What the fields say. Rows without any text are no choices; new choices get the next free letter."""
        return Item(
            lineage=lineage,
            topic=self.topic.data or "",
            objective=self.objective.data or "",
            stem=clean_block(self.stem.data or ""),
            ordered=bool(self.ordered.data),
            choices=self._choices(),
            tags=names(self.tags.data),
            apart=names(self.apart.data),
            passages=names(self.passages.data),
            references=names(self.references.data),
        )

    def _choices(self) -> tuple[ChoiceItem, ...]:
        rows = [
            (index, entry.form.key.data or "", clean_block(entry.form.text.data or ""), entry.form.rationale.data or "")
            for index, entry in enumerate(self.choices)
        ]
        rows = [row for row in rows if row[2] or row[3].strip()]
        taken = {key for _index, key, _text, _rationale in rows if key}
        found: list[ChoiceItem] = []
        for index, key, text, rationale in rows:
            if not key:
                key = next(letter for letter in LETTERS if letter not in taken)  # noqa: PLW2901 - the row has none yet
                taken.add(key)
            correct = self.correct.data == str(index)
            found.append(ChoiceItem(key=key, text=text, correct=correct, rationale=clean_block(rationale)))
        return tuple(found)


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


class EditionForm(FlaskForm):
    """A button that acts on a draft as it was shown."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


def names(text: str | None) -> tuple[str, ...]:
    """Names separated by spaces, commas or line ends, each once."""
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text or "") if part))
