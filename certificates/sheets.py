"""Prints documents of several pages, tagged and signed as certificates are: transcripts, covers of archives."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from certificates import apart
from certificates.design import ASSETS, DESIGNS, KINDS, Asset, Design, environment
from certificates.measuring import SetName
from certificates.rendering import finished
from certificates.rules.looks import Paper
from certificates.rules.names import unprintable
from certificates.rules.sheets import Sheet, texts_of
from certificates.shaping import NoCoverage
from certificates.signing import Signer
from certificates.slots import Filling
from certificates.stamping import Plan

FOLDER = DESIGNS / "sheet"


@dataclass(frozen=True, slots=True)
class Flowing:
    """What is laid out: no slots, as many pages as it takes."""

    design: Design
    text: str
    wanted: frozenset[str] = frozenset()

    def html(self, tightness: str) -> str:
        return self.text


def print_sheet(sheet: Sheet, paper: Paper, *, signer: Signer, at: datetime) -> bytes:
    """The signed document. Laid out in a process of its own: the web's processes hold no layout engine.

    Raises NoCoverage, RenderError, SigningError.
    """
    for text in texts_of(sheet):
        if (cluster := unprintable(text)) is not None:
            raise NoCoverage(cluster)
    design = _design()
    text = design.template.render(sheet=sheet, paper=paper.value)
    (compiled,) = apart.compile_all([Flowing(design, text)])
    filled = Filling(
        texts={},
        address="",
        title=sheet.title,
        author=sheet.site,
        subject=f"{sheet.band}. {sheet.heading}" if sheet.band else sheet.heading,
        issued_at=at.isoformat(),
        name=SetName((sheet.name,), 0.0),
        name_direction="ltr",
    )
    return finished(compiled, filled, Plan({}, {}), at.astimezone(UTC), signer, None)


@cache
def _design() -> Design:
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.is_file()}
    return Design(
        name="sheet",
        template=environment({"sheet.html": files["sheet.html"].decode()}).get_template("sheet.html"),
        styles=(files["sheet.css"].decode(),),
        assets={f"{ASSETS}{name}": Asset(body, KINDS[".svg"]) for name, body in files.items() if name.endswith(".svg")},
        digest="",
        trusted=False,
        pages=0,
    )
