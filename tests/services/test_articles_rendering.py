"""From Markdown to a revision: structure, numbers, links, previews, and everything that must not come through."""

import re
from collections.abc import Sequence

import pytest
from lxml import html as lxml_html

from cme.articles.markdown import fragment, inline_fragment, sanitise
from cme.articles.references import format_reference
from cme.articles.rendering import ArticleSource, FigureSource, RenderedArticle, judge, render

TEXT = """\
{#s-one}
## One

{#p-first}
A [cramp](term:cramp) hurts.[@beta2020; @alfa2010] See [below](#p-list) and [there](#p-two).

{#p-fig}
![[calf]]

{#p-list}
- First point.[@alfa2010]
- Second *point*.

{#s-two}
## Two

{#s-two-a}
### Part A

{#p-two}
Plain words with a [page](https://example.org/x?a=1&b=2).

{#p-table caption="What & why"}
| Name | Count |
| :--- | ---: |
| Calf[@gamma2000] | 3 |

{#p-quote}
> Said once.
"""
REFERENCES = [
    {"key": "alfa2010", "type": "journal", "title": "Alfa", "journal": "J Alfa", "year": 2010},
    {"key": "beta2020", "type": "journal", "title": "Beta", "journal": "J Beta", "year": 2020},
    {"key": "gamma2000", "type": "journal", "title": "Gamma", "journal": "J Gamma", "year": 2000},
    {"key": "delta1999", "type": "journal", "title": "Delta", "journal": "J Delta", "year": 1999},
]
FIGURE = FigureSource(
    "calf", "The calf", "A calf.", "Where it hurts.[@delta1999]", "A leg.\n\nA calf.", "<svg/>", 90, 76
)
GLOSSARY = [{"key": "cramp", "term": "Cramp", "definition": "A hard muscle."}]


def source(
    text: str = TEXT,
    *,
    references: Sequence[dict[str, object]] = REFERENCES,
    figures: Sequence[FigureSource] = (FIGURE,),
    preview: Sequence[str] = ("s-one",),
) -> ArticleSource:
    return ArticleSource("leg", text, references, GLOSSARY, figures, preview)


@pytest.fixture(scope="module")
def article() -> RenderedArticle:
    assert judge(source()) == []
    return render(source())


def tree(html: str) -> lxml_html.HtmlElement:
    return lxml_html.fragment_fromstring(html, create_parent="div")


def test_each_level_two_heading_opens_a_labelled_section(article: RenderedArticle) -> None:
    sections = tree(article.html).xpath("./section")
    assert [one.get("data-section") for one in sections] == ["s-one", "s-two"]
    for section in sections:
        heading = section.xpath("./h2")[0]
        assert section.get("aria-labelledby") == heading.get("id") == section.get("data-section")


def test_every_passage_is_addressable_once(article: RenderedArticle) -> None:
    marked = tree(article.html).xpath("//*[@data-passage]")
    assert [one.get("id") for one in marked] == ["p-first", "p-fig", "p-list", "p-two", "p-table", "p-quote"]
    assert [one.tag for one in marked] == ["p", "figure", "ul", "p", "div", "blockquote"]
    ids = tree(article.html).xpath("//@id")
    assert len(ids) == len(set(ids))


def test_sections_know_their_last_passage(article: RenderedArticle) -> None:
    assert [(one.anchor, one.level, one.last_passage, one.counts) for one in article.sections] == [
        ("s-one", 2, "p-list", True),
        ("s-two", 2, "p-quote", True),
        ("s-two-a", 3, "p-quote", False),
    ]


def test_references_are_numbered_in_the_order_of_first_citation_captions_included(article: RenderedArticle) -> None:
    assert [(entry.number, entry.key) for entry, _formatted in article.references] == [
        (1, "beta2020"),
        (2, "alfa2010"),
        (3, "delta1999"),
        (4, "gamma2000"),
    ]


