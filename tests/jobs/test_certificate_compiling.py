"""Compiling: one page for many learners, kept by the hash of what it is made of; designs that cannot be stamped."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certificates.compiled import Compiled, Open, Shelf
from certificates.compiling import RenderError, compile_page
from certificates.design import Design, Page, design, key_of, page_of
from certificates.rendering import render, typefaces
from certificates.slots import ALL, LETTERS, NAME, QR, filling
from tests.factories.certificates import make_snapshot
from tests.support.printing import URL, printed, signer
from tests.support.verapdf import problems


def page(**changes: Any) -> Page:
    snapshot = make_snapshot(**changes)
    return page_of(snapshot, filling(snapshot, URL))


def changed(*, style: str = "", html: tuple[str, str] | None = None) -> Page:
    """The credit design with another style sheet on top, or with some of its HTML changed."""
    given = page()
    own = replace(given.design, styles=(*given.design.styles, style))

    class Changed(Page):
        __slots__ = ()

        def html(self, tightness: str) -> str:
            text = super().html(tightness)
            return text.replace(*html) if html else text

    return Changed(own, given.context, given.filling, given.inlined)


def test_learners_share_a_page_and_what_moves_letters_does_not():
    same = [page(), page(name="Дмитрий Иванов", credentials="DO"), page(amount=2)]
    assert len({key_of(one) for one in same}) == 1
    others = [
        page(title="Restless legs"),
        page(kind="participation"),
        page(amount=4, mode="accredited"),  # one credit: the unit is in the singular
        page(amount=3, mode="accredited"),
        page(name="Maximiliana Konstantinopolitanska-Brandenburgerin von und zu Hohenzollern"),  # two lines
        page(name="יוסף כהן"),
        page(expires_on="2027-08-10"),
        page(zone="Europe/Berlin"),
        page(learning_format="live activity"),
    ]
    keys = [key_of(one) for one in (*same[:1], *others)]
    assert len(set(keys)) == len(keys)
    assert key_of(same[0], "weasyprint 70") != key_of(same[0], "weasyprint 71")


def test_only_typefaces_move_letters(tmp_path: Path):
    """A page's key must not change because Python, at its second start, finds what its first has compiled."""
    for name in ("serif.ttf", "coverage.json", "fonts.conf", "extra/han.ttf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * len(name))
    before = typefaces(tmp_path)
    assert before == [("coverage.json", 13), ("fonts.conf", 10), ("han.ttf", 13), ("serif.ttf", 9)]
    for name in ("README.md", "OFL.txt", "__init__.py", "__pycache__/__init__.cpython-313.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"y")
    assert typefaces(tmp_path) == before
    (tmp_path / "serif.ttf").write_bytes(b"another")
    assert typefaces(tmp_path) != before


def test_nothing_of_the_learner_is_in_the_compiled_page():
    snapshot = make_snapshot(name="Nguyễn Thị Minh Khai", credentials="FAAFP")
    html = page_of(snapshot, filling(snapshot, URL)).html("fit-0")
    for text in ("Nguyễn", "FAAFP", snapshot["number"], snapshot["code"], "0.75", "22 November", URL):
        assert text not in html


def test_every_slot_is_found_in_its_place():
    made = compile_page(page(name="יוסף כהן"))
    assert set(made.slots) == set(ALL)
    assert not any(slot.obstacle for slot in made.slots.values())
    assert made.slots[NAME].align == "center"
    assert made.slots[QR].width == pytest.approx(91 / 0.75)
    assert set(compile_page(page()).slots) == set(ALL) - {LETTERS}
    roles = {"catalog", "page", "fonts", "metadata", "signature", "field"}
    roles |= {f"{what}:{name}" for what in ("stream", "element") for name in ALL}
    assert {role for role in made.opened if not role.startswith("link:")} == roles
    assert len(made.opened) == len(roles) + 1


@pytest.mark.parametrize(
    ("style", "said"),
    [
        (".foot-verify .slot { position: absolute; left: -9000pt }", "not on the page"),
        (".name .slot { width: 10pt }", "too small"),
        (".foot-qr .slot { width: 20pt; height: 20pt }", "too small"),
        (".foot-qr .slot { width: 91pt; height: 70pt }", "wrong shape"),
        (".name { display: none }", "no place for: name"),
        (".name { opacity: .5 }", "group"),
        (".lower { bottom: 400pt }", "do not fit"),
        (".name { height: 700pt }", "do not fit"),
    ],
)
def test_a_design_with_a_slot_out_of_place_is_refused_in_words(style: str, said: str):
    with pytest.raises(RenderError, match=said):
        compile_page(changed(style=style))


def test_a_slot_that_is_there_twice_is_refused():
    twice = '<img class="slot" src="slot:code" alt="slot:code">'
    with pytest.raises(RenderError, match="more than one place for: code"):
        compile_page(changed(html=(twice, twice * 2)))


def test_an_image_that_nobody_described_is_refused():
    with pytest.raises(RenderError, match="no required alt"):
        compile_page(changed(html=('alt="Seal: four quarters of a credit"', "")))


@pytest.mark.parametrize(
    "style",
    [
        ".name { transform: rotate(2deg) }",
        ".name { letter-spacing: 2pt }",
        ".name { font-family: 'Noto Serif'; font-weight: 700; font-style: italic }",
        ".name { color: rgba(0, 0, 0, .5) }",
        ".name { text-align: justify }",
    ],
)
def test_what_the_stamper_cannot_do_weasyprint_does(monkeypatch: pytest.MonkeyPatch, style: str, tmp_path: Path):
    own = changed(style=style)
    assert compile_page(own).slots[NAME].obstacle
    monkeypatch.setattr("certificates.design.design", lambda _name: own.design)
    made = render(make_snapshot(), URL, shelf=Shelf(tmp_path), signer=signer())
    assert problems(made.body) == []


def test_a_turned_code_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    own = changed(style=".foot-qr { transform: rotate(45deg) }")
    monkeypatch.setattr("certificates.design.design", lambda _name: own.design)
    with pytest.raises(Exception, match="qr"):
        render(make_snapshot(), URL, shelf=Shelf(tmp_path), signer=signer())


class Maker:
    """Counts how often a page had to be compiled."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Compiled:
        self.made += 1
        return Compiled(b"%PDF " + str(self.made).encode(), b"table", {}, {"page": Open(3, b"<< /\xff")}, "test")


def test_a_page_is_compiled_once_for_all_processes_of_a_machine(tmp_path: Path):
    make = Maker()
    first = Shelf(tmp_path).get("a" * 64, make)
    assert Shelf(tmp_path).get("a" * 64, make) == first
    assert make.made == 1
    assert Shelf(tmp_path).get("b" * 64, make) != first
    assert make.made == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"not json\nx", None])
def test_a_damaged_page_on_disk_is_compiled_anew(tmp_path: Path, damage: bytes | None):
    make = Maker()
    Shelf(tmp_path).get("a" * 64, make)
    (path,) = tmp_path.iterdir()
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + b"?" if damage is None else damage)
    assert Shelf(tmp_path).get("a" * 64, make).head == b"%PDF 2"
    assert Shelf(tmp_path).get("a" * 64, make).head == b"%PDF 2"


def test_memory_and_folder_are_bounded_and_the_least_used_goes_first(tmp_path: Path):
    make, shelf = Maker(), Shelf(tmp_path, most=2, most_on_disk=3)
    for number, letter in enumerate("abcd"):
        shelf.get(letter * 64, make)
        os.utime(tmp_path / f"{letter * 64}.compiled", (number, number))
    shelf.get("e" * 64, make)
    assert len(shelf._memory) == 2
    assert {path.name[0] for path in tmp_path.iterdir()} == {"c", "d", "e"}


def test_a_failed_compilation_leaves_nothing_behind(tmp_path: Path):
    def fail() -> Compiled:
        raise RenderError("no")

    with pytest.raises(RenderError):
        Shelf(tmp_path).get("a" * 64, fail)
    assert list(tmp_path.iterdir()) == []


def test_a_compiled_page_survives_being_written_and_read():
    made = compile_page(page())
    assert Compiled.from_bytes(made.to_bytes()) == made


def test_compiling_twice_gives_the_same_bytes():
    assert compile_page(page()).to_bytes() == compile_page(page()).to_bytes()


def test_stamping_from_a_compiled_page_loads_no_weasyprint(tmp_path: Path):
    """A worker without Pango can issue from pages that another one compiled."""
    snapshot = make_snapshot()
    render(snapshot, URL, shelf=Shelf(tmp_path / "compiled"), signer=signer())
    code = (
        "import sys, json, datetime, pathlib\n"
        "from certificates import compiled, keys, rendering\n"
        "snapshot, url, folder = json.load(sys.stdin)\n"
        "signer = keys.Keys(pathlib.Path(folder), '', 'x').signer(now=datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))\n"
        "shelf = compiled.Shelf(pathlib.Path(folder) / 'compiled')\n"
        "assert rendering.render(snapshot, url, shelf=shelf, signer=signer).body.startswith(b'%PDF-1.7')\n"
        "print('weasyprint' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([snapshot, URL, str(tmp_path)]),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "False"


def test_designs_are_told_apart():
    chosen: list[Design] = [design("credit"), design("participation")]
    assert chosen[0].digest != chosen[1].digest
    assert printed(make_snapshot()) != printed(make_snapshot("participation"))
