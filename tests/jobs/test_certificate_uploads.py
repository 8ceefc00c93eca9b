"""Uploaded designs: what is well made is taken and keeps both standards; what is hostile is refused with a sentence."""

import io
import socketserver
import stat
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from certificates import apart, samples
from certificates.design import opened
from certificates.files import FolderStore
from certificates.library import Library
from certificates.rendering import render
from certificates.rules.looks import Paper
from certificates.rules.uploads import MOST_ASSETS, MOST_FILES, MOST_TEMPLATE, NEEDED
from certificates.slots import ALL, QR
from certificates.uploading import try_upload
from tests.support.designs import PAGE, good, picture, with_css, with_html, zipped
from tests.support.printing import shelf, signer
from tests.support.verapdf import problems as standards

LONGEST_SECONDS = 90  # of wall time on a busy machine; the limits are in seconds of computing


class Canary:
    """A server on this machine that notes who comes; nobody shall."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        canary = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canary.seen.append(self.path)
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.server.shutdown()
    made.server.server_close()


def refused(files: dict[str, bytes]) -> str:
    """The sentences with which the upload is refused; it has to be refused, and soon."""
    began = time.monotonic()
    tried = try_upload(zipped(files))
    assert time.monotonic() - began < LONGEST_SECONDS
    assert tried.proof.problems
    assert not tried.proof.pictures
    said = " ".join(tried.proof.problems)
    assert "Traceback" not in said
    assert "/tmp" not in said
    return said


def svg(text: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{text}</svg>'.encode()


def bomb_of_uses() -> bytes:
    levels = "".join(
        f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>"
        if n
        else '<g id="g0"><rect width="1" height="1"/></g>'
        for n in range(8)
    )
    return svg(f'<defs>{levels}</defs><use href="#g7"/>')


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><text>&c;</text></svg>"""


def test_network_is_refused(canary: Canary):
    said = refused(with_css(f"h1 {{ background: url({canary.url}/css) }}"))
    assert "nothing else can be reached" in said
    assert "not a file of the folder" in refused(with_html(f'<img src="{canary.url}/img" alt="x">'))
    assert canary.seen == []


def test_files_of_the_machine_are_refused():
    assert "not a file of the folder" in refused(with_html('<img src="file:///etc/passwd" alt="x">'))
    assert "nothing else can be reached" in refused(
        with_css("@font-face { font-family: x; src: url(file:///etc/passwd) }")
    )


def test_a_link_that_attaches_is_refused():
    assert "<link> is not taken" in refused(with_html('<link rel="attachment" href="file:///etc/passwd">'))


def test_imports_are_refused(canary: Canary):
    assert "@import is not taken" in refused(with_css(f"@import url({canary.url}/imp);"))
    assert "<style> is not taken" in refused(with_html(f"<style>@import '{canary.url}/imp'</style>"))
    assert canary.seen == []


def test_nested_flex_is_stopped():
    boxes = '<div class="f">' * 14 + "x" + "</div>" * 14
    assert "seconds of computing" in refused(
        {**with_html(boxes), "flex.css": b".f { display: flex; flex-wrap: wrap } .f .f { flex: 1 1 auto }"}
    )


def test_a_huge_table_is_refused():
    row = "<tr>" + "<td>x</td>" * 300 + "</tr>"
    assert "elements" in refused(with_html("<table>" + row * 50 + "</table>"))


def test_a_bomb_of_uses_is_refused():
    assert "<use> is not taken" in refused({**with_css("h1 { background: url(bomb.svg) }"), "bomb.svg": bomb_of_uses()})


def test_twenty_thousand_pages_are_refused():
    said = refused(with_html("<div class='p'>x</div>" * 1000) | {"p.css": b".p { height: 20000pt; break-after: page }"})
    assert "do not fit on one page" in said or "seconds of computing" in said


def test_a_bomb_of_entities_is_refused():
    assert "DOCTYPE" in refused({**with_css("h1 { background: url(bomb.svg) }"), "bomb.svg": ENTITIES})


def test_a_giant_picture_is_refused():
    said = refused({**good(), "oak.png": picture(3000, 3000)})
    assert "3000 by 3000 pixels" in said


def test_a_script_is_refused(canary: Canary):
    assert "<script> is not taken: scripts do not run on paper" in refused(with_html("<script>alert(1)</script>"))
    assert "“onload” is not taken" in refused(with_html('<p onload="alert(1)">x</p>'))
    assert "<script> is not taken" in refused({**good(), "frame.svg": svg("<script>alert(1)</script>")})


def test_a_redirect_is_refused(canary: Canary):
    """A file of the folder that leads on to an address: nothing is followed, inside a picture neither."""
    said = refused({**good(), "frame.svg": svg(f'<image href="{canary.url}/redirect" width="9" height="9"/>')})
    assert "<image> is not taken" in said
    assert "<meta> is not taken" in refused(
        with_html("").copy()
        | {
            "certificate.html": PAGE.replace(
                "<title>", f'<meta http-equiv="refresh" content="0;url={canary.url}"><title>'
            ).encode()
        }
    )
    assert canary.seen == []


