"""Forms of certificates: asking for a correction, proposing a revocation, deciding, asking for an archive."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SearchField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired

from certificates.packs import DOWNLOAD, REISSUE
from certificates.rules.life import LONGEST_REASON, Ground
from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters
from cme.office.filters import FilterForm, _choices

REASON = {"rows": 4, "maxlength": LONGEST_REASON}
ASKED = [InputRequired()]
"""Only marks the field as one that is wanted: what was typed is judged by the service."""


class Marked(FlaskForm):
    """The service judges; its sentences are shown at the fields."""

    def mark(self, problems: Mapping[str, Sequence[str]]) -> None:
        for name, sentences in problems.items():
            if name in self._fields:
                self._fields[name].errors = list(sentences)


class CorrectionForm(Marked):
    """The certificate as it should be, and why."""

    name = StringField("Name", validators=ASKED, render_kw={"maxlength": 120})
    credentials = StringField("Letters after the name", render_kw={"maxlength": 40})
    profession = SelectField("Profession", choices=[SelectChoice(one.value, one.label) for one in Profession])
    amount = SelectField("Amount", validate_choice=False)
    reason = TextAreaField("What is wrong, and why", validators=ASKED, render_kw=REASON)


def correction_form(snapshot: dict[str, Any]) -> CorrectionForm:
    """The form as the certificate stands, with every amount up to the maximum."""
    form = CorrectionForm(
        name=snapshot["name"],
        credentials=snapshot["credentials"],
        profession=snapshot["profession"],
        amount=format_quarters(snapshot["amount_quarters"]),
    )
    form.amount.choices = [
        SelectChoice(format_quarters(quarters)) for quarters in range(1, snapshot["maximum_quarters"] + 1)
    ]
    return form


class RevocationForm(Marked):
    """The ground that everybody reads, and the reason that stays inside."""

    ground = RadioField(
        "Ground, shown to everybody who verifies",
        choices=[SelectChoice(one.value, one.sentence) for one in Ground],
        validators=ASKED,
        validate_choice=False,
    )
    reason = TextAreaField("Reason, for the record of the office", validators=ASKED, render_kw=REASON)


class DeclineForm(Marked):
    """Why not."""

    answer = TextAreaField("Answer", validators=ASKED, render_kw=REASON)


class CertificateFilter(FilterForm):
    """The list's filter; `person` also finds a number or a code."""

    person = SearchField("Name, e-mail, number or code", render_kw={"maxlength": 100})
    outcome = SelectField("State", choices=_choices(issued="Valid", replaced="Replaced", revoked="Revoked"))
    kind = SelectField("Kind", choices=_choices(credit="Credit", participation="Participation"))


class PackForm(Marked):
    """What to do with all that a filter finds."""

    purpose = RadioField(
        "What is wanted",
        choices=[
            SelectChoice(DOWNLOAD, "An archive of the PDFs as they are"),
            SelectChoice(REISSUE, "Issue all of them again with the same facts, then the archive"),
        ],
        default=DOWNLOAD,
        validators=ASKED,
        validate_choice=False,
    )
    reason = TextAreaField("Reason, when they are issued again", render_kw={"rows": 2, "maxlength": LONGEST_REASON})
