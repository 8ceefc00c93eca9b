"""QR codes: module for module what segno draws, for every length that the quick way takes and beyond."""

import pytest
import segno
import zxingcpp
from PIL import Image

from certificates import qr
from tests.support.printing import URL


def by_segno(address: str) -> list[bytes]:
    drawn = segno.make_qr(address, error="m", mask=qr.MASK, boost_error=False).matrix
    return [bytes(row) for row in drawn]


@pytest.mark.parametrize("length", range(len("https://a.b/"), 230, 7))
def test_each_length_is_drawn_as_segno_draws_it(length: int):
    address = ("https://a.b/" + "verify-7Q2M" * 30)[:length]
    assert qr.rows(address) == by_segno(address)


def test_the_borders_of_all_versions_are_drawn_as_segno_draws_them():
    for _length, sizes in qr._BLOCKS.values():
        for more in (-3, -2, -1):
            address = "h" * (sum(sizes) + more)
            assert qr.rows(address) == by_segno(address)


@pytest.mark.parametrize("address", [URL, "https://ä.example/ü", "x", "https://example.org/" + "%F0%9F%98%80" * 8])
def test_what_is_drawn_can_be_read(address: str):
    rows = qr.rows(address)
    size = len(rows)
    assert {len(row) for row in rows} == {size}
    image = Image.new("L", (size + 8, size + 8), 255)
    image.paste(Image.frombytes("L", (size, size), bytes(0 if cell else 255 for row in rows for cell in row)), (4, 4))
    (found,) = zxingcpp.read_barcodes(image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST))
    assert found.bytes == address.encode()
