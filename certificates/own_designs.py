"""A design made by choosing: one that ships, in other colours, with a logo, signatures and texts of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certificates import folders
from certificates.design import SHIPPED, shipped_files
from certificates.rules.colours import LEAST_ORNAMENT, LEAST_TEXT, colour_problem, mixed
from certificates.rules.names import unprintable
from cme.kernel.text import clean_line

MOST_SIGNATURES = 3
LONGEST = {"certifies": 60, "closing": 160, "logo_alt": 120}
LONGEST_SIGNER = 60
MOST_IMAGE = 400 * 1024
LOGO = "logo"
# Of each design that ships: the colour of its words, of its ornaments, and the two tints of the first.
_COLOURS = {
    "credit": ("#0b5a5e", "#b8903f", "#74a8a8", "#eef4f2"),
    "participation": ("#33466e", "#8d97aa", "#8d9ab8", "#eff1f6"),
}
DEFAULTS = {name: {"accent": first, "ornament": second} for name, (first, second, *_) in _COLOURS.items()}


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose, cleaned but not judged. Images are named by what they are: logo, signature-1 …"""

    base: str
    accent: str
    ornament: str
    certifies: str = ""
    closing: str = ""
    logo_alt: str = ""
    signatures: tuple[tuple[str, str], ...] = ()
    """Name and role of each."""
    images: Mapping[str, str] = field(default_factory=dict)
    """File names by what they are."""

    def plain(self) -> dict[str, Any]:
        return {
            "base": self.base, "accent": self.accent, "ornament": self.ornament, "certifies": self.certifies,
            "closing": self.closing, "logo_alt": self.logo_alt,
            "signatures": [list(one) for one in self.signatures], "images": dict(self.images),
        }  # fmt: skip


def cleaned(values: Mapping[str, str], images: Mapping[str, str]) -> Choices:
    """Out of what a form sends."""
    signers = [
        (clean_line(values.get(f"signer_{number}", "")), clean_line(values.get(f"role_{number}", "")))
        for number in range(1, MOST_SIGNATURES + 1)
    ]
    return Choices(
        base=values.get("base", ""),
        accent=values.get("accent", "").strip().lower(),
        ornament=values.get("ornament", "").strip().lower(),
        certifies=clean_line(values.get("certifies", "")),
        closing=clean_line(values.get("closing", "")),
        logo_alt=clean_line(values.get("logo_alt", "")),
        signatures=tuple(signers),
        images=images,
    )


def problems(chosen: Choices) -> dict[str, list[str]]:
    """Sentences by field; empty when a design can be made of it."""
    found: dict[str, list[str]] = {}
    if chosen.base not in SHIPPED:
        found["base"] = ["Choose one of the two."]
    for name, colour, least in (("accent", chosen.accent, LEAST_TEXT), ("ornament", chosen.ornament, LEAST_ORNAMENT)):
        if sentence := colour_problem(colour, least):
            found[name] = [sentence]
    for name, longest in LONGEST.items():
        text = str(getattr(chosen, name))
        if sentence := _text_problem(text, longest):
            found[name] = [sentence]
    if LOGO in chosen.images and not chosen.logo_alt:
        found["logo_alt"] = ["Say in words what the logo shows: it is read to those who cannot see it."]
    for number, (name, role) in enumerate(chosen.signatures, start=1):
        if (role or f"signature-{number}" in chosen.images) and not name:
            found[f"signer_{number}"] = ["Give the name of whoever signs."]
        for key, text in ((f"signer_{number}", name), (f"role_{number}", role)):
            if sentence := _text_problem(text, LONGEST_SIGNER):
                found[key] = [sentence]
    return found


def packed(chosen: Choices, files: Mapping[str, bytes]) -> bytes:
    """The design's folder as one file: what ships now in the chosen colours, the images, and what they are for.

    The pages that ship are in there as they are today, so a later version of the program changes nothing about it.
    """
    first, second, middle, pale = _COLOURS[chosen.base]
    swap = {first: chosen.accent, second: chosen.ornament, middle: mixed(chosen.accent, 0.45),
            pale: mixed(chosen.accent, 0.93)}  # fmt: skip
    folder = {path: _recoloured(path, body, swap) for path, body in shipped_files(chosen.base).items()}
    css = f".rule {{ border-top-color: {chosen.ornament}; }}\nh1, .verify-head {{ color: {chosen.accent}; }}\n"
    folder["own/certificate.css"] = css.encode()
    used = {what: name for what, name in chosen.images.items() if name in files}
    folder |= {f"own/{name}": files[name] for name in used.values()}
    own = {
        "logo": used.get(LOGO, ""),
        "logo_alt": chosen.logo_alt,
        "certifies": chosen.certifies,
        "closing": chosen.closing,
        "signatures": [
            {"name": name, "role": role, "image": used.get(f"signature-{number}", "")}
            for number, (name, role) in enumerate(chosen.signatures, start=1)
            if name
        ],
    }
    return folders.pack(folder, {"source": "form", "name": chosen.base, "own": own})


def images_in(packed_before: bytes) -> dict[str, bytes]:
    """The pictures of an earlier version by file name, for the next one to keep."""
    files, _about = folders.unpack(packed_before)
    return {path.removeprefix("own/"): body for path, body in files.items()
            if path.startswith("own/") and not path.endswith(".css")}  # fmt: skip


def _recoloured(path: str, body: bytes, swap: Mapping[str, str]) -> bytes:
    if not path.endswith(".svg"):
        return body
    text = body.decode()
    for index, old in enumerate(swap):  # in two steps: a new colour may be an old one of another part
        text = text.replace(old, f"@{index}@")
    for index, new in enumerate(swap.values()):
        text = text.replace(f"@{index}@", new)
    return text.encode()


def _text_problem(text: str, longest: int) -> str | None:
    if len(text) > longest:
        return f"This is longer than {longest} characters."
    cluster = unprintable(text)
    return None if cluster is None else f"Certificates cannot print the character “{cluster}”."
