"""The forms of accounts. They see that something was given; what is acceptable is judged by the services."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields import EmailField
from wtforms.validators import InputRequired

from cme.kernel.professions import LABELS
from cme.kernel.refusal import Invalid
from cme.people.countries import COUNTRIES

PROFESSIONS = {"": "Choose …", **{profession.value: label for profession, label in LABELS.items()}}
PLACES = {"": "Choose …", **COUNTRIES}


def put(form: FlaskForm, refusal: Invalid) -> None:
    """Show a service's sentences at the fields they belong to, beside fields where the form itself misses something."""
    for name, sentences in refusal.problems.items():
        field = form._fields.get(name)
        if field is not None and not field.errors:
            field.errors = sentences
    if not form.errors:
        form.form_errors.append(refusal.sentence)


def _required(sentence: str) -> list[InputRequired]:
    return [InputRequired(sentence)]


class SignInForm(FlaskForm):
    email = EmailField("E-mail address", validators=_required("Type your e-mail address."))
    password = PasswordField("Password", validators=_required("Type your password."))


class ProfileForm(FlaskForm):
    name = StringField("Name", validators=_required("Type your name as it should be printed."))
    credentials = StringField("Credentials")
    profession = SelectField(
        "Profession", choices=PROFESSIONS, validators=_required("Choose your profession."), validate_choice=False
    )
    country = SelectField(
        "Country", choices=PLACES, validators=_required("Choose the country you practise in."), validate_choice=False
    )


class RegisterForm(ProfileForm):
    email = EmailField("E-mail address", validators=_required("Type your e-mail address."))
    password = PasswordField("Password", validators=_required("Choose a password."))


class AddressForm(FlaskForm):
    email = EmailField("E-mail address", validators=_required("Type your e-mail address."))


class NewPasswordForm(FlaskForm):
    password = PasswordField("New password", validators=_required("Choose a password."))


class ChangePasswordForm(FlaskForm):
    present = PasswordField("Present password", validators=_required("Type your present password."))
    password = PasswordField("New password", validators=_required("Choose a new password."))


class ProveForm(FlaskForm):
    present = PasswordField("Password", validators=_required("Type your password."))


class ChangeAddressForm(FlaskForm):
    email = EmailField("New e-mail address", validators=_required("Type the new e-mail address."))
    present = PasswordField("Password", validators=_required("Type your password."))


class ButtonForm(FlaskForm):
    """A single button: only the token that every form carries."""
