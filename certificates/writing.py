"""Writes the objects that differ from document to document behind those that do not.

A general library would read and write every object of the page for each learner, and that takes most of the time. Here
the unchanging part of the file is one piece of bytes, with its objects' places known since it was compiled.
"""

import hashlib
import zlib
from collections.abc import Mapping

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ENTRY = 7
"""Bytes of one entry in the table of objects: one for its kind, four for its place, two for its index."""
LEVEL = 6
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._")
_ESCAPES = {0x28: b"\\(", 0x29: b"\\)", 0x5C: b"\\\\"}


class Writer:
    """One document under way. Numbers up to `len(table) / ENTRY` are taken by the unchanging part."""

    def __init__(self, head: bytes, table: bytes) -> None:
        self._parts = [head]
        self._at = len(head)
        self._table = bytearray(table)

    def reserve(self) -> int:
        """The number of a new object, to be put later."""
        number = len(self._table) // ENTRY
        self._table += bytes(ENTRY)
        return number

    def put(self, number: int, body: bytes) -> None:
        """Write an object under its number."""
        self._table[number * ENTRY : (number + 1) * ENTRY] = in_file(self._at)
        part = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        self._parts.append(part)
        self._at += len(part)

    def add(self, body: bytes) -> int:
        """Write a new object and give its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def finish(self, root: int, info: int) -> bytes:
        """The whole file. Its identifier follows from its content: the same content is the same file."""
        start = self._at
        number = self.reserve()
        self._table[number * ENTRY :] = in_file(start)
        identity = hashlib.sha256(b"".join(self._parts)).hexdigest()[:32].encode()
        entries = {
            b"Type": b"/XRef",
            b"Size": b"%d" % (number + 1),
            b"W": b"[1 4 2]",
            b"Root": reference(root),
            b"Info": reference(info),
            b"ID": b"[<%s> <%s>]" % (identity, identity),
        }
        self.put(number, stream(bytes(self._table), entries))
        return b"".join([*self._parts, b"startxref\n%d\n%%%%EOF\n" % start])


def in_file(place: int) -> bytes:
    """The table's entry of an object that stands for itself."""
    return b"\x01" + place.to_bytes(4, "big") + b"\0\0"


def packed(container: int, index: int) -> bytes:
    """The table's entry of an object inside a stream of objects."""
    return b"\x02" + container.to_bytes(4, "big") + index.to_bytes(2, "big")


def dictionary(entries: Mapping[bytes, bytes]) -> bytes:
    """A dictionary of values that are written already."""
    return b"<< %s >>" % b" ".join(b"/%s %s" % entry for entry in entries.items())


def stream(data: bytes, entries: Mapping[bytes, bytes], *, compress: bool = True) -> bytes:
    """A stream with its dictionary."""
    if compress:
        data = zlib.compress(data, LEVEL)
        entries = {**entries, b"Filter": b"/FlateDecode"}
    return b"%s\nstream\n%s\nendstream" % (dictionary({**entries, b"Length": b"%d" % len(data)}), data)


def reference(number: int) -> bytes:
    """What points to an object."""
    return b"%d 0 R" % number


def text(value: str) -> bytes:
    """A text string: as it stands when it is ASCII, else UTF-16."""
    if value.isascii() and value.isprintable():
        return b"(%s)" % b"".join(_ESCAPES.get(byte, bytes((byte,))) for byte in value.encode("ascii"))
    return b"<feff%s>" % value.encode("utf-16-be").hex().encode()


def hexadecimal(value: bytes) -> bytes:
    """A string of bytes."""
    return b"<%s>" % value.hex().encode()


def name(value: str) -> bytes:
    """A name; what is no plain letter or digit is written by its number."""
    plain = (bytes((byte,)) if byte in _PLAIN else b"#%02x" % byte for byte in value.encode())
    return b"/" + b"".join(plain)
