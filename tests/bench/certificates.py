"""What a certificate costs: stamped and signed, compiled anew, and made the plain way, side by side in one process.

Run alone: python -m tests.bench.certificates [ISSUES [BULK]]
"""

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import segno
import weasyprint
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from certificates.compiled import Shelf
from certificates.design import DESIGNS, page_of
from certificates.finishing import Attachment
from certificates.keys import Keys
from certificates.rendering import render
from certificates.shaping import FONTS
from certificates.signing import Signer
from certificates.slots import ALL, filling
from tests.bench.bulk import COUNT
from tests.bench.verifying import verifying
from tests.factories.certificates import make_snapshot

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ROUNDS, REPEATS = 5, 20
NAMES = ("Jane Doe", "Nguyễn Thị Minh Khai", "Łukasz Ødegård", "Дмитрий Иванов", "Λαμπρινή Παπαδοπούλου", "अमित शर्मा")
MOST_MS, LEAST_RATIO, MOST_COLD_MS, MOST_KB, MOST_GROWTH_MB = 5.0, 20.0, 120.0, 60.0, 8.0
MOST_VERIFYING_MS, MOST_STATEMENTS = 3.0, 3
MOST_BULK_SECONDS, MOST_BULK_MB = 120.0, 400.0
ISSUES = 5000
_FACES = {
    "NotoSerif-Regular": ("Noto Serif", 400, "normal"),
    "NotoSerif-Italic": ("Noto Serif", 400, "italic"),
    "NotoSerif-Bold": ("Noto Serif", 700, "normal"),
    "NotoSans-Regular": ("Noto Sans", 400, "normal"),
    "NotoSans-Bold": ("Noto Sans", 700, "normal"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    found: str
    aim: str
    kept: bool


class Bench:
    """One installation with its key and its compiled pages, and learners that never come twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signer: Signer = Keys(folder, "", "Bench").signer(now=NOW)
        self.shelf = Shelf(folder / "compiled")
        self.numbers = count(1)
        self.credential = Attachment((b'{"type": ["VerifiableCredential", "OpenBadgeCredential"]}' * 40)[:2200])

    def learner(self) -> tuple[dict[str, Any], str]:
        number = next(self.numbers)
        name = f"{NAMES[number % len(NAMES)]} {_letters(number)}"
        snapshot = make_snapshot(name=name, mode="accredited") | {"number": f"CME-2026-{number:06d}"}
        return snapshot, f"https://cme.example.org/verify/7Q2M-8XKD-94PZ-T3NB-V6WR-{number:04d}-C5EG"

    def stamped(self) -> bytes:
        snapshot, url = self.learner()
        return render(snapshot, url, shelf=self.shelf, signer=self.signer, attachment=self.credential).body

    def cold(self) -> bytes:
        """A release that nobody has had a certificate of: its page is compiled first."""
        snapshot, url = self.learner()
        snapshot["title"] = f"Sleep-related leg cramps, part {snapshot['number']}"
        return render(snapshot, url, shelf=self.shelf, signer=self.signer, attachment=self.credential).body

    def typeset(self) -> bytes:
        """A name that the stamper refuses: WeasyPrint sets it."""
        snapshot, url = self.learner()
        snapshot["name"] = f"محمد {snapshot['name']}"
        return render(snapshot, url, shelf=self.shelf, signer=self.signer, attachment=self.credential).body

    def plain(self) -> bytes:
        """WeasyPrint as its manual shows it: a string in, a PDF out."""
        body = weasyprint.HTML(string=self.document(), base_url=str(DESIGNS / "credit") + "/").write_pdf()
        assert body is not None
        return body

    def plain_signed(self) -> bytes:
        """The same, signed as pyHanko's manual shows it, with the key loaded once."""
        writer = IncrementalPdfFileWriter(io.BytesIO(self.plain()))
        meta = signers.PdfSignatureMetadata(
            field_name="Signature1",
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
        )
        return signers.sign_pdf(writer, meta, signer=self.usual_signer).getvalue()

    @property
    def usual_signer(self) -> signers.SimpleSigner:
        if not hasattr(self, "_usual"):
            keys = self.folder / "keys"
            self._usual = signers.SimpleSigner.load(
                str(keys / "signer-1-key.pem"), str(keys / "signer-1.pem"), ca_chain_files=(str(keys / "root.pem"),)
            )
        assert self._usual is not None
        return self._usual

    def document(self) -> str:
        """The same design with everything in one string: style sheets, type faces and the QR code."""
        snapshot, url = self.learner()
        page = page_of(snapshot, filling(snapshot, url), set(ALL))
        faces = "".join(
            f"@font-face {{ font-family: '{family}'; font-weight: {weight}; font-style: {style}; "
            f"src: url({(FONTS / f'{name}.ttf').as_uri()}) }}\n"
            for name, (family, weight, style) in _FACES.items()
        )
        code = segno.make(url, error="m").svg_data_uri(border=4)
        html = page.html("fit-0").replace("slot:qr", code, 1).replace("slot:verify", url)
        style = f"<style>{faces}{''.join(page.design.styles)}</style></head>"
        return html.replace("</head>", style).replace("asset:", "")


def _letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3)).title()


