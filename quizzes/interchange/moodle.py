"""Moodle XML: every kind has a Moodle question type; our own fields ride in an element that Moodle skips."""

import base64
import binascii
import copy
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from cme.kernel.refusal import Invalid
from cme.kernel.text import clean_line
from quizzes.interchange import own
from quizzes.interchange.carrying import Capacity
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, Scoring, Stem, letter, truth_choices
from quizzes.interchange.escaping import plain_to_markdown
from quizzes.interchange.html_in import note_formulas, note_markup, to_markdown
from quizzes.interchange.lineage import category_words, name_list, note_category
from quizzes.interchange.media import MediaBag
from quizzes.interchange.moodle_write import elsewhere, write_file
from quizzes.interchange.numbers_in import answer_of, number_of
from quizzes.interchange.plain import with_media
from quizzes.interchange.qti_markup import inner_html
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.rekeying import check_count
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.shares import weighted, weights_from
from quizzes.interchange.text_file import tidy
from quizzes.interchange.xml_file import (
    Element,
    child,
    children,
    descendants,
    line_of,
    local,
    native_digest,
    parse_xml,
    text_of,
)
from quizzes.rules.item import Status

CAPACITY = Capacity(elsewhere=elsewhere)
_USUAL = {"your answer is correct.", "your answer is partially correct.", "your answer is incorrect.", ""}
_REFUSED = {
    "shortanswer": "words to be typed",
    "essay": "free text (essay)",
    "cloze": "answers embedded in a text (Cloze)",
    "calculated": "a calculated number",
    "calculatedsimple": "a calculated number",
    "calculatedmulti": "calculated choices",
    "ddwtos": "words to drag into a text",
    "gapselect": "words to select in a text",
    "ddimageortext": "things to drag onto a picture",
    "ddmarker": "markers on a picture",
    "randomsamatch": "random matching",
    "description": "nothing (a mere description)",
}


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """One XML file; pictures stand inside it."""
    return write_file(entries, title, media or {})


def read(data: bytes, name: str) -> Report:
    """A file as Moodle exports it."""
    root = parse_xml(data, name)
    if local(root) != "quiz":
        raise Invalid(
            "import_moodle", f"This is not Moodle XML: its first element is “{local(root)[:40]}”, not “quiz”."
        )
    gathering = Gathering("moodle")
    bag = MediaBag()
    topic, category, number = "", "", 0
    points = False
    comment = ""
    for element in root:
        if not isinstance(element.tag, str):
            comment = (element.text or "").strip()
            continue
        if local(element) != "question":
            continue
        if element.get("type") == "category":
            category = text_of(child(element, "category", "text"))
            topic, title = category_words(category)
            note_category(gathering, category, topic)
            gathering.title = gathering.title or title
            continue
        number += 1
        points = points or text_of(child(element, "defaultgrade")) not in {"", "1", "1.0", "1.0000000"}
        reader = _Reader(element, topic, bag)
        name_ = clean_line(text_of(child(element, "name", "text")))
        gathering.take(
            f"line {line_of(element)}, question {number}", reader.entry, label=name_[:80],
            source=_source(element, category, name_, comment),
        )  # fmt: skip
        comment = ""
    if points:
        gathering.note("points", "Points per question are not taken: here every question counts one point.")
    return gathering.report(bag.taken)


def _source(element: Element, category: str, name: str, comment: str) -> str:
    """The ID number an editor gave, else the number Moodle gave beside the question's name."""
    number = text_of(child(element, "idnumber"))
    if number:
        return f"{category}\n{number}"
    if comment.startswith("question:"):
        return f"{category}\n{comment}\n{name}"
    return ""


