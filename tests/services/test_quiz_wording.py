"""Markdown of questions as HTML: what may be shown, and that nothing else comes out."""

import pytest
from lxml import html as lxml_html

from quizzes.rules.item import ChoiceItem, Item, Kind, StemItem
from quizzes.rules.media import ADDRESS, Medium
from quizzes.services.wording import block, line, passage, words_of

DIGEST, OTHER = "ab" * 32, "cd" * 32
CALF = Medium(7, "calf.png", "png", DIGEST, 24, 16, "A calf")
CLIP = Medium(7, "clip.mp4", "mp4", DIGEST, 64, 48, "A stretch", OTHER, "en")
MEDIA = {one.name: one for one in (CALF, CLIP)}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://elsewhere/x.png)",
    "![x](data:image/png;base64,AAAA)",
    "![x](/quiz-media/7/x.png)",
    f"![x](/quiz-media/7/{DIGEST}.png)",
    "[x](javascript:alert(1))",
    '![" onerror="alert(1)](calf.png)',
    '<video src="https://elsewhere/x.mp4"></video>',
]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("H~2~O", "H<sub>2</sub>O"),
        ("10^3^ a *b* **c**", "10<sup>3</sup> a <em>b</em> <strong>c</strong>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("~5 mg and ~6 mg", "~5 mg and ~6 mg"),
    ],
)
def test_a_line_takes_emphasis_and_letters_above_and_below(source: str, html: str) -> None:
    assert line(source) == html
    assert passage(source) == html
    assert block(source).strip() == f"<p>{html}</p>"


def test_a_picture_has_its_size_and_words() -> None:
    html = line("![A *strained* calf](calf.png)", MEDIA)
    assert html == (
        f'<img src="/quiz-media/7/{DIGEST}.png" alt="A strained calf" width="24" height="16" loading="lazy">'
    )
    assert 'alt="A calf"' in line("![](calf.png)", MEDIA)


def test_a_video_has_controls_and_captions() -> None:
    html = block("Look.\n\n![](clip.mp4)", MEDIA)
    assert 'aria-label="A stretch"' in html
    assert "<video controls" in html
    assert f'<source src="/quiz-media/7/{DIGEST}.mp4" type="video/mp4">' in html
    assert f'<track kind="captions" src="/quiz-media/7/{OTHER}.vtt" srclang="en" label="English" default' in html
    assert "<video" not in line("![](clip.mp4)", MEDIA), "a video cannot stand inside a label"


def test_an_unknown_picture_is_said_in_words() -> None:
    assert block("![A knee](knee.png)", MEDIA).strip() == "<p><em>[A knee]</em></p>"


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_hostile_comes_out(source: str) -> None:
    for html in (line(source, MEDIA), block(source, MEDIA), passage(source, MEDIA)):
        for element in lxml_html.fromstring(f"<div>{html}</div>").iter():
            assert element.tag in {"div", "p", "em", "img", "a"}, element.tag
            assert not [name for name in element.attrib if name.startswith("on")]
            assert "javascript:" not in element.get("href", "")
            assert ADDRESS.fullmatch(element.get("src", CALF.address))


@pytest.mark.parametrize(
    ("text", "broad"),
    [
        ("Stretching", False),
        ("10 mg", False),
        ("*Quinine* H~2~O", False),
        ("- one\n- two", True),
        ("| a | b |\n| - | - |\n| 1 | 2 |", True),
        ("One.\n\nTwo.", True),
        ("", False),
    ],
)
def test_choices_with_lists_and_tables_are_known(text: str, broad: bool) -> None:
    item = Item(
        lineage="one",
        topic="one",
        objective="one",
        stem="What?",
        kind=Kind.MATCHING,
        choices=(ChoiceItem("a", text, False, text),),
        stems=(StemItem("s1", text, "a", text),),
    )
    words = words_of(item)
    assert words.broad == (frozenset({"a", "s1"}) if broad else frozenset())
    assert ("<p>" in words.choices["a"] or "<ul>" in words.choices["a"] or "<table>" in words.choices["a"]) == broad
    assert ("<ul>" in words.rationales["a"]) == text.startswith("- ")