def test_citations_link_to_the_list_grouped_and_in_ascending_order(article: RenderedArticle) -> None:
    first = tree(article.html).xpath("//p[@id='p-first']")[0]
    group = first.xpath(".//span[@class='cites']")[0]
    assert group.text_content() == "1,2"
    links = group.xpath("./a[@class='cite']")
    assert [(link.get("href"), link.get("data-reference")) for link in links] == [
        ("#ref-beta2020", "1"),
        ("#ref-alfa2010", "2"),
    ]
    assert [link.get("aria-label") for link in links] == ["Reference 1", "Reference 2"]
    single = tree(article.html).xpath("//td/a[@class='cite']")
    assert [link.text_content() for link in single] == ["4"]


def test_terms_lead_to_the_glossary(article: RenderedArticle) -> None:
    link = tree(article.html).xpath("//a[@class='term']")[0]
    assert (link.get("href"), link.get("data-term"), link.text_content()) == ("#term-cramp", "cramp", "cramp")


def test_a_figure_has_its_number_words_size_and_relative_address(article: RenderedArticle) -> None:
    figure = tree(article.html).xpath("//figure")[0]
    assert figure.xpath("./a/@href") == ["figures/calf"]
    image = figure.xpath("./a/img")[0]
    assert dict(image.attrib) == {
        "src": "figures/calf.svg",
        "alt": "A calf.",
        "loading": "lazy",
        "width": "90",
        "height": "76",
    }
    assert figure.xpath("./figcaption/p")[0].text_content() == "Figure 1. The calf. Where it hurts.3"
    assert [one.text_content() for one in figure.xpath("./figcaption/details/p")] == ["A leg.", "A calf."]


def test_a_wide_table_scrolls_in_a_focusable_named_region(article: RenderedArticle) -> None:
    region = tree(article.html).xpath("//div[@id='p-table']")[0]
    assert (region.get("role"), region.get("tabindex"), region.get("aria-label")) == ("region", "0", "What & why")
    assert region.xpath("./table/caption")[0].text_content() == "What & why"
    assert region.xpath(".//th/@scope") == ["col", "col"]
    assert region.xpath(".//td/@class") == ["number"]
    assert "style" not in article.html


def test_the_preview_holds_its_sections_only_and_no_link_that_leads_nowhere(article: RenderedArticle) -> None:
    preview = tree(article.preview_html)
    assert preview.xpath("./section/@data-section") == ["s-one"]
    ids = set(preview.xpath("//@id"))
    anchors = [address for address in preview.xpath("//a/@href") if address.startswith("#")]
    assert anchors == ["#p-list"]
    assert set(anchors) <= {f"#{one}" for one in ids}
    assert preview.xpath("//*[@class='cite']/text()") == ["1,2", "3", "2"]
    # The preview stands one level above the article.
    assert preview.xpath("//figure/a/@href") == ["leg/figures/calf"]
    assert preview.xpath("//img/@src") == ["leg/figures/calf.svg"]


def test_a_passage_quoted_elsewhere_carries_neither_anchors_nor_links_into_the_page(article: RenderedArticle) -> None:
    for passage in article.passages:
        quoted = tree(passage.html)
        assert not quoted.xpath("//@id")
        assert all(address.startswith("https:") for address in quoted.xpath("//a/@href")), passage.html
    table = next(one for one in article.passages if one.anchor == "p-table")
    assert table.text == "What & why\nName | Count\nCalf | 3"
    assert table.section == "s-two"


def test_a_fingerprint_follows_the_words_and_not_the_layout_or_the_numbers() -> None:
    first = render(source()).passages[0]
    moved = TEXT.replace("A [cramp](term:cramp) hurts.", "A\n[cramp](term:cramp)  **hurts**.").replace(
        "[@beta2020; @alfa2010]", "[@alfa2010; @beta2020]"
    )
    assert render(source(moved)).passages[0].fingerprint == first.fingerprint
    changed = render(source(TEXT.replace("hurts", "aches"))).passages[0]
    assert changed.fingerprint != first.fingerprint


