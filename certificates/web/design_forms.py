"""Forms of designs: choosing one for a provider, making one, handing one in."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_wtf.file import FileField
from wtforms import BooleanField, ColorField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs

from certificates.design import SHIPPED
from certificates.looks import Choice, Chosen
from certificates.own_designs import DEFAULTS, LOGO, LONGEST, LONGEST_SIGNER, MOST_IMAGE, MOST_SIGNATURES
from certificates.rules.looks import Paper, PaperChoice
from certificates.web.forms import ASKED, Marked

IMAGES = (LOGO, *(f"signature-{number}" for number in range(1, MOST_SIGNATURES + 1)))
_HEX = frozenset("0123456789abcdef")
_SUFFIXES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}
_BASES = {"credit": "With the frame and seal of certificates of credit",
          "participation": "With the frame and seal of certificates of participation"}  # fmt: skip
_NUMBERS = ("First signature", "Second signature", "Third signature")
_KINDS = {"credit": "Credit", "participation": "Participation"}


class LookForm(Marked):
    """Which design and paper a provider's certificates of one kind have from now on."""

    provider = SelectField("Provider", validate_choice=False)
    kind = RadioField("Kind", choices=[SelectChoice(*one) for one in _KINDS.items()], validators=ASKED,
                      default="credit", validate_choice=False)  # fmt: skip
    version = SelectField("Design", validate_choice=False)
    paper = RadioField("Paper", choices=[SelectChoice(one.value, one.label) for one in PaperChoice], validators=ASKED,
                       default=PaperChoice.COUNTRY.value, validate_choice=False)  # fmt: skip

    def offering(self, chosen: Sequence[Chosen], versions: Sequence[Choice]) -> "LookForm":
        """The form with what can be chosen."""
        names = {one.provider_key: one.provider_name for one in chosen}
        self.provider.choices = [SelectChoice(key, name) for key, name in names.items()]
        self.version.choices = [SelectChoice("", "The design that ships"),
                                *(SelectChoice(str(one.version_id), one.label) for one in versions)]  # fmt: skip
        return self


def _line(label: str, longest: int) -> StringField:
    return StringField(label, render_kw={"maxlength": longest})


def _image(label: str) -> FileField:
    return FileField(label, render_kw={"accept": "image/png,image/jpeg,image/svg+xml,.svg"})


class DesignForm(Marked):
    """A design made by choosing. What was handed in before is named by its digest, so that it stays over a mistake."""

    name = StringField("Name of the design", validators=ASKED, render_kw={"maxlength": 60})
    base = RadioField("Design", choices=[SelectChoice(name, _BASES[name]) for name in SHIPPED], validators=ASKED,
                      validate_choice=False)  # fmt: skip
    accent = ColorField("Colour of words and frame", validators=ASKED)
    ornament = ColorField("Colour of ornaments", validators=ASKED)
    certifies = _line("Opening words", LONGEST["certifies"])
    closing = _line("Closing words", LONGEST["closing"])
    logo = _image("Logo")
    logo_alt = _line("What the logo shows", LONGEST["logo_alt"])
    signer_1, role_1 = _line("First signature: name", LONGEST_SIGNER), _line("First signature: role", LONGEST_SIGNER)
    signature_1 = _image("First signature: picture")
    signer_2, role_2 = _line("Second signature: name", LONGEST_SIGNER), _line("Second signature: role", LONGEST_SIGNER)
    signature_2 = _image("Second signature: picture")
    signer_3, role_3 = _line("Third signature: name", LONGEST_SIGNER), _line("Third signature: role", LONGEST_SIGNER)
    signature_3 = _image("Third signature: picture")
    kept_logo, kept_signature_1 = HiddenField(), HiddenField()
    kept_signature_2, kept_signature_3 = HiddenField(), HiddenField()
    without_images = BooleanField("Leave out all pictures that were handed in before")
    paper = RadioField("Paper of the preview", choices=[SelectChoice(one.value, one.label) for one in Paper],
                       validators=ASKED, default=Paper.LETTER.value, validate_choice=False)  # fmt: skip

    def kept(self, without: set[str]) -> dict[str, str]:
        """Digests of pictures from before, by what they are, but for those that are handed in anew."""
        if self.without_images.data:
            return {}
        found = {what: str(self[_kept(what)].data or "") for what in IMAGES if what not in without}
        return {what: digest for what, digest in found.items() if len(digest) == 64 and set(digest) <= _HEX}

    def keep(self, what: str, digest: str) -> None:
        """Name a picture that was stored, for the next time that the form is sent."""
        self[_kept(what)].data = digest

    def forget(self) -> None:
        """Name no picture from before any more."""
        for what in IMAGES:
            self[_kept(what)].data = ""

    @property
    def signatures(self) -> list[tuple[str, Any, Any, Any]]:
        """Of each signature what it is called, and its fields."""
        return [
            (title, self[f"signer_{number}"], self[f"role_{number}"], self[f"signature_{number}"])
            for number, title in enumerate(_NUMBERS, start=1)
        ]

    @property
    def has_pictures(self) -> bool:
        return bool(self.kept(set()))


class UploadForm(Marked):
    """A folder as a ZIP."""

    name = StringField("Name of the design", validators=ASKED, render_kw={"maxlength": 60})
    folder = FileField("The folder as a ZIP", validators=ASKED, render_kw={"accept": ".zip,application/zip"})
    pages = SelectField("Pages of a certificate", choices=[SelectChoice(str(n)) for n in range(1, 5)],
                        validate_choice=False)  # fmt: skip


def preset(
    base: str, chosen: dict[str, Any] | None = None, kept: dict[str, str] | None = None, name: str = ""
) -> DesignForm:
    """The form with the colours of a design that ships, or as a version was saved."""
    values: dict[str, Any] = {"name": name, "base": base, **DEFAULTS[base], **(chosen or {})}
    for number, (signer, role) in enumerate(values.pop("signatures", []), start=1):
        values |= {f"signer_{number}": signer, f"role_{number}": role}
    form = DesignForm(formdata=None, data=values)
    for what, digest in (kept or {}).items():
        form.keep(what, digest)
    return form


def handed_in(form: DesignForm) -> dict[str, bytes]:
    """The pictures that came with the form, by what they are; no more of each than is needed to refuse it."""
    files = {what: form[what.replace("-", "_")].data for what in IMAGES}
    bodies = {what: file.read(MOST_IMAGE + 1) for what, file in files.items() if file}
    let_go()
    return {what: body for what, body in bodies.items() if body}


def let_go() -> None:
    """Close what was handed in: with a long form every file lies on the disk until then."""
    for file in request.files.values():
        file.close()


def suffix_of(body: bytes) -> str:
    """How a file with this content is named; its own name is nobody's business."""
    return next((one for mark, one in _SUFFIXES.items() if body.startswith(mark)), ".svg")


def _kept(what: str) -> str:
    return f"kept_{what.replace('-', '_')}"