def test_what_passes_the_judges_still_reaches_nothing(canary: Canary):
    """The second wall: the fetcher of the process that lays out knows the design's own files only."""
    packed = try_upload(zipped(good())).packed
    design = opened(packed)
    for address in (f"{canary.url}/late", "file:///etc/passwd", "https://design.invalid/none.png"):
        from dataclasses import replace

        spoiled = replace(design, styles=(*design.styles, f"h2 {{ background: url({address}) }}"))
        from certificates.design import page_of
        from certificates.slots import filling

        snapshot = samples.plain("credit", Paper.A4)
        page = page_of(snapshot, filling(snapshot, samples.VERIFY_URL), chosen=spoiled)
        with pytest.raises(apart.PageError, match="which is not part of it"):
            apart.compile_apart(page)
    assert canary.seen == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<object data='x'></object>", "<object> is not taken"),
        ("<embed src='x'>", "<embed> is not taken"),
        ("<iframe src='x'></iframe>", "<iframe> is not taken"),
        ("<form><input></form>", "<form> is not taken"),
        ("<svg><rect/></svg>", "<svg> is not taken"),
        ("<p style='color: red'>x</p>", "“style” is not taken"),
        ("<a href='https://example.org'>x</a>", "a link can only be"),
        ("<img src='oak.png'>", "needs an alt text"),
        ("{{ 7 * 7 }}", "nothing can be computed"),
        ("{% for x in y %}", "nothing can be computed"),
        ("{{ secret_key }}", "These words are not known: secret_key."),
        ("{{ code }}", "once only: code"),
        ("<p title='{{ title }}'>x</p>", "“title” is not taken"),
        ("<p class='{{ title }}'>x</p>", "not in the attribute “class”"),
        ("<td colspan='1000'>x</td>", ""),
        ("<table><tr><td colspan='1000'>x</td></tr></table>", "from 1 to 20"),
        ("<div>" * 60 + "x", "nested more than 50 deep"),
    ],
)
def test_html_beyond_the_list_is_refused(html: str, said: str):
    if said:
        assert said in " ".join(apart.judge_apart(with_html(html))[0])


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ("h1::before { content: 'AMA PRA Category 1' }", "“content” is not taken"),
        ("@page { size: A5 }", "“size” is not taken"),
        ("h1 { -weasy-bookmark-level: 1 }", "is not taken"),
        ("h1:not(.x) { color: red }", "Selectors with functions"),
        ("@media print { h1 { color: red } }", "@media is not taken"),
        ("h1 { width: attr(x) }", "attr() is not taken"),
        ("h1 { color: red; & em { color: blue } }", "Rules inside rules"),
        ("h1 { background: URL( 'HTTP://x' ) }", "not a file of the folder"),
        (r"h1 { background: u\72l(http://x) }", "not a file of the folder"),
        ("h1 { ", ""),
    ],
)
def test_css_beyond_the_list_is_refused(css: str, said: str):
    found = " ".join(apart.judge_apart(with_css(css))[0])
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize("word", sorted(NEEDED))
def test_every_word_that_a_document_needs_is_asked_for(word: str):
    files = {**good(), "certificate.html": PAGE.replace(f"{{{{ {word} }}}}", "").encode()}
    assert f"These words are missing: {word}." in " ".join(apart.judge_apart(files)[0])


@pytest.mark.parametrize(
    ("css", "said"),
    [
        (".band { display: none }", "not to be seen on the page: “Demonstration"),
        (".band { color: rgba(0, 0, 0, 0) }", "not to be seen on the page: “Demonstration"),
        (".band { font-size: 1pt }", "not to be seen on the page: “Demonstration"),
        (".sheet { left: 900pt; right: -900pt }", "does not fit on the page"),
        (".qr { right: 100pt }", "the places for"),
        (".right { width: 20pt }", "does not fit"),
        (".foot { bottom: 400pt }", "lie over each other"),
    ],
)
def test_what_hides_or_covers_is_refused(css: str, said: str):
    files = with_css(css)
    assert said.lower() in refused(files).lower()


@pytest.fixture(scope="module")
def taken() -> bytes:
    tried = try_upload(zipped(good(), "ours/"))
    assert tried.proof.problems == []
    assert set(tried.proof.pictures) == {
        (kind, paper) for kind in ("credit", "participation") for paper in ("letter", "a4")
    }
    assert all(body.startswith(b"\x89PNG") for body in tried.proof.pictures.values())
    return tried.packed


@pytest.mark.parametrize("typeset", [set(), set(ALL) - {QR}], ids=["stamped", "typeset"])
@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("texts", samples.EVERY, ids=lambda texts: texts.__name__)
def test_a_design_that_is_taken_keeps_both_standards(taken: bytes, texts, paper: Paper, typeset: set[str]):
    body = render(
        texts("credit", paper),
        samples.VERIFY_URL,
        shelf=shelf(),
        signer=signer(),
        typeset=typeset,
        chosen=opened(taken),
    ).body
    assert standards(body) == []


