"""The office's forms that change something: withdrawing a release, entering a provider."""

from collections.abc import Mapping, Sequence

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

MODES = [
    SelectChoice("accredited", "Accredited: certificates carry its statements"),
    SelectChoice("demonstration", "Demonstration: certificates are marked, no accredited credit"),
]


ITEM_POLICIES = [
    SelectChoice("standard", "What is missing, and all or none of the above, must be mended before publishing"),
    SelectChoice("no_true_false", "The same, and there may be no true-or-false questions"),
    SelectChoice("strict", "Every note on item writing must be mended before publishing"),
]
NO_REASON = "Say why the release is withdrawn."


def _text(label: str, rows: int = 4) -> TextAreaField:
    return TextAreaField(label, validators=[InputRequired()], render_kw={"rows": rows, "maxlength": 4000})


class WithdrawForm(FlaskForm):
    """A reason, and that the consequences were read."""

    reason = TextAreaField("Reason", validators=[InputRequired(NO_REASON), Length(max=2000)], render_kw={"rows": 4})
    understood = BooleanField(
        "I have read what this means; it cannot be taken back", validators=[InputRequired("Confirm this to withdraw.")]
    )


class ProviderForm(FlaskForm):
    """Name, mode and texts; judged by the service, whose sentences `mark` shows."""

    seen = HiddenField()
    key = StringField("Key", render_kw={"maxlength": 60})
    name = StringField("Name", validators=[InputRequired()], render_kw={"maxlength": 200})
    joint_with = StringField("Joint provider", render_kw={"maxlength": 200})
    mode = RadioField("Mode", choices=MODES, validators=[InputRequired()], validate_choice=False)
    accreditation_statement = _text("Accreditation statement")
    designation_statement = _text("Designation statement")
    participation_statement = _text("Participation statement")
    contact = _text("Contact", rows=3)
    correction_days = IntegerField("Days to claim after a corrected key", validators=[InputRequired()])
    mails_certificate = BooleanField("Send the PDF with the letter that a certificate is ready")
    alarm_holds = BooleanField("Hold a question at once when the numbers say that its key may be wrong")

    approvals = IntegerField("People who must approve a quiz", validators=[InputRequired()])
    item_policy = RadioField("Item writing", choices=ITEM_POLICIES, default="standard", validate_choice=False)

    def mark(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Show each sentence at its field."""
        for name, sentences in problems.items():
            self[name].errors = list(sentences)


class CheckboxField(SelectMultipleField):
    """Several of a few choices."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class NoticeForm(FlaskForm):
    """What the letter says and who gets it; judged by the service. `counted` is the dry run that was shown."""

    words = TextAreaField(
        "What was wrong, and what is right", validators=[InputRequired()], render_kw={"rows": 5, "maxlength": 1500}
    )
    earlier = CheckboxField(
        "Which revisions were wrong", coerce=int, validators=[InputRequired()], validate_choice=False
    )
    counted = HiddenField()
    revisions: list[int]
    """Every earlier one."""

    def offer(self, earlier: Sequence[tuple[int, int, int, int]]) -> None:
        """(revision, its number, people to tell, people whose account is closed) of every earlier revision."""
        self.revisions = [row[0] for row in earlier]
        self.earlier.choices = [
            SelectChoice(
                revision, f"Revision {number}: {people} {'person' if people == 1 else 'people'} certified on it"
            )
            for revision, number, people, _closed in earlier
        ]

    def mark(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Show each sentence at its field."""
        for name, sentences in problems.items():
            self[name].errors = list(sentences)