class _Reader:
    def __init__(self, element: Element, topic: str, bag: MediaBag) -> None:
        self.element = element
        self.kind = str(element.get("type") or "")
        self.topic = topic
        self.bag = bag
        self.losses = Losses()

    def entry(self, losses: Losses) -> Entry:
        self.losses = losses
        found = own.find(self.element)
        if found is not None:
            own.without(self.element)
        restored, unchanged = own.restore(found, native_digest(self.element) if found else "", losses)
        if restored is not None and unchanged:
            self._pictures(self.element)
            return restored
        return with_media(own.merge(self._native(), restored, losses))

    def _native(self) -> Entry:
        kinds: dict[str, Callable[[], Entry]] = {
            "multichoice": self._multichoice,
            "multichoiceset": lambda: self._multichoice(every=True),
            "truefalse": self._truefalse,
            "matching": self._matching,
            "match": self._matching,
            "numerical": self._numerical,
            "ordering": self._ordering,
        }
        if self.kind not in kinds:
            raise refuse(
                "kind_unknown", f"Questions that ask for {_REFUSED.get(self.kind, self.kind[:40])} are not taken."
            )
        entry = kinds[self.kind]()
        tags, lost = name_list([text_of(one) for one in descendants(self.element, "tag")])
        for tag in lost:
            self.losses.add("tag", f"The tag “{tag[:60]}” cannot be a name here and was left out.")
        if text_of(child(self.element, "image")) or text_of(child(self.element, "image_base64")):
            self.losses.add(
                "picture_unknown", "A picture kept as old versions of Moodle do was left out; add it by hand."
            )
        if child(self.element, "hint") is not None:
            self.losses.add("hints", "Hints for further tries were not taken.")
        for part in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            if (
                text_of(child(self.element, part, "text")).removeprefix("<p>").removesuffix("</p>").lower()
                not in _USUAL
            ):
                self.losses.add(
                    "feedback_combined", "Feedback that depends on right or wrong as a whole was not taken."
                )
        return Entry(
            entry.kind, "", self.text(child(self.element, "questiontext")), entry.choices, topic=self.topic, tags=tags,
            stems=entry.stems, order=entry.order, numeric=entry.numeric, scoring=entry.scoring, ordered=entry.ordered,
            rationale="\n\n".join(filter(None, (self.text(child(self.element, "generalfeedback")), entry.rationale))),
            status=Status.RETIRED.value if text_of(child(self.element, "hidden")) in {"1", "true"} else "",
        )  # fmt: skip

    # -- texts

    def text(self, element: Element | None) -> str:
        """A text in whichever of Moodle's formats."""
        if element is None:
            return ""
        holder = child(element, "text")
        holder = element if holder is None else holder
        # Hand-made files write the markup as elements, not as text.
        raw = inner_html(copy.deepcopy(holder)) if len(holder) and holder is not element else _all_text(holder)
        shape = str(element.get("format") or "html")
        if shape in {"plain_text", "markdown"}:
            note_formulas(raw, self.losses)
            if shape == "markdown":
                note_markup(raw, self.losses)
            return tidy(plain_to_markdown(raw) if shape == "plain_text" else raw)
        pictures = self._pictures(element)

        def picture(source: str, losses: Losses) -> str | None:
            return (pictures or self.bag).name_of(source, losses)

        markup = raw if shape == "html" else raw.replace("\n", "<br>") if "<p" not in raw else raw
        return tidy(to_markdown(markup, self.losses, picture))

    def _pictures(self, element: Element) -> MediaBag | None:
        """The files that stand beside a text, by name."""
        files = list(descendants(element, "file"))
        if not files:
            return None
        sources: dict[str, Callable[[], bytes]] = {}
        for one in files:
            data = _decoded(one)
            if data is None:
                self.losses.add("picture_broken", "A file inside the question is broken and was left out.")
                continue
            path = (str(one.get("path") or "/") + str(one.get("name") or "")).strip("/")
            sources[path] = lambda data=data: data
        bag = MediaBag(sources)
        bag.taken = self.bag.taken  # one shelf for the whole file, so that names stay unique
        for path in sources:
            if not path.lower().endswith(".vtt"):  # captions come with their video
                bag.name_of(path, self.losses)
        return bag

    def _answers(self) -> list[tuple[Element, Decimal]]:
        answers = [(one, _fraction(one)) for one in children(self.element, "answer")]
        check_count(len(answers))
        if not answers:
            raise refuse("no_choices", "The question has no answers.")
        return answers

    def _shuffled(self) -> bool:
        return text_of(child(self.element, "shuffleanswers")).lower() not in {"0", "false"}

    # -- kinds

    def _multichoice(self, *, every: bool = False) -> Entry:
        answers = self._answers()
        several = every or text_of(child(self.element, "single")).lower() in {"false", "0"}
        shares = [share for _, share in answers]
        choices: list[Choice] = []
        for index, (one, share) in enumerate(answers):
            right = share > 0 if several else share == 100
            told = self.text(child(one, "feedback"))
            choices.append(Choice(letter(index), self.text(one), right, told))
        if every:
            return Entry(Kind.MULTIPLE, "", "", tuple(choices), ordered=not self._shuffled())
        weights = weights_from(shares, several=several)
        kind = Kind.MULTIPLE if several else Kind.SINGLE
        scoring = Scoring.PARTIAL if several else Scoring.ALL_OR_NOTHING
        return Entry(kind, "", "", weighted(choices, weights), ordered=not self._shuffled(), scoring=scoring)

    def _truefalse(self) -> Entry:
        right, told = None, {"true": "", "false": ""}
        for one, share in self._answers():
            word = self.text(one).lower()
            if word in told:
                told[word] = self.text(child(one, "feedback"))
                right = word == "true" if share == 100 else right
        if right is None:
            raise refuse("key_count", "It is not said whether the statement is true or false.")
        return Entry(Kind.TRUE_FALSE, "", "", truth_choices(right, if_true=told["true"], if_false=told["false"]))

    def _matching(self) -> Entry:
        check_count(sum(1 for _ in children(self.element, "subquestion")))
        pairs = [
            (self.text(one), plain_to_markdown(tidy(text_of(child(one, "answer", "text")))))
            for one in children(self.element, "subquestion")
        ]
        options = list(dict.fromkeys(answer for _, answer in pairs if answer))
        keys = {answer: letter(index) for index, answer in enumerate(options)}
        choices = tuple(Choice(key, answer) for answer, key in keys.items())
        stems = tuple(
            Stem(str(index), stem, keys.get(answer, ""))
            for index, (stem, answer) in enumerate(((s, a) for s, a in pairs if s), 1)
        )
        return Entry(Kind.MATCHING, "", "", choices, stems=stems, scoring=Scoring.PARTIAL, ordered=not self._shuffled())

    def _numerical(self) -> Entry:
        right = [(one, share) for one, share in self._answers() if share == 100]
        if not right:
            raise refuse("no_number", "No answer counts in full.")
        if len(self._answers()) > 1:
            self.losses.add(
                "several_numbers", "Of several accepted numbers only the one that counts in full was taken."
            )
        answer = right[0][0]
        value = answer_of(text_of(child(answer, "text")))
        if value is None:
            raise refuse("no_number", "The right answer is not a number.")
        tolerance = answer_of(text_of(child(answer, "tolerance")) or "0")
        if tolerance is None:
            raise refuse("tolerance", "The tolerance of the right answer is not a number.")
        told = self.text(child(answer, "feedback"))
        units = [
            (number_of(text_of(child(one, "multiplier")) or "1") != 1, text_of(child(one, "unit_name")))
            for one in descendants(self.element, "unit")
        ]
        units.sort(key=lambda unit: unit[0])  # the right number is given in the unit that counts once
        if len(units) > 1:
            self.losses.add("units", "Of several units only the one that the right number is given in was taken.")
        return Entry(
            Kind.NUMERIC,
            "",
            "",
            numeric=Numeric(value, abs(tolerance), clean_line(units[0][1]) if units else ""),
            rationale=told,
        )

    def _ordering(self) -> Entry:
        answers = [one for one, _ in self._answers()]
        choices = tuple(Choice(letter(index), self.text(one)) for index, one in enumerate(answers))
        grading = text_of(child(self.element, "gradingtype")).upper()
        scoring = Scoring.ALL_OR_NOTHING if grading in {"ALL_OR_NOTHING", "-1"} else Scoring.PARTIAL
        if grading not in {"", "ALL_OR_NOTHING", "-1", "ABSOLUTE_POSITION", "0"}:
            self.losses.add(
                "scoring", "Places are counted here, each by itself; Moodle counted how they follow each other."
            )
        if text_of(child(self.element, "selecttype")).upper() not in {"", "ALL", "0"}:
            self.losses.add(
                "selection", "Moodle asked for some of the things to be ordered; here all of them are shown."
            )
        return Entry(Kind.ORDERING, "", "", choices, order=tuple(choice.key for choice in choices), scoring=scoring)


def _all_text(element: Element) -> str:
    return "".join(str(part) for part in element.itertext())


def _decoded(file: Element) -> bytes | None:
    if str(file.get("encoding") or "base64") != "base64":
        return None
    try:
        return base64.b64decode("".join((file.text or "").split()), validate=True)
    except (ValueError, binascii.Error):
        return None


def _fraction(answer: Element) -> Decimal:
    return number_of(str(answer.get("fraction") or "0")) or Decimal(0)
