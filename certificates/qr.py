"""QR codes of addresses, quickly: what every code of one size has in common is worked out once, by segno.

Bytes, error correction M, mask 3; data and corrections are put into segno's pattern here. Longer addresses than
fifty-three modules hold go through segno alone. Source: ISO/IEC 18004, tables 9 and E.1, figures 13 and 21.
"""

from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest

import segno

MASK = 3
# By version: length of the correction of each block, and the lengths of the blocks' data.
_BLOCKS: dict[int, tuple[int, tuple[int, ...]]] = {
    1: (10, (16,)),
    2: (16, (28,)),
    3: (26, (44,)),
    4: (18, (32, 32)),
    5: (24, (43, 43)),
    6: (16, (27, 27, 27, 27)),
    7: (18, (31, 31, 31, 31)),
    8: (22, (38, 38, 39, 39)),
    9: (22, (36, 36, 36, 37, 37)),
}
_CENTRES = {2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46)}
_FRAME = 2  # bytes of the data that tell mode and length, with the end mark
_BYTES = 0x4  # the mode
_FIELD = 0x11D  # the polynomial of the field that corrections are computed in


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A code of one size whose data are all zero, and where its bits go, in their order."""

    size: int
    cells: bytes
    places: tuple[int, ...]


def rows(address: str) -> list[bytes]:
    """The modules from top to bottom, one byte each, 1 is dark. The quiet zone is not among them."""
    data = address.encode()
    version = next((one for one in _BLOCKS if len(data) + _FRAME <= sum(_BLOCKS[one][1])), None)
    if version is None:
        return [bytes(row) for row in segno.make_qr(address, error="m", mask=MASK, boost_error=False).matrix]
    pattern = _pattern(version)
    cells = _filled(pattern.cells, pattern.places, _words(data, version))
    return [cells[start : start + pattern.size] for start in range(0, len(cells), pattern.size)]


def _filled(cells: bytes, places: tuple[int, ...], words: bytes) -> bytes:
    """The cells with each place turned whose bit is one."""
    turned = bytearray(cells)
    bits = f"{int.from_bytes(words):0{len(words) * 8}b}"
    for place, bit in zip(places, bits, strict=False):  # a few last places may stay over
        if bit == "1":
            turned[place] ^= 1
    return bytes(turned)


def _words(data: bytes, version: int) -> bytes:
    """Data and corrections of all blocks, in the order in which they are drawn."""
    length, sizes = _BLOCKS[version]
    room = sum(sizes)
    framed = ((_BYTES << 8 | len(data)) << 8 * len(data) | int.from_bytes(data)) << 4
    whole = framed.to_bytes(len(data) + _FRAME)
    whole += (b"\xec\x11" * room)[: room - len(whole)]
    blocks: list[bytes] = []
    for size in sizes:
        blocks.append(whole[:size])
        whole = whole[size:]
    corrections = [_correction(block, length) for block in blocks]
    drawn = chain.from_iterable(chain(zip_longest(*blocks), zip_longest(*corrections)))
    return bytes(word for word in drawn if word is not None)


def _correction(block: bytes, length: int) -> bytes:
    """The remainder of the block divided by the generator polynomial of that length."""
    table, top = _multiples(length), 8 * (length - 1)
    keep = (1 << top) - 1
    rest = 0
    for byte in block:
        rest = ((rest & keep) << 8) ^ table[byte ^ (rest >> top)]
    return rest.to_bytes(length)


@cache
def _multiples(length: int) -> tuple[int, ...]:
    """The generator polynomial without its first term, times each element of the field."""
    generator = [1]
    root = 1
    for _ in range(length):
        generator = [a ^ _times(b, root) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
        root = _times(root, 2)
    return tuple(int.from_bytes(bytes(_times(part, factor) for part in generator[1:])) for factor in range(256))


def _times(one: int, other: int) -> int:
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one & 0x100:
            one ^= _FIELD
        other >>= 1
    return product


@cache
def _pattern(version: int) -> _Pattern:
    """Taken from one code that segno draws: with its own data turned back, what stays is pattern and mask."""
    sample = b"a" * (sum(_BLOCKS[version][1]) - _FRAME)
    drawn = segno.make_qr(sample.decode(), version=version, error="m", mask=MASK, boost_error=False).matrix
    size = len(drawn)
    places = tuple(_places(version, size))
    return _Pattern(size, _filled(b"".join(map(bytes, drawn)), places, _words(sample, version)), places)


def _places(version: int, size: int) -> list[int]:
    """Cells that carry data: pairs of columns from the right, up and down in turn, around all that is fixed."""
    found: list[int] = []
    upwards = True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for row in range(size - 1, -1, -1) if upwards else range(size):
            found += [row * size + column for column in (right, right - 1) if not _fixed(version, size, row, column)]
        upwards = not upwards
    return found


def _fixed(version: int, size: int, row: int, column: int) -> bool:
    """Finders with their surroundings, timing lines, alignment patterns, the version's number."""
    last = size - 9
    if 6 in (row, column) or (row < 9 and (column < 9 or column > last)) or (row > last and column < 9):
        return True
    if version >= 7 and ((row < 6 and column > last - 3) or (column < 6 and row > last - 3)):
        return True
    centres = _CENTRES.get(version, ())
    return any(
        abs(row - y) <= 2 and abs(column - x) <= 2
        for y in centres
        for x in centres
        if not (y == 6 and x in (6, size - 7)) and not (x == 6 and y == size - 7)
    )
