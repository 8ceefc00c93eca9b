"""All formats in one list: how to read, write and recognise each, and what each leaves behind."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cme.kernel.refusal import Invalid
from quizzes.interchange import aiken, csv_file, gift, moodle, qti1, qti2, qti3, sheet, xlsx_file, yaml_file
from quizzes.interchange.archive import Archive, is_zip
from quizzes.interchange.carrying import Capacity, carried
from quizzes.interchange.entry import Entry
from quizzes.interchange.html_out import to_line
from quizzes.interchange.qti_names import name
from quizzes.interchange.report import Finding, Report, Verdict
from quizzes.interchange.text_file import check_size, decode
from quizzes.interchange.xml_file import Element, descendants, local, parse_xml


class Write(Protocol):
    """Questions, a title and the pictures they show become a file."""

    def __call__(self, entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `write` leaves out what `losses` says; the first extension is the usual one."""

    label: str
    extensions: tuple[str, ...]
    read: Callable[[bytes, str], Report]
    write: Write
    capacity: Capacity
    media_type: str
    template: Callable[[], bytes] | None = None
    """An empty file to fill in, where the format has one."""

    def extension(self, data: bytes) -> str:
        """The ending for a written file."""
        return ".zip" if is_zip(data) and ".zip" in self.extensions else self.extensions[0]

    def losses(self, entries: Sequence[Entry]) -> tuple[Finding, ...]:
        """What each question would lose in a file of this format, before anything is written."""
        found: list[Finding] = []
        for entry in entries:
            kept, reasons = carried(entry, self.capacity)
            if kept is not None:
                reasons += self.capacity.elsewhere(entry)
            verdict = Verdict.REFUSED if kept is None else Verdict.LOSS if reasons else Verdict.IMPORTED
            found.append(Finding(verdict, entry.lineage, to_line(entry.stem)[:80], entry.lineage, reasons))
        return tuple(found)


_ZIP, _XML, _TEXT = "application/zip", "application/xml", "text/plain"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: dict[str, Format] = {
    "qti3": Format("QTI 3.0", (".zip", ".xml"), qti3.read, qti3.write, qti3.CAPACITY, _ZIP),
    "qti22": Format("QTI 2.2", (".zip", ".xml"), qti2.read, qti2.write, qti2.CAPACITY, _ZIP),
    "qti21": Format("QTI 2.1", (".zip", ".xml"), qti2.read, qti2.write_21, qti2.CAPACITY, _ZIP),
    "qti12": Format("QTI 1.2 (Canvas)", (".zip", ".xml"), qti1.read, qti1.write, qti1.CAPACITY, _ZIP),
    "moodle": Format("Moodle XML", (".xml",), moodle.read, moodle.write, moodle.CAPACITY, _XML),
    "gift": Format("GIFT", (".txt", ".gift"), gift.read, gift.write, gift.CAPACITY, _TEXT),
    "aiken": Format("Aiken", (".txt",), aiken.read, aiken.write, aiken.CAPACITY, _TEXT),
    "csv": Format(
        "CSV table", (".csv",), csv_file.read, csv_file.write, csv_file.CAPACITY, "text/csv", csv_file.template
    ),
    "xlsx": Format(
        "Excel workbook", (".xlsx",), xlsx_file.read, xlsx_file.write, xlsx_file.CAPACITY, _SHEET, xlsx_file.template
    ),
    "yaml": Format(
        "YAML folder",
        (".yaml", ".yml", ".zip"),
        yaml_file.read,
        yaml_file.write,
        yaml_file.CAPACITY,
        "application/yaml",
    ),
}

_ANSWER = re.compile(r"^[ \t]*ANSWER[ \t]*:[ \t]*[A-Za-z]\b", re.MULTILINE | re.IGNORECASE)
_CHOICE = re.compile(r"^[ \t]*[A-Z] ?[.)]\s", re.MULTILINE)
_ITEMS = re.compile(r"^items:", re.MULTILINE)
_LOOKED_AT = 200_000
"""Characters of a text file that are enough to recognise it."""


def read_any(data: bytes, file: str, format_key: str | None = None) -> Report:
    """Read a file in the given format, or in the one it is recognised as."""
    key = format_key or detect(data, file)
    if key not in FORMATS:
        raise Invalid("import_format", f"“{key[:40]}” is not a format that can be imported.")
    return FORMATS[key].read(data, file)


def detect(data: bytes, file: str) -> str:
    """The format's key, from the content; the name of the file settles nothing."""
    check_size(data, package=True)
    if is_zip(data):
        return _of_zip(Archive(data))
    bare = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    if bare.startswith(b"<"):
        return _of_root(parse_xml(data, file))
    return _of_text(decode(data).lstrip()[:_LOOKED_AT])


def _unknown() -> Invalid:
    labels = ", ".join(one.label for one in FORMATS.values())
    return Invalid("import_unknown", f"The file is in none of the formats that can be imported: {labels}.")


def _of_zip(archive: Archive) -> str:
    names = archive.names
    if "xl/workbook.xml" in names:
        return "xlsx"
    files = {posixpath.basename(one) for one in names}
    if files & {"quiz.yaml", "questions.yaml"}:
        return "yaml"
    manifests = sorted((one for one in names if posixpath.basename(one) == "imsmanifest.xml"), key=len)
    if manifests:
        kinds = " ".join(
            str(one.get("type")).lower()
            for one in descendants(parse_xml(archive.read(manifests[0]), manifests[0]), "resource")
        )
        for mark, key in (
            ("imsqti_item_xmlv3", "qti3"),
            ("imsqti_item_xmlv2p2", "qti22"),
            ("imsqti_item_xmlv2", "qti21"),
        ):
            if mark in kinds:
                return key
        if "imsqti_xmlv1p2" in kinds or "x-bb" in kinds:
            return "qti12"
    for one in names:
        if one.endswith((".xml", ".dat", ".qti")):
            head = archive.head(one)
            if b"questestinterop" in head:
                return "qti12"
            if b"qti-assessment-item" in head or b"assessmentItem" in head:
                return _of_root(parse_xml(archive.read(one), one))
    raise _unknown()


def _of_root(root: Element) -> str:
    space = str(root.tag).partition("}")[0]
    if local(root) == "quiz" and "}" not in str(root.tag):
        return "moodle"
    if local(root) == "questestinterop":
        return "qti12"
    if name(root) == "assessment-item":
        return "qti3" if local(root).startswith("qti-") else "qti22" if "v2p2" in space else "qti21"
    raise _unknown()


def _of_text(text: str) -> str:
    if _ITEMS.search(text):
        return "yaml"
    head = csv_file.heading(text).lower()
    cells = [cell.strip(' "') for cell in head.split(csv_file.separator(text))]
    if len(cells) > 1 and "question" in [sheet.column(cell) for cell in cells]:
        return "csv"
    if _ANSWER.search(text) and _CHOICE.search(text):
        return "aiken"
    if "{" in text and "}" in text:
        return "gift"
    raise _unknown()
