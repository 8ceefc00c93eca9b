"""HTML in and Markdown out: words stay words, structure stays structure, active parts go and are named."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cme.articles.markdown import fragment
from quizzes.interchange.escaping import collapse, plain_to_markdown
from quizzes.interchange.html_in import to_markdown
from quizzes.interchange.html_out import to_html, to_line, to_plain
from quizzes.interchange.limits import MOST_HTML, MOST_HTML_DEPTH
from quizzes.interchange.media import MediaBag
from quizzes.interchange.reasons import ItemRefused, Losses
from tests.rules.interchange_samples import PNG, lines

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(html: str) -> tuple[str, list[str]]:
    losses = Losses()
    return to_markdown(html, losses), [reason.code for reason in losses.found]


TAKEN = [
    ("plain words", "plain words"),
    ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("One<br>Two<br/><br/>Three", "One\\\nTwo\\\nThree"),
    ("<p>a <b>bold</b> and <em>soft</em> word</p>", "a **bold** and *soft* word"),
    ("<strong> spaced </strong>out", "**spaced** out"),
    ("<p>H<sub>2</sub>O, 10<sup>-3</sup> M, x<sub>a b</sub></p>", "H~2~O, 10^-3^ M, x~a\\ b~"),
    ("<ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul>", "- one\n- two\n  1. deep"),
    ("<ol start='4'><li>four</li><li><p>five</p></li></ol>", "4. four\n5. five"),
    ("<table><tr><th>A</th><th>B</th></tr><tr><td>1|2</td><td><b>3</b></td></tr></table>", "| A | B |\n| --- | --- |\n| 1\\|2 | **3** |"),
    ("<h2>Case</h2>text", "**Case**\n\ntext"),
    ("<blockquote><p>said</p></blockquote>", "> said"),
    ("<a href='https://a.example/x_y'>link</a>", "[link](https://a.example/x_y)"),
    ("5 &lt; 6 &amp; <i>7</i> &gt; 2 &nbsp;mg", "5 < 6 & *7* > 2 \u00a0mg"),
    ("<code>a*b`c</code>", "``a*b`c``"),
    ("<p>1. not a list</p><p># not a heading</p><p>- not a point</p>", "1\\. not a list\n\n\\# not a heading\n\n\\- not a point"),
    ("*stars* and _lines_ and [x](y)", "\\*stars\\* and \\_lines\\_ and \\[x\\](y)"),
    ("<div><div><span lang='en'>deep</span></div></div>", "deep"),
    ("<!-- hidden -->seen", "seen"),
    ("&amp;lt;b&amp;gt;", "\\&lt;b\\&gt;"),
    ("", ""),
    ("<p>&nbsp;</p>", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "markdown"), TAKEN)
def test_what_is_taken_without_loss(html: str, markdown: str):
    assert read(html) == (markdown, [])


LOST = [
    ("<p>a<script>alert(1)</script>b</p>", "ab", "script"),
    ("<SCRIPT SRC=//x></SCRIPT>seen", "seen", "script"),
    ("<p onclick=\"steal()\">seen</p>", "seen", "script"),
    ("<svg/onload=alert(1)>seen", None, "script"),
    ("<img src=x onerror=alert(1)>seen", "seen", "script"),
    ("<a href='javascript:alert(1)'>seen</a>", "seen", "script"),
    ("<a href='&#106;avascript:alert(1)'>seen</a>", "seen", "script"),
    ("<form action='https://x'><input name=a>seen</form>", "seen", "script"),
    ("<object data=x>inner</object>seen", "seen", "script"),
    ("<a href='java\tscript:alert(1)'>seen</a>", "seen", "script"),
    ("<iframe src='https://x.example'></iframe>seen", "seen", "frame"),
    ("<video src='x.mp4'></video>seen", "seen", "video"),
    ("<math><mi>x</mi></math>seen", "seen", "formula"),
    ("<p style='color:red'>seen</p>", "seen", "formatting"),
    ("<u>seen</u>", "seen", "formatting"),
    ("in<b>(side)</b>words", "in(side)words", "formatting"),
    ("<a href='page.html'>seen</a>", "seen", "link"),
    ("<img src='https://x.example/a.png' alt='A'>", "[A](https://x.example/a.png)", "picture_unknown"),
    ("<table><tr><td>a</td></tr></table>", "| a |\n| --- |", "table_head"),
    ("<table><tr><th colspan=2>a</th></tr></table>", "| a |  |\n| --- | --- |", "table_span"),
    ("<table><tr><th>a<br>b</th></tr></table>", "| a b |\n| --- |", "table_lines"),
    ("<blink>seen</blink>", "seen", "unknown_element"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "markdown", "code"), LOST)
def test_what_goes_is_said(html: str, markdown: str | None, code: str | None):
    found, codes = read(html)
    if markdown is not None:
        assert found == markdown
    if code is not None:
        assert code in codes
    shown = fragment(found)
    for bad in ("<script", "onerror", "onclick", "onload", "javascript:", "<iframe", "<svg", "<form"):
        assert bad not in shown.lower()


def test_nothing_active_survives_a_corpus_of_tricks():
    tricks = [
        "<img src=x onerror=alert(1)//", "<<script>alert(1)//<</script>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<svg><script>alert(1)</script></svg>",
        "<a href=\" javascript:alert(1)\">x</a>", "<a href='java\tscript:alert(1)'>x</a>", "<details open ontoggle=alert(1)>x",
        "<style>@import 'javascript:alert(1)';</style>", "<base href=javascript:alert(1)//>", "<meta http-equiv=refresh content=0>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>",
        "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", "[x](javascript:alert(1))", "![x](javascript:alert(1))",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    ]  # fmt: skip
    for trick in tricks:
        markdown, _ = read(trick)
        for shown in (fragment(markdown), to_html(markdown)):
            low = shown.lower()
            assert "<script" not in low, trick
            assert 'href="javascript' not in low, trick
            assert 'href="data' not in low, trick
            assert '<img src="javascript' not in low, trick
            assert not any(
                f"<{name}" in low for name in ("svg", "math", "style", "iframe", "base", "meta", "object")
            ), trick


@given(text=lines)
@FEW
def test_plain_words_are_shown_as_they_are(text: str):
    markdown = plain_to_markdown(text)
    assert to_line(markdown) == " ".join(collapse(text).split())
    assert plain_to_markdown(to_line(markdown)) == plain_to_markdown(" ".join(text.split()))


@given(text=lines)
@FEW
def test_escaped_html_becomes_the_same_words(text: str):
    html = text.replace("&", "&amp;").replace("<", "&lt;")
    markdown, codes = read(f"<p>{html}</p>")
    assert codes == []
    assert to_line(markdown).split() == text.split()


_inline = st.recursive(
    lines.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["b", "i", "em", "strong", "span"]), inner).map(lambda p: f"<{p[0]}>{p[1]}</{p[0]}>"),
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
    ),
    max_leaves=6,
)
_blocks = st.recursive(
    _inline.map(lambda text: f"<p>{text}</p>"),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: "<ul>" + "".join(f"<li>{p}</li>" for p in parts) + "</ul>"
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: "<ol>" + "".join(f"<li>{p}</li>" for p in parts) + "</ol>"
        ),
        inner.map(lambda part: f"<blockquote>{part}</blockquote>"),
    ),
    max_leaves=6,
)


@given(html=_blocks)
@FEW
def test_what_came_in_goes_out_and_comes_in_the_same(html: str):
    markdown, codes = read(html)
    again, _ = read(to_html(markdown))
    assert to_html(again) == to_html(markdown)
    if not codes:
        from lxml import html as lxml_html

        assert to_plain(markdown).split() == " ".join(lxml_html.fromstring(f"<div>{html}</div>").itertext()).split()


@given(html=st.text(st.sampled_from(list("<>/=\"' abipu&;#x1\n")), max_size=60))
@FEW
def test_broken_markup_never_breaks_the_reader(html: str):
    markdown, _ = read(html)
    assert to_html(read(to_html(markdown))[0]) == to_html(markdown)


def test_too_deep_and_too_long_is_refused_for_this_question_only():
    with pytest.raises(ItemRefused) as refused:
        read("<div>" * (MOST_HTML_DEPTH + 10) + "x")
    assert refused.value.reasons[0].code == "html_depth"
    for deep in (
        "<div>" * 40_000,
        "<i></b>" * 20_000,
        "<ul><li>" * 9_000,
        "<table><tr><td>" * 5_000,
        "<x></y>" * 9_000,
    ):
        began = time.process_time()
        with pytest.raises(ItemRefused) as refused:
            read(deep)
        assert refused.value.reasons[0].code == "html_depth"
        assert time.process_time() - began < 0.5
    assert read("<p>one" * 500)[1] == []
    with pytest.raises(ItemRefused) as refused:
        read("<p>" + "x" * MOST_HTML)
    assert refused.value.reasons[0].code == "html_too_long"


def test_pictures_keep_their_name_and_their_bytes():
    bag = MediaBag({"web_resources/Uploaded Media/Calf Muscle.PNG": lambda: PNG, "x/b.png": lambda: b"not a picture"})
    losses = Losses()
    cases = {
        "%24IMS-CC-FILEBASE%24/Uploaded%20Media/Calf%20Muscle.PNG?canvas_download=1": "![](calf-muscle.png)",
        "$IMS-CC-FILEBASE$/Uploaded Media/Calf Muscle.PNG": "![](calf-muscle.png)",
        "../Calf%20Muscle.PNG": "![](calf-muscle.png)",
    }
    for source, markdown in cases.items():
        assert to_markdown(f'<img src="{source}">', losses, bag.name_of) == markdown
    assert losses.found == []
    assert bag.taken == {"calf-muscle.png": PNG}
    assert to_markdown('<img src="b.png" alt="B">', losses, bag.name_of) == "B"
    assert to_markdown('<img src="gone.jpeg" alt="G">', losses, bag.name_of) == "![G](gone.jpg)"
    assert [reason.code for reason in losses.found] == ["picture_unknown", "picture_missing"]


def test_a_picture_inside_the_text_is_taken_out_of_it():
    import base64

    bag, losses = MediaBag(), Losses()
    encoded = base64.b64encode(PNG).decode()
    markdown = to_markdown(f'<p>See <img src="data:image/png;base64,{encoded}" alt="it"></p>', losses, bag.name_of)
    (name,) = bag.taken
    assert markdown == f"See ![it]({name})"
    assert bag.taken[name] == PNG
    assert losses.found == []
    to_markdown('<img src="data:image/png;base64,AAAA">', losses, bag.name_of)
    to_markdown('<img src="data:image/svg+xml;base64,PHN2Zy8+">', losses, bag.name_of)
    assert [reason.code for reason in losses.found] == ["picture_unknown", "media_svg"]
