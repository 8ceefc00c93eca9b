"""Questions as Moodle XML: questions by category, texts as HTML, pictures as encoded files beside their text."""

import base64
from collections.abc import Mapping, Sequence
from decimal import Decimal

from quizzes.interchange import own
from quizzes.interchange.entry import Choice, Entry, Kind, Scoring
from quizzes.interchange.html_out import to_html, to_line
from quizzes.interchange.lineage import NO_TOPIC
from quizzes.interchange.media import files_of, named_in
from quizzes.interchange.reasons import Reason
from quizzes.interchange.shares import percent_shares
from quizzes.interchange.xml_file import Element, etree, native_digest

_PICTURES = "@@PLUGINFILE@@/"
_TYPES = {
    Kind.SINGLE: "multichoice",
    Kind.MULTIPLE: "multichoice",
    Kind.TRUE_FALSE: "truefalse",
    Kind.MATCHING: "matching",
    Kind.NUMERIC: "numerical",
    Kind.ORDERING: "ordering",
}


def elsewhere(entry: Entry) -> tuple[Reason, ...]:
    """What Moodle itself will do otherwise, although this platform reads it back as it was."""
    found: list[Reason] = []
    if entry.kind in {Kind.MULTIPLE, Kind.MATCHING} and entry.scoring is Scoring.ALL_OR_NOTHING:
        found.append(Reason("scoring_elsewhere", "Moodle will give partial credit for this question."))
    if entry.vignette:
        found.append(Reason("vignette_elsewhere", "Moodle shows the shared case as part of each question."))
    if any(stem.rationale for stem in entry.stems) or (
        entry.kind is Kind.ORDERING and any(c.rationale for c in entry.choices)
    ):
        found.append(Reason("rationale_elsewhere", "Moodle shows no rationale for the parts of this question."))
    return tuple(found)


def write_file(entries: Sequence[Entry], title: str, media: Mapping[str, bytes]) -> bytes:
    """The whole file."""
    root = etree.Element("quiz")
    topic: str | None = None
    for entry in entries:
        if entry.topic != topic:
            topic = entry.topic
            _category(root, title, topic)
        root.append(_question(entry, media))
        root[-1].tail = "\n"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _category(root: Element, title: str, topic: str) -> None:
    question = etree.SubElement(root, "question", {"type": "category"})
    question.tail = "\n"
    path = "/".join(part.replace("/", "//") for part in (title, topic or NO_TOPIC) if part)
    _sub(_sub(question, "category"), "text", f"$course$/top/{path}")


def _question(entry: Entry, media: Mapping[str, bytes]) -> Element:
    question = etree.Element("question", {"type": _TYPES[entry.kind]})
    _sub(_sub(question, "name"), "text", to_line(entry.stem)[:80] or entry.lineage)
    case = entry.vignette.text + "\n\n" if entry.vignette else ""
    _text(question, "questiontext", (case + entry.stem).strip(), media)
    _text(question, "generalfeedback", entry.rationale, media)
    _sub(question, "defaultgrade", "1.0000000")
    _sub(question, "penalty", "0.0000000")
    _sub(question, "hidden", "0")
    _sub(question, "idnumber", entry.lineage)
    match entry.kind:
        case Kind.SINGLE | Kind.MULTIPLE:
            _multichoice(question, entry, media)
        case Kind.TRUE_FALSE:
            for choice in entry.choices:
                _answer(question, choice.key, "100" if choice.correct else "0", choice.rationale, media, plain=True)
        case Kind.MATCHING:
            _matching(question, entry, media)
        case Kind.NUMERIC:
            _numerical(question, entry, media)
        case Kind.ORDERING:
            _ordering(question, entry, media)
    if entry.tags:
        tags = _sub(question, "tags")
        for tag in entry.tags:
            _sub(_sub(tags, "tag"), "text", tag)
    question.append(own.element(entry, native_digest(question)))
    return question


def _sub(parent: Element, tag: str, text: str | None = None, **values: str) -> Element:
    found = etree.SubElement(parent, tag, values)
    found.text = text
    return found


