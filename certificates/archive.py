"""Many certificates as one ZIP with a manifest, written while it is sent: memory does not grow with their number."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from certificates.files import Damaged, Store
from certificates.packs import Packed
from certificates.rules.document import file_name
from certificates.rules.life import State
from cme.credits.rules import listed_type
from cme.kernel.csv_text import safe_cell
from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters

Rows = Callable[[], Iterator[Packed]]
FOLDER = "certificates"
COVER = "cover.pdf"
HEADER = (
    "file", "sha256", "bytes", "number", "revision", "code", "state", "replaces", "name", "credentials", "profession",
    "module", "title", "release", "kind", "amount", "maximum", "credit_type", "provider", "provider_mode",
    "completed_on", "issued_on", "problem",
)  # fmt: skip
DAMAGED = "The stored file does not match its record; it is not part of this archive."


class _Outlet(io.RawIOBase):
    """Takes what the ZIP writes and hands it on; it cannot go back, so nothing has to be kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def stream(rows: Rows, store: Store, about: dict[str, Any], cover: bytes | None = None) -> Iterator[bytes]:
    """The archive. `rows` gives the manifest's lines anew each time it is called; `about` opens the JSON manifest."""
    outlet, damaged = _Outlet(), set[str]()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:  # pyright: ignore[reportArgumentType]
        if cover is not None:
            archive.writestr(_plain(COVER), cover)
            yield outlet.taken()
        for row in rows():
            try:
                body = store.get(row.sha256)
            except Damaged:
                damaged.add(row.code)
                continue
            archive.writestr(_entry(f"{FOLDER}/{file_name(row.snapshot)}", row), body)
            yield outlet.taken()
        for name, lines in (("manifest.csv", _csv(rows, damaged)), ("manifest.json", _json(rows, damaged, about))):
            with archive.open(_plain(name), "w", force_zip64=True) as member:
                for line in lines:
                    member.write(line.encode())
                    yield outlet.taken()
    yield outlet.taken()


def _entry(name: str, row: Packed) -> zipfile.ZipInfo:
    """Stored as it is, because a PDF is compressed already; dated by its issue."""
    year, month, day = (int(part) for part in row.snapshot["issued_on"].split("-"))
    entry = zipfile.ZipInfo(name, (max(year, 1980), month, day, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    return entry


def _plain(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _values(row: Packed, damaged: set[str]) -> dict[str, Any]:
    printed = row.snapshot
    values = (
        f"{FOLDER}/{file_name(printed)}", row.sha256, row.size, row.number, row.revision, row.code,
        State(row.state).word, row.instead_of if row.instead_of != row.code else "", printed["name"],
        printed["credentials"], Profession(printed["profession"]).label, printed["slug"], printed["title"],
        printed["release_number"], printed["kind"], format_quarters(printed["amount_quarters"]),
        format_quarters(printed["maximum_quarters"]),
        listed_type(printed["kind"], printed["credit_type"], printed["provider_mode"]),
        printed["provider_name"], printed["provider_mode"], printed["completed_on"], printed["issued_on"],
        DAMAGED if row.code in damaged else "",
    )  # fmt: skip
    return dict(zip(HEADER, values, strict=True))


def _csv(rows: Rows, damaged: set[str]) -> Iterator[str]:
    yield "\ufeff" + _line(HEADER)
    for row in rows():
        yield _line([safe_cell(value) for value in _values(row, damaged).values()])


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _json(rows: Rows, damaged: set[str], about: dict[str, Any]) -> Iterator[str]:
    head = json.dumps(about, ensure_ascii=False, indent=1)
    yield head[:-2] + ',\n "certificates": ['
    first = True
    for row in rows():
        yield ("" if first else ",") + "\n  " + json.dumps(_values(row, damaged), ensure_ascii=False)
        first = False
    yield "\n ]\n}\n"
