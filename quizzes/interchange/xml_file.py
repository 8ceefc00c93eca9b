"""XML from strangers: no document type, no entities, no network, no endless trees; a digest that layout cannot move."""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue]

from cme.kernel.refusal import Invalid
from quizzes.interchange.limits import MOST_ELEMENTS
from quizzes.interchange.text_file import check_size, marked_encoding

etree: Any = _etree  # lxml brings no type hints: what it gives is checked where it is used
Element: TypeAlias = Any

_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.ASCII)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>", re.ASCII)
_TAKEN = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "utf-16": "utf-16",
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "iso-8859-1": "latin-1", "latin1": "latin-1",
    "iso-8859-15": "iso8859-15", "windows-1252": "cp1252", "cp1252": "cp1252",
}  # fmt: skip


def parse_xml(data: bytes, name: str) -> Element:
    """The root of a file. Everything that could reach outside or grow is refused before the parser sees it."""
    check_size(data)
    text = _text(data, name)
    _refuse_doctype(text, name)
    if text.count("<") - text.count("</") > MOST_ELEMENTS:
        raise Invalid("import_too_large", f"{name} has more than {MOST_ELEMENTS} elements; split the file.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise Invalid(
            "import_xml", f"{name} is not well-formed XML (line {line}: {_words(error)}). Export it again."
        ) from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise _doctype(name)
    return root


def _words(error: Any) -> str:
    return re.sub(r", line \d+, column \d+.*", "", " ".join((error.msg or "broken").split()))[:120]


def _text(data: bytes, name: str) -> str:
    mark = marked_encoding(data)
    if mark:
        encoding, skip = mark
    else:
        encoding, skip = _encoding_without_mark(data, name), 0
    try:
        text = data[skip:].decode(encoding)
    except UnicodeDecodeError:
        raise Invalid(
            "import_encoding", f"{name} does not hold the encoding it declares ({encoding}); save it as UTF-8."
        ) from None
    return _DECLARATION.sub("", text, count=1)


def _encoding_without_mark(data: bytes, name: str) -> str:
    if data.startswith(b"<\0"):
        return "utf-16-le"
    if data.startswith(b"\0<"):
        return "utf-16-be"
    declared = _DECLARED.match(data[:600])
    if declared is None:
        return "utf-8"
    encoding = _TAKEN.get(declared.group(1).decode("ascii").lower())
    if encoding is None or encoding == "utf-16":
        raise Invalid("import_encoding", f"{name} declares an encoding that is not taken; save it as UTF-8.")
    return encoding


def _refuse_doctype(text: str, name: str) -> None:
    """A document type can only stand before the first element: walk over what may precede it."""
    at, length = 0, len(text)
    while at < length:
        if text[at] in " \t\r\n\ufeff":
            at += 1
        elif text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            at = end + 3 if end >= 0 else length
        elif text.startswith("<?", at):
            end = text.find("?>", at + 2)
            at = end + 2 if end >= 0 else length
        elif text[at : at + 9].lower() == "<!doctype" or text[at : at + 8].lower() == "<!entity":
            raise _doctype(name)
        else:
            return


def _doctype(name: str) -> Invalid:
    return Invalid(
        "import_doctype",
        f"{name} begins with a document type (DOCTYPE). Such files are not taken because they can reach other files; "
        "remove that line and try again.",
    )


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: Element) -> str:
    """The element's name without its namespace; empty for comments."""
    return _local(element.tag) if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Direct children of those names, whatever their namespace."""
    for child in element:
        if local(child) in names:
            yield child


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down that path of names."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """All elements of those names below, in document order."""
    for one in element.iterdescendants():
        if local(one) in names:
            yield one


def text_of(element: Element | None) -> str:
    """All text below, trimmed."""
    return "".join(str(part) for part in element.itertext(with_tail=False)).strip() if element is not None else ""


def line_of(element: Element) -> int:
    """Where it stands in its file."""
    return int(element.sourceline or 1)


def native_digest(*elements: Element) -> str:
    """A fingerprint of elements that survives another layout: white space is folded, attributes are sorted."""
    total = hashlib.sha256()
    for element in elements:
        try:
            plain = etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)
        except etree.C14NError:
            return "none"  # names that have no canonical form: nothing of ours was ever written so
        folded = re.sub(r"\s+", " ", plain.decode("utf-8"))
        total.update(re.sub(r" ?(<[^>]*>) ?", r"\1", folded).encode())
    return total.hexdigest()[:32]
