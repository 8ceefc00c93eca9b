"""The claim's form: evaluation questions, amount, attestation."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs
from wtforms.validators import InputRequired, Optional

from cme.evaluations.rules import EvaluationQuestion
from cme.kernel.quarters import format_quarters

ATTESTATION = (
    "I state that I completed this activity myself and that I claim only the amount that fits the extent of my "
    "participation."
)


class ClaimForm(FlaskForm):
    """Built per release by `claim_form`; judged by the rules, which `mark` then writes beside the fields."""

    attested = BooleanField(ATTESTATION, validators=[InputRequired()])

    def mark(self, problems: Mapping[str, str]) -> None:
        """Show each sentence at its field."""
        for name, sentence in problems.items():
            field: Field | None = self._fields.get(name)
            if field is not None:
                field.errors = [sentence]

    @property
    def evaluation_fields(self) -> list[Field]:
        return [field for name, field in self._fields.items() if name.startswith("evaluation-")]


def claim_form(questions: Sequence[EvaluationQuestion], maximum_quarters: int) -> Any:
    """A form for these questions, with one option for each quarter up to the maximum and none of them chosen."""
    return _form_class(tuple(questions), maximum_quarters)()


@lru_cache(maxsize=64)
def _form_class(questions: tuple[EvaluationQuestion, ...], maximum_quarters: int) -> type[ClaimForm]:
    """Kept, because making a class of fields costs more than filling it. It follows from the arguments alone."""
    fields: dict[str, object] = {question.field: _field(question) for question in questions}
    amounts = [SelectChoice(format_quarters(quarters)) for quarters in range(1, maximum_quarters + 1)]
    fields["amount"] = RadioField(
        "How much do you claim?", choices=amounts, validators=[InputRequired()], validate_choice=False
    )
    built: type[ClaimForm] = type("BuiltClaimForm", (ClaimForm,), {})
    for name, field in fields.items():
        setattr(built, name, field)
    return built


def _field(question: EvaluationQuestion) -> object:
    validators = [InputRequired()] if question.required else [Optional()]
    if question.kind == "text":
        return TextAreaField(
            question.text, validators=validators, render_kw={"rows": 3, "maxlength": question.max_length}
        )
    choices = [SelectChoice(option.key, option.text) for option in question.options]
    return RadioField(question.text, choices=choices, validators=validators, validate_choice=False)