def _text(parent: Element, tag: str, markdown: str, media: Mapping[str, bytes], **values: str) -> Element:
    holder = _sub(parent, tag, None, format="html", **values)
    _html(holder, markdown, media)
    return holder


def _html(holder: Element, markdown: str, media: Mapping[str, bytes]) -> None:
    _sub(holder, "text", to_html(markdown, pictures=_PICTURES))
    for name, data in files_of(named_in((markdown,)), media).items():
        _sub(holder, "file", base64.b64encode(data).decode(), name=name, path="/", encoding="base64")


def _answer(
    question: Element, text: str, fraction: str, rationale: str, media: Mapping[str, bytes], *, plain: bool = False
) -> Element:
    if plain:
        answer = _sub(question, "answer", None, fraction=fraction, format="moodle_auto_format")
        _sub(answer, "text", text)
    else:
        answer = _text(question, "answer", text, media, fraction=fraction)
    _text(answer, "feedback", rationale, media)
    return answer


def _multichoice(question: Element, entry: Entry, media: Mapping[str, bytes]) -> None:
    _sub(question, "single", "true" if entry.kind is Kind.SINGLE else "false")
    _sub(question, "shuffleanswers", "false" if entry.ordered else "true")
    _sub(question, "answernumbering", "abc")
    for choice, share in zip(entry.choices, _fractions(entry), strict=True):
        _answer(question, choice.text, share, choice.rationale, media)


def _fractions(entry: Entry) -> list[str]:
    if entry.kind is Kind.SINGLE:
        return [_single_fraction(choice) for choice in entry.choices]
    return [_plain(share) for share in percent_shares(entry)]


def _single_fraction(choice: Choice) -> str:
    # Moodle wants exactly one answer to count in full.
    return "100" if choice.correct else str(choice.weight or 0)


def _plain(share: Decimal) -> str:
    text = format(share, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _matching(question: Element, entry: Entry, media: Mapping[str, bytes]) -> None:
    _sub(question, "shuffleanswers", "false" if entry.ordered else "true")
    options = {choice.key: choice for choice in entry.choices}
    for stem in entry.stems:
        part = _text(question, "subquestion", stem.text, media)
        _sub(_sub(part, "answer"), "text", to_line(options[stem.answer].text))
    used = {stem.answer for stem in entry.stems}
    for choice in entry.choices:
        if choice.key not in used:
            part = _text(question, "subquestion", "", media)
            _sub(_sub(part, "answer"), "text", to_line(choice.text))


def _numerical(question: Element, entry: Entry, media: Mapping[str, bytes]) -> None:
    assert entry.numeric is not None
    answer = _sub(question, "answer", None, fraction="100", format="moodle_auto_format")
    _sub(answer, "text", format(entry.numeric.value, "f"))
    _text(answer, "feedback", "", media)
    _sub(answer, "tolerance", format(entry.numeric.tolerance, "f"))
    if entry.numeric.unit:
        unit = _sub(_sub(question, "units"), "unit")
        _sub(unit, "multiplier", "1")
        _sub(unit, "unit_name", entry.numeric.unit)
    _sub(question, "unitgradingtype", "0")
    _sub(question, "unitpenalty", "0.1000000")
    _sub(question, "showunits", "0" if entry.numeric.unit else "3")
    _sub(question, "unitsleft", "0")


def _ordering(question: Element, entry: Entry, media: Mapping[str, bytes]) -> None:
    whole = entry.scoring is Scoring.ALL_OR_NOTHING
    for tag, text in (
        ("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0"),
        ("gradingtype", "ALL_OR_NOTHING" if whole else "ABSOLUTE_POSITION"), ("showgrading", "SHOW"),
    ):  # fmt: skip
        _sub(question, tag, text)
    by_key = {choice.key: choice for choice in entry.choices}
    for place, key in enumerate(entry.order, 1):
        _text(question, "answer", by_key[key].text, media, fraction=f"{place}.0000000")
