"""One question of every kind with everything that can travel, and strategies that make more of them."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from cme.articles.svg import clean_svg
from cme.kernel.text import clean_block, clean_line
from quizzes.interchange.entry import (
    Choice,
    Entry,
    Kind,
    Numeric,
    Scoring,
    Stem,
    Vignette,
    truth_choices,
)
from quizzes.interchange.plain import with_media
from tests.factories.media import CAPTIONS, SVG, mp4

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
CASE = Vignette("shared-case", "A 71-year-old woman wakes at night.\n\n| Day | Cramps |\n| --- | --- |\n| 1 | 3 |")
CARRIED = {
    "topic": "management",
    "objective": "treat",
    "tags": ("leg-cramps", "icsd-3"),
    "passages": ("p-overview", "p-care"),
    "references": ("aasm2014", "wise1997"),
    "apart": ("another-question",),
    "rationale": "The **whole** point:\n\n1. first\n2. second",
}
SAMPLES: tuple[Entry, ...] = (
    Entry(
        Kind.SINGLE, "sample-single",
        "A 68-year-old man has *painful* calf cramps.\n\n- Sodium 138 mmol/L\n- Potassium 4.1 mmol/L\n\nWhat is best?",
        (
            Choice("a", "Stretching & rest, 10^3^ steps", True, "It **helps**."),
            Choice("b", "Quinine = \"no\" {never} #1 \\~5: 50%", False, "The risk is too high; see `label`."),
            Choice("c", "CO~2~ < 40 mm Hg"),
            Choice("d", "1\\. Wait and see", False, "Not \\*always\\* wrong."),
        ),
        ordered=True, **CARRIED,
    ),
    Entry(
        Kind.MULTIPLE, "sample-multiple", "Which two raise the risk?",
        (Choice("a", "Age", True, "Yes."), Choice("b", "Pregnancy", True), Choice("c", "Height", False, "No."), Choice("d", "Hair")),
        scoring=Scoring.PARTIAL, points=2, **CARRIED,
    ),
    Entry(
        Kind.MULTIPLE, "sample-all", "Which two are right, both or none?",
        (Choice("a", "One", True), Choice("b", "Two", True), Choice("c", "Three")), **CARRIED,
    ),
    Entry(
        Kind.MULTIPLE, "sample-weights", "Which are right, and how much?",
        (Choice("a", "Much", True, "", 75), Choice("b", "Little", True, "", 25), Choice("c", "Wrong", False, "", -50)),
        scoring=Scoring.PARTIAL, **CARRIED,
    ),
    Entry(
        Kind.MATCHING, "sample-matching", "For each patient choose the diagnosis.",
        (Choice("a", "Never chosen"), Choice("b", "Restless legs"), Choice("c", "Leg cramps")),
        stems=(
            Stem("1", "Urge to move", "b", "An urge, no knot."),
            Stem("2", "A hard calf at night", "c"),
            Stem("3", "A painful foot", "c"),
        ),
        scoring=Scoring.PARTIAL, vignette=CASE, **CARRIED,
    ),
    Entry(
        Kind.ORDERING, "sample-ordering", "Put the steps in order.",
        (Choice("a", "Examine"), Choice("b", "Ask"), Choice("c", "Treat", False, "Last.")), order=("b", "a", "c"), **CARRIED,
    ),
    Entry(
        Kind.NUMERIC, "sample-numeric", "How much magnesium per day?",
        numeric=Numeric(Decimal("-12.50"), Decimal("0.25"), "mg/dL"), **CARRIED,
    ),
    Entry(
        Kind.TRUE_FALSE, "sample-true-false", "Cramps are a sleep-related movement disorder.",
        truth_choices(False, if_true="Not here.", if_false="They are."), vignette=CASE, **CARRIED,
    ),
    with_media(
        Entry(
            Kind.SINGLE, "sample-picture", "What does the picture show?\n\n![A calf, seen from behind](calf.png)",
            (Choice("a", "![Knot](calf.png)", True), Choice("b", "Nothing")), topic="management",
        )
    ),
    with_media(
        Entry(
            Kind.MULTIPLE, "sample-media", "H~2~O and 10^3^ mg.\n\n![A stretch, shown](stretch.mp4)\n\nWhich help?",
            (
                Choice("a", "![A drawing](leg.svg)", True, "| Dose | Effect |\n| --- | --- |\n| 1 | Ca^2+^ |"),
                Choice("b", "- rest\n- water", True), Choice("c", "None"),
            ),
            topic="management",
        )
    ),
)  # fmt: skip
MEDIA = {"calf.png": PNG, "leg.svg": clean_svg(SVG).svg.encode(), "stretch.mp4": mp4(), "stretch.vtt": CAPTIONS}


def bare(entry: Entry) -> Entry:
    """Without the name, for formats that carry none."""
    return replace(entry, lineage="")


_word = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), min_size=1, max_size=25
)
lines = _word.map(clean_line).filter(bool)
"""Any words, with every sign a format may stumble over."""
blocks = st.lists(_word, min_size=1, max_size=3).map(lambda parts: clean_block("\n\n".join(parts))).filter(bool)
maybe = st.one_of(st.just(""), blocks)
names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True)
_name_lists = st.lists(names, max_size=3, unique=True).map(tuple)
_keys = ("a", "b", "c", "d", "e")


@st.composite
def entries(draw: st.DrawFn, texts: st.SearchStrategy[str] = blocks) -> Entry:
    """A question of any kind that hangs together."""
    kind = draw(st.sampled_from(list(Kind)))
    told = st.one_of(st.just(""), texts)
    count = draw(st.integers(2, 5))
    choices: tuple[Choice, ...] = ()
    if kind is Kind.TRUE_FALSE:
        choices = truth_choices(draw(st.booleans()), if_true=draw(told), if_false=draw(told))
    elif kind is not Kind.NUMERIC:
        words = draw(st.lists(texts, min_size=count, max_size=count, unique=True))
        choices = tuple(Choice(key, text, False, draw(told)) for key, text in zip(_keys, words, strict=False))
    if kind is Kind.SINGLE:
        right = {draw(st.integers(0, count - 1))}
        choices = tuple(replace(choice, correct=index in right) for index, choice in enumerate(choices))
    if kind is Kind.MULTIPLE:
        right = draw(st.sets(st.integers(0, count - 1), min_size=1))
        choices = tuple(replace(choice, correct=index in right) for index, choice in enumerate(choices))
    stems: tuple[Stem, ...] = ()
    if kind is Kind.MATCHING:
        stems = tuple(
            Stem(str(index), draw(texts), draw(st.sampled_from(_keys[:count])), draw(told))
            for index in range(1, draw(st.integers(1, 4)) + 1)
        )
    numeric = None
    if kind is Kind.NUMERIC:
        number = st.decimals(-9999, 9999, places=3)
        numeric = Numeric(draw(number), draw(st.decimals(0, 99, places=2)), draw(st.sampled_from(["", "mg", "mmol/L"])))
    partial = kind in {Kind.MULTIPLE, Kind.MATCHING, Kind.ORDERING} and draw(st.booleans())
    return with_media(
        Entry(
            kind, draw(names), draw(texts), choices, topic=draw(st.one_of(st.just(""), names)),
            objective=draw(st.one_of(st.just(""), names)), tags=draw(_name_lists), stems=stems,
            order=tuple(draw(st.permutations(_keys[:count]))) if kind is Kind.ORDERING else (), numeric=numeric,
            scoring=Scoring.PARTIAL if partial else Scoring.ALL_OR_NOTHING,
            vignette=draw(st.one_of(st.none(), st.builds(Vignette, names, texts))), rationale=draw(told),
            ordered=draw(st.booleans()), points=draw(st.integers(1, 20)), passages=draw(_name_lists),
            references=draw(_name_lists), apart=draw(_name_lists),
        )
    )  # fmt: skip