def test_words_count_prose_and_tables_but_not_figures(article: RenderedArticle) -> None:
    assert article.words == sum(len(text.split()) for text in ("A cramp hurts. See below and there.",)) + len(
        [
            "First",
            "point",
            "Second",
            "point",
            "Plain",
            "words",
            "with",
            "a",
            "page",
            "What",
            "why",
            "Name",
            "Count",
            "Calf",
            "3",
            "Said",
            "once",
        ]
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("{#p-a}\nText.", 2, "before the first ## heading", id="text-before-heading"),
        pytest.param("{#s-a}\n## A\n\nText.", 4, "has no anchor", id="no-anchor"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n\nText [x](#p-b).\n", 6, "leads nowhere", id="dead-link"),
        pytest.param("## A\n\n{#p-a}\nText.", 1, "has no anchor", id="heading-without-anchor"),
        pytest.param("{#s-a}\n## A\n\n{#P_a}\nText.", 5, "does not fit", id="anchor-of-wrong-shape"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\nText.\n\n{#p-a}\nMore.", 8, "already taken by line 5", id="anchor-twice"),
        pytest.param("{#s-a}\n# A\n\n{#p-a}\nText.", 2, "two levels", id="level-one"),
        pytest.param("{#s-a}\n### A\n\n{#p-a}\nText.", 2, "needs a ## heading before it", id="level-three-first"),
        pytest.param("{#s-a}\n## A\n\n{#s-b}\n## B\n\n{#p-a}\nText.", 2, "holds no passage", id="empty-section"),
        pytest.param("{#s-a}\n## A[@x2000]\n\n{#p-a}\nText.", 2, "neither citations nor links", id="cited-heading"),
        pytest.param(
            "{#s-a}\n## A\n\n{#p-a}\nOne\ntwo [@no2000] three.", 6, "“no2000” is cited", id="unknown-reference"
        ),
        pytest.param(
            "{#s-a}\n## A\n\n{#p-a}\nOne [@No2000].", 5, "citation cannot be read", id="citation-of-wrong-shape"
        ),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n[x](term:no).", 5, "does not stand in glossary.yaml", id="unknown-term"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n![[no]]", 5, "no figure “no”", id="unknown-figure"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\nSee ![[calf]] here.", 5, "paragraph of its own", id="figure-in-text"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n![x](y.png)", 5, "A picture is placed with", id="markdown-image"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\nA <b>bold</b> word.", 5, "HTML is not taken", id="html-inline"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n<script>alert(1)</script>", 5, "HTML is not taken", id="script"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n[x](javascript:alert(1))", 5, "A link may begin with", id="javascript"),
        pytest.param(
            "{#s-a}\n## A\n\n{#p-a}\n[x](JaVaScRiPt:alert(1))", 5, "A link may begin with", id="javascript-case"
        ),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n[x](data:text/html,x)", 5, "A link may begin with", id="data-link"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n[x](//evil.example)", 5, "A link may begin with", id="scheme-less"),
        pytest.param("{#s-a}\n## A\n\n{#p-a onclick=x}\nText.", 5, "attribute “onclick” is not taken", id="handler"),
        pytest.param("{#s-a}\n## A\n\n{#p-a style=x}\nText.", 5, "attribute “style” is not taken", id="style"),
        pytest.param(
            '{#s-a}\n## A\n\n{#p-a caption="c"}\nText.', 5, "Only a table takes a caption", id="caption-on-text"
        ),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n| a |\n| --- |\n| b |", 5, "needs a caption", id="table-without-caption"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n```\ncode\n```", 5, "code block is not taken", id="code"),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n---", 5, "line across the page", id="rule"),
        pytest.param(
            "{#s-a}\n## A\n\n{#p-a}\n- one\n\n  {#p-b}\n  two", 8, "Only whole blocks carry", id="anchor-inside"
        ),
        pytest.param("{#s-a}\n## A\n\n{#p-a}\n> ## B", 5, "heading cannot stand inside", id="heading-inside"),
        pytest.param("", 1, "The article is empty", id="empty"),
    ],
)
def test_every_mistake_is_named_with_its_line(text: str, line: int, words: str) -> None:
    found = judge(source(text, references=[], figures=[FIGURE] if "calf" in text else []))
    assert any(where == line and words in sentence for where, sentence in found), found


def test_unused_references_and_figures_are_named() -> None:
    text = "{#s-a}\n## A\n\n{#p-a}\nText."
    sentences = [sentence for _line, sentence in judge(source(text))]
    assert any("“alfa2010”, which is never cited" in sentence for sentence in sentences)
    assert any("“calf”, which is never shown" in sentence for sentence in sentences)


def test_a_figure_shown_twice_is_named() -> None:
    text = TEXT + "\n{#p-again}\n![[calf]]\n"
    assert any("shown twice" in sentence for _line, sentence in judge(source(text)))


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    "<p style='position:fixed'>x</p>",
    "<form action=/><button>x</button></form>",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_sanitiser_lets_nothing_run(hostile: str) -> None:
    clean = sanitise(hostile)
    assert not re.search(r"<(script|svg|style|iframe|form|button)|\son\w+=|javascript:|style=", clean), clean


@pytest.mark.parametrize("hostile", [*HOSTILE, "[x](javascript:alert(1))", "![x](javascript:alert(1))"])
def test_a_fragment_shows_html_as_text_and_links_only_to_safe_places(hostile: str) -> None:
    for shown in (fragment(hostile), inline_fragment(hostile)):
        found = tree(shown)
        assert not found.xpath(
            "//script | //img | //svg | //style | //iframe | //form | //a[not(starts-with(@href,'http'))]"
        ), shown
        assert not re.search(r"<[^>]+\son\w+=", shown)


def test_a_fragment_keeps_ordinary_markdown() -> None:
    assert fragment("A **man** of 60.\n\n- one\n- two") == (
        "<p>A <strong>man</strong> of 60.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )
    assert inline_fragment("x < 3 and *y*") == "x &lt; 3 and <em>y</em>"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            {
                "type": "journal",
                "authors": ["Allen RE", "Kirby KA"],
                "title": "Nocturnal leg cramps",
                "journal": "Am Fam Physician",
                "year": 2012,
                "volume": "86",
                "issue": "4",
                "pages": "350-355",
                "pmid": "22963024",
            },
            "Allen RE, Kirby KA. Nocturnal leg cramps. Am Fam Physician. 2012;86(4):350-355. PMID 22963024",
        ),
        (
            {
                "type": "journal",
                "authors": ["A B"],
                "authors_more": True,
                "title": "What now?",
                "journal": "J X",
                "year": 2001,
            },
            "A B, et al. What now? J X. 2001.",
        ),
        (
            {
                "type": "journal",
                "authors": ["A", "B", "C", "D", "E", "F", "G"],
                "title": "Many",
                "journal": "J X",
                "year": 2015,
                "issue": "4",
                "pages": "CD005044",
                "doi": "10.1002/14651858.CD005044.pub3",
            },
            "A, B, C, et al. Many. J X. 2015;(4):CD005044. doi:10.1002/14651858.CD005044.pub3",
        ),
        (
            {"type": "book", "authors": ["Society"], "title": "The Book. 3rd ed", "publisher": "Press", "year": 2014},
            "Society. The Book. 3rd ed. Press; 2014.",
        ),
        (
            {"type": "chapter", "title": "Part. In: Whole", "publisher": "Press", "year": 2019, "pages": "1-9"},
            "Part. In: Whole. Press; 2019:1-9.",
        ),
        (
            {
                "type": "report",
                "authors": ["Agency"],
                "title": "Safety update",
                "publisher": "Agency",
                "year": 2010,
                "note": "No page",
            },
            "Agency. Safety update. Agency; 2010. No page.",
        ),
        (
            {"type": "web", "title": "Page", "publisher": "Site", "year": 2021, "url": "https://example.org/p?a=1&b=2"},
            "Page. Site. Published 2021. https://example.org/p?a=1&b=2",
        ),
    ],
)
def test_references_follow_ama_style(entry: dict[str, object], text: str) -> None:
    formatted = format_reference({"key": "x2000", **entry})
    assert formatted.text == text
    assert tree(formatted.html).text_content() == text


def test_reference_links_are_built_from_doi_pmid_or_address_and_escaped() -> None:
    entry = {"key": "x", "type": "journal", "title": "<b>T</b> & more", "journal": "J", "year": 2000}
    html = format_reference({**entry, "doi": "10.1000/a<b>#c", "pmid": "123", "url": "https://unused.example"}).html
    assert tree(html).xpath("//a/@href") == [
        "https://doi.org/10.1000/a%3Cb%3E%23c",
        "https://pubmed.ncbi.nlm.nih.gov/123/",
    ]
    assert "&lt;b&gt;T&lt;/b&gt; &amp; more" in html
    assert tree(html).xpath("//em/text()") == ["J"]
