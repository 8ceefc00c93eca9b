"""Pictures: shapes and words come through, nothing else does."""

import pytest

from cme.articles.svg import SvgError, clean_svg

ROOT = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80"'


def svg(inner: str, root: str = ROOT) -> bytes:
    return f"<svg {root}>{inner}</svg>".encode()


def test_shapes_text_and_local_paint_come_through_with_the_size() -> None:
    picture = clean_svg(
        svg(
            '<!-- note --><title>A &amp; B</title><defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/>'
            '</linearGradient></defs><g fill="url(#g)"><path d="M0 0L1 1"/><text x="1" y="2">Łydka &lt; 3</text></g>'
        )
    )
    assert (picture.width, picture.height) == (120, 80)
    assert picture.svg.startswith(f"<svg {ROOT.split(' ', maxsplit=1)[0]}")
    assert "<title>A &amp; B</title>" in picture.svg
    assert 'fill="url(#g)"' in picture.svg
    assert "Łydka &lt; 3" in picture.svg
    assert "note" not in picture.svg
    assert clean_svg(picture.svg.encode()).svg == picture.svg


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        pytest.param(svg("\n<script>alert(1)</script>"), 2, "<script> is not taken", id="script"),
        pytest.param(svg("<foreignObject/>"), 1, "<foreignObject> is not taken", id="foreign-object"),
        pytest.param(svg("<style>@import url(//x)</style>"), 1, "<style> is not taken", id="style-element"),
        pytest.param(svg('<image href="https://x/y.png"/>'), 1, "<image> is not taken", id="image"),
        pytest.param(svg('<use href="#a"/>'), 1, "<use> is not taken", id="use"),
        pytest.param(svg('<a href="javascript:alert(1)"/>'), 1, "<a> is not taken", id="link"),
        pytest.param(svg("<animate/>"), 1, "<animate> is not taken", id="animation"),
        pytest.param(svg("<svg/>"), 1, "There is one <svg>", id="nested-svg"),
        pytest.param(svg('<rect onclick="alert(1)"/>'), 1, "“onclick” is not taken", id="handler"),
        pytest.param(svg("", ROOT + ' onload="alert(1)"'), 1, "“onload” is not taken", id="handler-on-root"),
        pytest.param(svg('<rect style="fill:url(https://x)"/>'), 1, "“style” is not taken", id="style-attribute"),
        pytest.param(svg('<rect fill="url(https://x/y)"/>'), 1, "points outside", id="foreign-paint"),
        pytest.param(svg('<rect fill="URL(//x)"/>'), 1, "points outside", id="foreign-paint-capitals"),
        pytest.param(svg('<rect fill="u\\72l(//x)"/>'), 1, "points outside", id="escaped-url"),
        pytest.param(
            svg('<rect xlink:href="#x"/>', ROOT + ' xmlns:xlink="http://www.w3.org/1999/xlink"'),
            1,
            "“href”",
            id="xlink",
        ),
        pytest.param(
            svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">1</h:script>'),
            1,
            "not an SVG element",
            id="html-inside",
        ),
        pytest.param(svg("", 'viewBox="0 0 1 1"'), 1, "needs xmlns", id="no-namespace"),
        pytest.param(svg("", 'xmlns="http://www.w3.org/2000/svg"'), 1, "needs viewBox", id="no-size"),
        pytest.param(
            svg("", 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 9"'), 1, "needs viewBox", id="empty-size"
        ),
        pytest.param(
            b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("&b;"), 1, "DOCTYPE", id="entities"
        ),
        pytest.param(b'<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + svg(""), 1, "DOCTYPE", id="external-dtd"),
        pytest.param(b'<?xml-stylesheet href="//x"?>' + svg(""), 1, "processing instruction", id="stylesheet"),
        pytest.param(b"<svg", 1, "not well-formed", id="broken"),
        pytest.param(b"\xff\xfe\x00", 1, "not well-formed", id="not-text"),
        pytest.param(b'<?xml version="1.0" encoding="klingon"?><svg/>', 1, "not readable", id="unknown-encoding"),
        pytest.param(b" " * (512 * 1024 + 1), 1, "larger than 512 kB", id="too-large"),
        pytest.param(svg("<g>" * 60 + "</g>" * 60), 1, "too many or too deeply", id="too-deep"),
        pytest.param(svg("<g/>" * 20_001), 1, "too many or too deeply", id="too-many"),
    ],
)
def test_whatever_could_run_load_or_grow_is_refused_with_its_line(raw: bytes, line: int, words: str) -> None:
    with pytest.raises(SvgError) as refused:
        clean_svg(raw)
    assert any(where == line and words in sentence for where, sentence in refused.value.problems), (
        refused.value.problems
    )
