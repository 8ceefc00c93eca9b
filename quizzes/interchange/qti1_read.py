"""One QTI 1.2 item as a question: Canvas's fields, Blackboard's blocks, and what the standard itself says."""

import copy
from decimal import Decimal

from quizzes.interchange import own
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, Scoring, Stem, Vignette, letter
from quizzes.interchange.escaping import plain_to_markdown
from quizzes.interchange.html_in import Picture, is_markup, to_markdown
from quizzes.interchange.plain import with_media
from quizzes.interchange.qti1_rules import Rules
from quizzes.interchange.qti1_write import OWN_DIGEST, OWN_FIELD
from quizzes.interchange.qti_markup import inner_html
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.rekeying import check_count, keys_for, truth_of
from quizzes.interchange.shares import weighted, weights_from
from quizzes.interchange.text_file import tidy
from quizzes.interchange.xml_file import Element, child, children, descendants, local, native_digest, text_of

_RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp", "response_extension")
_REFUSED = {
    "short_answer_question": "words to be typed",
    "fill_in_multiple_blanks_question": "words to be typed into gaps",
    "multiple_dropdowns_question": "choices inside a sentence",
    "essay_question": "free text (essay)",
    "file_upload_question": "a file to hand in",
    "calculated_question": "a calculated number",
    "text_only_question": "nothing (a mere text)",
    "categorization_question": "things to sort into groups",
    "hot_spot_question": "a place in a picture",
    "Essay": "free text (essay)",
    "Short Response": "words to be typed",
    "Fill in the Blank": "words to be typed",
    "Fill in the Blank Plus": "words to be typed into gaps",
    "Jumbled Sentence": "choices inside a sentence",
    "Calculated": "a calculated number",
    "Hot Spot": "a place in a picture",
    "File Upload": "a file to hand in",
    "Quiz Bowl": "a question to an answer",
    "Opinion Scale": "an opinion without a right answer",
}
_BLOCKS_OF_ANSWERS = {"RESPONSE_BLOCK", "RIGHT_MATCH_BLOCK"}


def fields_of(holder: Element) -> dict[str, str]:
    """Labelled metadata of an item or a bank."""
    found: dict[str, str] = {}
    for name in ("itemmetadata", "qtimetadata"):
        for metadata in children(holder, name):
            for field in descendants(metadata, "qtimetadatafield"):
                found[text_of(child(field, "fieldlabel"))] = text_of(child(field, "fieldentry"))
    return found


def question_type(item: Element, fields: dict[str, str]) -> str:
    """The type as Canvas or Blackboard names it; empty elsewhere."""
    return fields.get("question_type", "") or text_of(child(item, "itemmetadata", "bbmd_questiontype"))


def material_text(holder: Element, losses: Losses, picture: Picture, *, skip: tuple[str, ...] = _RESPONSES) -> str:
    """All text below, except inside the named elements."""
    parts: list[str] = []

    def walk(element: Element) -> None:
        for one in element:
            name = local(one)
            if name in skip or (skip and one.get("class") in _BLOCKS_OF_ANSWERS):
                continue
            if name in {"mattext", "matemtext"}:
                kind = str(one.get("texttype") or "text/plain")
                # Some programs write the markup as elements, not as text.
                kind, text = ("text/html", inner_html(copy.deepcopy(one))) if len(one) else (kind, one.text or "")
                parts.append(_words(text, kind, losses, picture))
            elif name == "mat_formattedtext":
                kind = "text/plain" if str(one.get("type")).upper() == "PLAIN_TEXT" else "text/html"
                parts.append(_words(one.text or "", kind, losses, picture))
            elif name == "matimage" and one.get("uri"):
                found = picture(str(one.get("uri")), losses)
                parts.append(f"![]({found})" if found else "")
            elif name == "matimage":
                losses.add("picture_unknown", "A picture that is written into the question itself was left out.")
            elif name in {"matvideo", "mataudio", "matapplet", "matapplication"}:
                losses.add("video", "A video, sound or program was removed; add it by hand.")
            else:
                walk(one)

    walk(holder)
    return "\n\n".join(part for part in parts if part)


