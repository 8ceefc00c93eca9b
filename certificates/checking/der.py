"""A strict reader of DER: definite, shortest lengths; every byte belongs to something."""

from dataclasses import dataclass

SEQUENCE, SET, INTEGER, OCTETS, OID, NULL = 0x30, 0x31, 0x02, 0x04, 0x06, 0x05
MOST_NODES = 5000


class Malformed(ValueError):  # noqa: N818 - a verdict about data
    """Not DER, or not the structure that was expected."""


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its tag, its content, and its whole encoding."""

    tag: int
    content: bytes
    raw: bytes

    def children(self) -> list["Node"]:
        """The elements inside a constructed one."""
        if not self.tag & 0x20:
            raise Malformed("an element without parts was expected to have some")
        found: list[Node] = []
        rest = self.content
        while rest:
            node, rest = _one(rest)
            found.append(node)
            if len(found) > MOST_NODES:
                raise Malformed("too many parts")
        return found

    def expect(self, *tags: int) -> list["Node"]:
        """The parts, which must have exactly these tags."""
        parts = self.children()
        if [part.tag for part in parts] != list(tags):
            raise Malformed("a structure has other parts than it should")
        return parts

    def unsigned(self) -> int:
        """The value of a non-negative whole number in its shortest form."""
        body = self.content
        if self.tag != INTEGER or not body or body[0] & 0x80 or (len(body) > 1 and body[0] == 0 and body[1] < 0x80):
            raise Malformed("not a whole number in its shortest form")
        return int.from_bytes(body)


def read(data: bytes) -> Node:
    """The one element that the data is."""
    node, rest = _one(data)
    if rest:
        raise Malformed("something follows the structure")
    return node


def read_first(data: bytes) -> tuple[Node, bytes]:
    """The first element and what follows it."""
    return _one(data)


def _one(data: bytes) -> tuple[Node, bytes]:
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise Malformed("cut short")
    length, start = data[1], 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or len(data) < 2 + count or data[2] == 0:
            raise Malformed("a length is not in its shortest form")
        length, start = int.from_bytes(data[2 : 2 + count]), 2 + count
        if length < 0x80:
            raise Malformed("a length is not in its shortest form")
    end = start + length
    if len(data) < end:
        raise Malformed("cut short")
    return Node(data[0], data[start:end], data[:end]), data[end:]
