"""QR codes: module for module what segno draws where both fill a code; read back for every length."""

import pytest
import segno
import zxingcpp
from PIL import Image

from certificates import qr
from tests.support.printing import URL


def read(rows: list[bytes]) -> tuple[bytes, str]:
    size = len(rows)
    assert {len(row) for row in rows} == {size}
    image = Image.new("L", (size + 8, size + 8), 255)
    image.paste(Image.frombytes("L", (size, size), bytes(0 if cell else 255 for row in rows for cell in row)), (4, 4))
    (found,) = zxingcpp.read_barcodes(image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST))
    return found.bytes, found.ec_level


@pytest.mark.parametrize("version", qr._BLOCKS)
def test_a_full_code_of_each_size_is_what_segno_draws(version: int):
    """Fuller than full goes to the next size; in codes that are not full, segno pads with one byte more than needed."""
    address = ("https://cme.example.org/" * 9)[: sum(qr._BLOCKS[version][1]) - 2]
    drawn = segno.make_qr(address, error="m", mask=qr.MASK, boost_error=False)
    assert drawn.version == version
    assert qr.rows(address) == [bytes(row) for row in drawn.matrix]
    assert len(qr.rows(address + "x")) == len(drawn.matrix) + 4


@pytest.mark.parametrize("length", range(12, 230, 7))
def test_each_length_is_read_back(length: int):
    address = ("https://a.b/" + "verify-7Q2M" * 30)[:length]
    assert read(qr.rows(address)) == (address.encode(), "M")


@pytest.mark.parametrize("address", [URL, "https://ä.example/ü", "x", "https://example.org/" + "%F0%9F%98%80" * 8])
def test_any_address_is_read_back(address: str):
    assert read(qr.rows(address))[0] == address.encode()


def test_a_code_survives_dirt():
    """Level M mends a seventh of it."""
    rows = [bytearray(row) for row in qr.rows(URL)]
    for row in rows[12:18]:
        row[12:18] = bytes(6)
    assert read([bytes(row) for row in rows])[0] == URL.encode()