def _words(text: str, kind: str, losses: Losses, picture: Picture) -> str:
    if kind == "text/html" or is_markup(text):
        return tidy(to_markdown(text, losses, picture))
    return tidy(plain_to_markdown(text))


class ItemReader:
    """Reads one item."""

    def __init__(self, item: Element, fields: dict[str, str], losses: Losses, picture: Picture) -> None:
        self.item = item
        self.fields = fields
        self.type = question_type(item, fields)
        self.losses = losses
        self.picture = picture

    def entry(self, case: Vignette | None) -> Entry:
        """The question, with our own fields where they still fit."""
        found = (self.fields[OWN_FIELD], self.fields.get(OWN_DIGEST, "")) if OWN_FIELD in self.fields else None
        now = ""
        if found is not None:
            for metadata in list(children(self.item, "itemmetadata")):
                self.item.remove(metadata)
            now = native_digest(self.item)
        restored, unchanged = own.restore(found, now, self.losses)
        if restored is not None and unchanged:
            for name in restored.media:
                self.picture(f"pictures/{name}", self.losses)
            return restored
        return with_media(own.merge(self._native(case), restored, self.losses))

    def _native(self, case: Vignette | None) -> Entry:
        if self.type in _REFUSED:
            raise refuse("kind_unknown", f"Questions that ask for {_REFUSED[self.type]} are not taken.")
        presentation = child(self.item, "presentation")
        if presentation is None:
            raise refuse("no_body", "The item shows nothing: it has no presentation.")
        responses = list(descendants(presentation, *_RESPONSES))
        if not responses:
            raise refuse("no_question", "The item asks for nothing.")
        rules = Rules(self.item, lambda element: material_text(element, self.losses, self.picture, skip=()))
        stem = tidy(material_text(presentation, self.losses, self.picture))
        entry = self._by_shape(presentation, responses, rules)
        told = rules.rest(self.losses)
        return Entry(
            entry.kind, "", stem, entry.choices, stems=entry.stems, order=entry.order, numeric=entry.numeric,
            scoring=entry.scoring, vignette=case, rationale=told, ordered=entry.ordered,
        )  # fmt: skip

    def _by_shape(self, presentation: Element, responses: list[Element], rules: Rules) -> Entry:
        first = responses[0]
        kinds = {local(one) for one in responses}
        if kinds & {"response_xy", "response_grp", "response_extension"}:
            raise refuse("kind_unknown", "Questions that ask for places in a picture or the like are not taken.")
        if kinds & {"response_str", "response_num"}:
            return self._numeric(responses, rules)
        cardinality = str(first.get("rcardinality") or "Single")
        if len(responses) > 1 or self.type in {"matching_question", "Matching"}:
            return self._matching(presentation, responses, rules)
        if cardinality == "Ordered" or self.type in {"ordering_question", "Ordering"}:
            return self._ordering(first, rules)
        several = cardinality == "Multiple" or self.type in {"multiple_answers_question", "Multiple Answer"}
        return self._choice(first, rules, several=several)

    # -- kinds

    def _labels(self, response: Element) -> list[tuple[str, str]]:
        check_count(sum(1 for _ in descendants(response, "response_label")))
        labels = [(str(one.get("ident") or ""), one) for one in descendants(response, "response_label")]
        if len({ident for ident, _ in labels}) != len(labels):
            raise refuse("choice_keys", "Two choices have the same identifier.")
        return [(ident, tidy(material_text(one, self.losses, self.picture, skip=()))) for ident, one in labels]

    def _choices(self, response: Element, rules: Rules) -> tuple[dict[str, str], list[Choice]]:
        labels = self._labels(response)
        keys = keys_for([ident for ident, _ in labels], prefix="c_", spare=letter)
        return keys, [Choice(keys[ident], text, rationale=rules.told(ident)) for ident, text in labels]

    def _choice(self, response: Element, rules: Rules, *, several: bool) -> Entry:
        right, shares = rules.correct(several=several)
        rules.settle(right)
        keys, choices = self._choices(response, rules)
        identifiers = {key: ident for ident, key in keys.items()}
        choices = [Choice(c.key, c.text, identifiers[c.key] in right, c.rationale) for c in choices]
        truth = None if several else truth_of(choices)
        if truth is not None:
            return Entry(Kind.TRUE_FALSE, "", "", truth)
        render = child(response, "render_choice")
        ordered = render is not None and str(render.get("shuffle")).lower() == "no"
        fixed = [one for one in descendants(response, "response_label") if str(one.get("rshuffle")).lower() == "no"]
        if fixed and not ordered:
            ordered = True
            if len(fixed) < len(choices):
                words = "Some choices had a fixed place among shuffled ones; now all keep their places."
                self.losses.add("fixed", words)
        if shares:
            parts = [shares.get(identifiers[choice.key], Decimal(0)) for choice in choices]
            choices = list(weighted(choices, weights_from(parts, several=several)))
        kind = Kind.MULTIPLE if several else Kind.SINGLE
        scoring = Scoring.PARTIAL if several and shares else Scoring.ALL_OR_NOTHING
        return Entry(kind, "", "", tuple(choices), ordered=ordered, scoring=scoring)

    def _ordering(self, response: Element, rules: Rules) -> Entry:
        keys, choices = self._choices(response, rules)
        order = tuple(keys.get(ident, "") for ident in rules.sequence())
        return Entry(Kind.ORDERING, "", "", tuple(choices), order=order)

    def _matching(self, presentation: Element, responses: list[Element], rules: Rules) -> Entry:
        check_count(len(responses))
        right = rules.matches(self.losses)
        block = next((one for one in presentation.iterdescendants() if one.get("class") == "RIGHT_MATCH_BLOCK"), None)
        stems: list[tuple[str, str, str]] = []
        options: dict[str, str] = {}
        for response in responses:
            ident = str(response.get("ident") or "")
            if block is None:
                own_text = tidy(material_text(response, self.losses, self.picture, skip=("render_choice",)))
                labels = self._labels(response)
            else:
                # The options stand once, in a block of their own, in the order of every response's labels.
                own_text = tidy(material_text(_row_of(response), self.losses, self.picture, skip=("render_choice",)))
                texts = [
                    tidy(material_text(one, self.losses, self.picture, skip=()))
                    for one in block if local(one) == "flow"
                ]  # fmt: skip
                names = [str(one.get("ident") or "") for one in descendants(response, "response_label")]
                labels = list(zip(names, texts, strict=False))
            for name, text in labels:
                options.setdefault(text, name)
            answer = dict(labels).get(right.get(ident, ""), "")
            stems.append((ident, own_text, answer))
        if not all(text for _, text, _ in stems):
            raise refuse("kind_unknown", "The item asks several things at once; split it into single questions.")
        named = (
            keys_for(list(options.values()), prefix="c_", spare=letter)
            if len(set(options.values())) == len(options)
            else {}
        )
        keys = {text: named.get(name, letter(index)) for index, (text, name) in enumerate(options.items())}
        stem_keys = keys_for([ident for ident, _, _ in stems], prefix="s_", spare=lambda index: str(index + 1))
        return Entry(
            Kind.MATCHING, "", "", tuple(Choice(key, text) for text, key in keys.items()),
            stems=tuple(Stem(stem_keys[ident], text, keys.get(answer, "")) for ident, text, answer in stems),
            scoring=Scoring.PARTIAL if rules.adds() else Scoring.ALL_OR_NOTHING,
        )  # fmt: skip

    def _numeric(self, responses: list[Element], rules: Rules) -> Entry:
        if len(responses) > 1:
            raise refuse("several_questions", "The item asks several things at once; split it into single questions.")
        asked = self.type in {"numerical_question", "Numeric"} or local(responses[0]) == "response_num"
        value, spread, more = rules.number(self.losses)
        if not asked and value is None:
            raise refuse("kind_unknown", "Questions that ask for words to be typed are not taken.")
        if value is None:
            raise refuse("no_number", "The right number is missing.")
        if more:
            self.losses.add("several_numbers", "Of several accepted numbers only the first was taken.")
        return Entry(Kind.NUMERIC, "", "", numeric=Numeric(value, spread))


def _row_of(response: Element) -> Element:
    """Blackboard puts the text of a thing to match beside its field, in the same flow."""
    parent = response.getparent()
    return parent if parent is not None else response