def milliseconds(function: Callable[[], bytes], repeats: int) -> float:
    began = time.process_time_ns()
    for _ in range(repeats):
        function()
    return (time.process_time_ns() - began) / 1e6 / repeats


def measured(bench: Bench, rounds: int = ROUNDS, repeats: int = REPEATS) -> dict[str, float]:
    """The best of several rounds each, taken in turn so that a busy machine disturbs all alike."""
    work = {
        "stamped": (bench.stamped, repeats * 2),
        "cold": (bench.cold, max(3, repeats // 4)),
        "typeset": (bench.typeset, max(3, repeats // 4)),
        "plain": (bench.plain, max(3, repeats // 4)),
        "plain signed": (bench.plain_signed, max(3, repeats // 4)),
    }
    for function, _repeats in work.values():
        function(), function()
    found = {name: float("inf") for name in work}
    for _ in range(rounds):
        for name, (function, times) in work.items():
            found[name] = min(found[name], milliseconds(function, times))
    return found


def growth(bench: Bench, issues: int) -> float:
    """Megabytes that this process grows by over so many certificates, after caches are full."""
    for _ in range(1200):
        bench.stamped()
    before = _resident()
    for _ in range(issues):
        bench.stamped()
    return (_resident() - before) / 1e6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def rows(issues: int = ISSUES, rounds: int = ROUNDS, bulk: int = COUNT) -> list[Row]:
    """The whole table."""
    return [*_single(issues, rounds), *_verifying(), *_bulk(bulk)]


def _verifying() -> list[Row]:
    found: list[Row] = []
    for name, one in verifying().items():
        found.append(_row(f"verification, {name}", one.milliseconds, MOST_VERIFYING_MS, "ms"))
        kept = one.statements <= MOST_STATEMENTS
        found.append(Row(f"verification, {name}: statements", str(one.statements), str(MOST_STATEMENTS), kept))
    return found


def _bulk(count: int) -> list[Row]:
    """In a process of its own, so that its memory is its own."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.bulk", str(count)], capture_output=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    what = f"{found['certificates']:,} of a year and all amounts, issued again and zipped"
    share = count / COUNT  # fewer are judged by their share of the time
    return [
        _row(what, found["seconds"], MOST_BULK_SECONDS * share, "s"),
        _row(f"{what}: memory", found["megabytes"], MOST_BULK_MB, "MB"),
        _row(f"{what}: the largest", found["largest"] / 1000, MOST_KB, "kB"),
        Row(f"{what}: all were made", f"{found['certificates']:,}", f"{count:,}", found["certificates"] == count),
    ]


def _single(issues: int, rounds: int) -> list[Row]:
    with _bench() as bench:
        found = measured(bench, rounds)
        largest = max(len(bench.stamped()) for _ in range(60)) / 1000
        grown = growth(bench, issues)
    ratio = found["plain signed"] / found["stamped"]
    return [
        _row("stamped and signed", found["stamped"], MOST_MS, "ms"),
        Row(
            "plain WeasyPrint and pyHanko, against that",
            f"{ratio:.1f} times",
            f"at least {LEAST_RATIO:g}",
            ratio >= LEAST_RATIO,
        ),
        _row("first of a release: compiled, stamped, signed", found["cold"], MOST_COLD_MS, "ms"),
        _row("largest with its credential", largest, MOST_KB, "kB"),
        _row(f"memory grown over {issues} issues", grown, MOST_GROWTH_MB, "MB"),
        Row("a name in two directions, set by WeasyPrint, signed", f"{found['typeset']:.2f} ms", "", True),
        Row("plain WeasyPrint, unsigned", f"{found['plain']:.2f} ms", "", True),
        Row("plain WeasyPrint, signed with pyHanko", f"{found['plain signed']:.2f} ms", "", True),
    ]


def _row(name: str, value: float, most: float, unit: str) -> Row:
    return Row(name, f"{value:.2f} {unit}", f"{most:g} {unit}", value <= most)


@contextmanager
def _bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="cme-bench-") as folder:
        yield Bench(Path(folder))


def table(found: list[Row]) -> str:
    """Markdown."""
    lines = ["### certificates (CPU of one process)", "", "| what | measured | aim | |", "| --- | ---: | ---: | --- |"]
    lines += [f"| {one.name} | {one.found} | {one.aim} | {'' if one.kept else 'OVER THE AIM'} |" for one in found]
    return "\n".join(lines)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:3]]
    result = rows(*(numbers[:1] or [ISSUES]), bulk=numbers[1] if numbers[1:] else COUNT)
    print(table(result))
    sys.exit(0 if all(one.kept for one in result) else 1)
