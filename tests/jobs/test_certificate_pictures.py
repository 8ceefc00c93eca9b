"""What is seen: stamped pages look as WeasyPrint would have set them, within a pixel; the QR code is read from paper."""

import io
import subprocess

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from certificates import picture
from certificates.compiling import compile_page
from certificates.design import page_of
from certificates.slots import filling
from certificates.stamping import QUIET_ZONE
from tests.factories.certificates import make_snapshot
from tests.jobs.test_certificate_standards import NAMES
from tests.support.printing import URL, printed, typeset

# Grey levels of 255. Anti-aliasing of a line that lies a fraction of a pixel elsewhere; a missing or moved letter is 200.
TOLERANCE = 72


def drawn(body: bytes, resolution: int = 150) -> Image.Image:
    """The page in grey, by poppler."""
    done = subprocess.run(
        ["pdftoppm", "-r", str(resolution), "-gray", "-"], input=body, capture_output=True, check=True
    )
    return Image.open(io.BytesIO(done.stdout))


def beyond_a_pixel(one: Image.Image, other: Image.Image) -> int:
    """How much, at most, a pixel of either picture leaves the range of the other's nine around it."""
    worst = 0
    for first, second in ((one, other), (other, one)):
        darkest, lightest = first.filter(ImageFilter.MinFilter(3)), first.filter(ImageFilter.MaxFilter(3))
        for left, right in ((darkest, second), (second, lightest)):
            worst = max(worst, ImageChops.subtract(left, right).getextrema()[1])
    return worst


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_stamped_and_typeset_pages_are_the_same_within_a_pixel(name: str):
    snapshot = make_snapshot(name=name, mode="accredited")
    assert beyond_a_pixel(drawn(printed(snapshot)), drawn(typeset(snapshot))) <= TOLERANCE


@pytest.mark.parametrize("kind", ["credit", "participation"])
def test_each_design_is_the_same_both_ways(kind: str):
    snapshot = make_snapshot(kind)
    assert beyond_a_pixel(drawn(printed(snapshot)), drawn(typeset(snapshot))) <= TOLERANCE


def test_the_comparison_sees_a_moved_letter_and_another_name():
    one = drawn(printed(make_snapshot()))
    assert beyond_a_pixel(one, drawn(printed(make_snapshot(name="Jane Dor")))) > TOLERANCE
    assert beyond_a_pixel(one, ImageChops.offset(one, 3, 0)) > TOLERANCE


@pytest.mark.parametrize("resolution", [75, 110, 150, 300])
def test_the_code_is_read_from_grey_pictures_of_any_size(resolution: int):
    assert [one.text for one in zxingcpp.read_barcodes(drawn(printed(make_snapshot()), resolution))] == [URL]


def test_the_longest_address_is_read_as_well():
    url = f"https://{'long-' * 12}name.example.org/verify/7Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG"
    assert [one.text for one in zxingcpp.read_barcodes(drawn(printed(make_snapshot(), url)))] == [url]


def test_around_the_code_four_modules_stay_white():
    body = printed(make_snapshot())
    page = drawn(body, 300)
    (found,) = zxingcpp.read_barcodes(page)
    corners = found.position
    left, right = min(corners.top_left.x, corners.bottom_left.x), max(corners.top_right.x, corners.bottom_right.x)
    top, bottom = min(corners.top_left.y, corners.top_right.y), max(corners.bottom_left.y, corners.bottom_right.y)
    snapshot = make_snapshot()
    slot = compile_page(page_of(snapshot, filling(snapshot, URL))).slots["qr"]
    whole = slot.width * 0.75 * 300 / 72
    modules = whole / (right - left)
    assert modules > 1
    margin = (whole - (right - left)) / 2
    module = margin / QUIET_ZONE
    zone = page.crop((int(left - margin) + 2, int(top - margin) + 2, int(right + margin) - 2, int(bottom + margin) - 2))
    inside = (int(margin) - 4, int(margin) - 4, zone.width - int(margin) + 4, zone.height - int(margin) + 4)
    zone.paste(255, inside)
    assert zone.getextrema()[0] > 230  # the frame's faint pattern may run through, nothing darker
    assert module > 6


def test_the_picture_shows_the_same_page():
    body = printed(make_snapshot(name="Nguyễn Thị Minh Khai"))
    shown = Image.open(io.BytesIO(picture.picture_of(body))).convert("L")
    assert shown.size == drawn(body).size
    faint = ImageChops.difference(
        shown.filter(ImageFilter.GaussianBlur(4)), drawn(body).filter(ImageFilter.GaussianBlur(4))
    )
    assert faint.getextrema()[1] < 60