def test_the_same_upload_is_the_same_design(taken: bytes):
    assert try_upload(zipped(good())).packed == taken


def test_a_certificate_is_made_with_the_version_it_was_frozen_with(taken: bytes, tmp_path):
    store = FolderStore(tmp_path)
    snapshot = samples.plain("credit", Paper.A4) | {"design_digest": store.put(taken)}
    chosen = Library().of(snapshot, store)
    assert chosen.uploaded
    assert chosen.digest == snapshot["design_digest"]


def changed_entry(name: str, mode: int = stat.S_IFREG | 0o644, body: bytes = b"x") -> bytes:
    packed = io.BytesIO(zipped(good()))
    with zipfile.ZipFile(packed, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, body)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (b"", "not a ZIP"),
        (b"PK\x03\x04 not really", "not a ZIP"),
        (zipped({}), "The ZIP is empty."),
        (zipped({"a.css": b"x"}), "The folder has no certificate.html."),
        (changed_entry("../evil.css"), "side by side"),
        (changed_entry("/etc/evil.css"), "side by side"),
        (changed_entry("a\\evil.css"), "side by side"),
        (changed_entry("sub/evil.css"), "side by side"),
        (changed_entry("design.json"), "side by side"),
        (changed_entry("link.css", stat.S_IFLNK | 0o777, b"/etc/passwd"), "a link or a device"),
        (changed_entry("evil.js"), "files of this kind are not taken"),
        (changed_entry("OAK.png"), "there twice"),
        (zipped({**good(), "big.css": b" " * MOST_TEMPLATE}), "larger than 200 KB"),
        (zipped({**good(), "big.png": b"\0" * (MOST_ASSETS + 1)}), "larger than 2 MB"),
        (zipped({f"a{n}.css": b"" for n in range(MOST_FILES + 1)}), "more than 40 files"),
        (b"x" * (3 * 1024 * 1024 + 1), "larger than 3 MB"),
        (zipped({**good(), "certificate.html": b"\xff\xfe"}), "not written in UTF-8"),
        (zipped({**good(), "oak.png": b"GIF89a"}), "cannot be read as a PNG"),
        (zipped({**good(), "x.ttf": b"wOF2"}), "not a TrueType"),
    ],
)
def test_a_zip_that_is_no_folder_of_a_design_is_refused(upload: bytes, said: str):
    tried = try_upload(upload)
    assert said in " ".join(tried.proof.problems)
    assert tried.packed == b""


def test_a_zip_that_lies_about_its_sizes_is_read_no_further_than_the_limit():
    packed = bytearray(zipped({**good(), "big.css": b" " * (5 * MOST_TEMPLATE)}))
    for at in range(len(packed) - 4):  # the size that the directory promises
        if packed[at : at + 4] == (5 * MOST_TEMPLATE).to_bytes(4, "little"):
            packed[at : at + 4] = (10).to_bytes(4, "little")
    assert try_upload(bytes(packed)).proof.problems


def test_pages_are_those_that_were_declared():
    two = with_html('<div>Some</div><div class="second">More</div>') | {"two.css": b".second { break-before: page }"}
    assert "they take 2" in " ".join(try_upload(zipped(two)).proof.problems)
    assert "they take 1" in " ".join(try_upload(zipped(good()), 2).proof.problems)
    assert try_upload(zipped(good()), 5).proof.problems == ["A certificate has 1 to 4 pages."]


SECOND = {"two.css": b".second { break-before: page; position: relative; height: 500pt; padding: 60pt }"}


def test_a_second_page_says_the_same_to_everybody():
    two = with_html('<p>&nbsp;</p><div class="second"><p>About this activity: {{ title }}.</p></div>') | SECOND
    tried = try_upload(zipped(two), 2)
    assert tried.proof.problems == []
    body = render(
        samples.plain("credit", Paper.A4),
        samples.VERIFY_URL,
        shelf=shelf(),
        signer=signer(),
        chosen=opened(tried.packed),
    ).body
    assert standards(body) == []


@pytest.mark.parametrize("word", ["code", "issued"])
def test_a_place_on_a_later_page_is_refused_and_why_is_said(word: str):
    moved = {**good(), "certificate.html": PAGE.replace(f"{{{{ {word} }}}}", "").encode()}
    page = moved["certificate.html"].replace(
        b"</body>", b'<p>&nbsp;</p><div class="second">{{ %s }}</div></body>' % word.encode()
    )
    tried = try_upload(zipped({**moved, "certificate.html": page, **SECOND}), 2)
    said = f"The place for {word} is on page 2; what differs from person to person has its place on the first page"
    assert said in " ".join(tried.proof.problems)


@pytest.mark.parametrize(("text", "said"), [("a \u2264 b", "No typeface has the character: \"\u2264\" (U+2264)"),
                                            ("\u738b\u5c0f", "No typeface has these characters: ")])  # fmt: skip
def test_a_character_without_a_typeface_is_named(text: str, said: str):
    assert said in " ".join(try_upload(zipped(with_html(f"<p>{text}</p>"))).proof.problems)
