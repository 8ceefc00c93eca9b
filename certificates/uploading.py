"""From what somebody sends to a design that may be kept: read, judged, packed and tried; or why not, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass

from certificates import apart, folders, own_designs
from certificates.compiled import RenderError
from certificates.design import DESIGNS
from certificates.own_designs import Choices
from certificates.proofing import Proof, prove
from certificates.rules.uploads import MOST_PAGES
from certificates.unzipping import NotTaken, read_folder

_LAST = """@page letter { size: 792pt 612pt }
@page a4 { size: 841.89pt 595.28pt }
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A design that was tried: its folder as one file, what came of it, and what its files were."""

    packed: bytes
    proof: Proof
    files: Mapping[str, int]


def try_upload(upload: bytes, pages: int = 1) -> Tried:
    """A ZIP with HTML, CSS, pictures and fonts. Problems are in the proof; nothing raises because of what was sent."""
    if not 1 <= pages <= MOST_PAGES:
        return _refused([f"A certificate has 1 to {MOST_PAGES} pages."])
    try:
        sent = read_folder(upload)
        problems, clean = apart.judge_apart(sent)
    except NotTaken as refusal:
        return _refused(refusal.problems)
    except RenderError as problem:
        return _refused([f"The files could not be read: {problem}."])
    if problems:
        return _refused(problems)
    about = {
        "source": "upload",
        "pages": pages,
        "first": (DESIGNS / "upload" / "upload.css").read_text(encoding="utf-8"),
        "last": _LAST,
    }
    packed = folders.pack(clean, about)
    return Tried(packed, prove(packed), {name: len(body) for name, body in clean.items()})


def clean_images(sent: Mapping[str, bytes]) -> tuple[list[str], dict[str, bytes]]:
    """Pictures for a form, judged and written anew in the other process; problems name the file."""
    large = [name for name, body in sent.items() if len(body) > own_designs.MOST_IMAGE]
    if large:
        return [f"{name}: the picture is larger than {own_designs.MOST_IMAGE // 1024} KB." for name in large], {}
    if not sent:
        return [], {}
    try:
        return apart.judge_apart(sent, page=False)
    except RenderError as problem:
        return [f"The pictures could not be read: {problem}."], {}


def try_form(chosen: Choices, images: Mapping[str, bytes]) -> Tried:
    """A design made by choosing; the choices and pictures were judged before."""
    packed = own_designs.packed(chosen, images)
    return Tried(packed, prove(packed), {name: len(body) for name, body in images.items()})


def _refused(problems: list[str]) -> Tried:
    return Tried(b"", Proof(problems, {}), {})
