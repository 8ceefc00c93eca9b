"""The form of a draft's blueprint, delivery rules and shared cases."""

from collections.abc import Sequence
from dataclasses import asdict

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from cme.kernel.text import clean_block, clean_line
from quizzes.rules.delivery import REVIEW_PARTS, DeliveryRules, Review
from quizzes.rules.delivery_words import PART_WORDS
from quizzes.rules.item import BlueprintLine, QuizVersionFacts
from quizzes.rules.limits import MOST_TEXT
from quizzes.rules.stored import STAGES
from quizzes.services.ruling import Surroundings
from quizzes.web.forms import names

EMPTY_LINES = 2


class StageCheckboxField(SelectMultipleField):
    """What is seen at one stage: several boxes under one legend."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _stage(label: str, parts: Sequence[str] = REVIEW_PARTS) -> StageCheckboxField:
    return StageCheckboxField(label, choices=[SelectChoice(part, PART_WORDS[part].capitalize()) for part in parts])


class LineForm(Form):
    """One line of the blueprint; without a label it is none."""

    label = StringField("Label", validators=[Length(max=120)])
    topics = StringField("Topics", validators=[Length(max=1000)])
    tags = StringField("Only with one of these tags", validators=[Length(max=1000)])
    draw = IntegerField("Draws", validators=[Optional()])
    points = IntegerField("Points each", validators=[Optional()])


class CaseForm(Form):
    """One shared case; without a name it is none."""

    key = StringField("Name", validators=[Length(max=40)])
    text = TextAreaField("Case", validators=[Length(max=MOST_TEXT)])


class RulesForm(FlaskForm):
    """Everything that surrounds the questions."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    lines = FieldList(FormField(LineForm), max_entries=60)
    attempts = IntegerField("Attempts for credit", description="Empty: as many as wanted.", validators=[Optional()])
    wait_hours = IntegerField("Hours between two attempts", description="0 or empty: none.", validators=[Optional()])
    minutes = IntegerField("Minutes for an attempt", description="Empty: no limit.", validators=[Optional()])
    certainty = BooleanField("Ask how sure learners are of each answer (it never changes a point)")
    peers = BooleanField("Show who has passed how others answered, once 30 people did")
    during = _stage("During the attempt, of a checked answer", [part for part in REVIEW_PARTS if part != "answers"])
    after_try = _stage("After each attempt")
    after_passing = _stage("After passing, in addition")
    after_term = _stage("After the end of the term, in addition")
    cases = FieldList(FormField(CaseForm), max_entries=100)

    def fill(self, facts: QuizVersionFacts) -> None:
        """Put the version's rules into the fields, with empty rows to add to."""
        self.edition.data = facts.edition
        rules = facts.delivery
        self.attempts.data, self.minutes.data, self.wait_hours.data = rules.attempts, rules.minutes, rules.wait_hours
        self.certainty.data, self.peers.data = rules.certainty, rules.peers
        for stage in STAGES:
            self[stage].data = [part for part in REVIEW_PARTS if getattr(getattr(rules, stage), part)]
        for line in facts.blueprint:
            row = {"label": line.label, "topics": " ".join(line.topics), "tags": " ".join(line.tags)}
            self.lines.append_entry({**row, "draw": line.draw, "points": line.points})
        for key, text in facts.vignettes.items():
            self.cases.append_entry({"key": key, "text": text})
        for _ in range(EMPTY_LINES):
            self.lines.append_entry()
            self.cases.append_entry()

    def surroundings(self) -> Surroundings:
        """What the fields say."""
        return Surroundings(
            blueprint=tuple(
                BlueprintLine(
                    label=clean_line(row.label.data or ""),
                    topics=names(row.topics.data),
                    tags=names(row.tags.data),
                    draw=row.draw.data or 0,
                    points=1 if row.points.data is None else row.points.data,
                )
                for row in (entry.form for entry in self.lines)
                if (row.label.data or "").strip() or names(row.topics.data)
            ),
            delivery=DeliveryRules(
                attempts=self.attempts.data,
                wait_hours=self.wait_hours.data or 0,
                minutes=self.minutes.data,
                certainty=bool(self.certainty.data),
                peers=bool(self.peers.data),
                **{stage: self._review(stage) for stage in STAGES},
            ),
            vignettes={
                (row.key.data or "").strip(): clean_block(row.text.data or "")
                for row in (entry.form for entry in self.cases)
                if (row.key.data or "").strip() or (row.text.data or "").strip()
            },
        )

    def _review(self, stage: str) -> Review:
        wanted = set(self[stage].data or ())
        return Review(**{part: part in wanted for part in asdict(Review(False, False, False))})
