"""One QTI 2.x or 3.0 item as a question: its interaction, what is right, how parts count, which feedback goes where."""

import copy
from dataclasses import dataclass, field
from decimal import Decimal

from cme.kernel.text import clean_line
from quizzes.interchange import html_in
from quizzes.interchange.entry import Choice, Entry, Kind, Numeric, Scoring, Stem, Vignette, letter
from quizzes.interchange.html_in import Picture
from quizzes.interchange.numbers_in import answer_of, number_of
from quizzes.interchange.qti_feedback import Feedback
from quizzes.interchange.qti_limits import Limits
from quizzes.interchange.qti_markup import escaped, inner_html, remove
from quizzes.interchange.qti_names import attribute, below, name
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.rekeying import check_count, keys_for, truth_of
from quizzes.interchange.shares import weighted, weights_from
from quizzes.interchange.xml_file import Element, text_of

TAKEN = {"choice-interaction", "match-interaction", "order-interaction", "text-entry-interaction"}
_NAMES = {
    "extended-text-interaction": "free text (essay)",
    "gap-match-interaction": "gaps to fill by dragging",
    "inline-choice-interaction": "choices inside a sentence",
    "hotspot-interaction": "places in a picture",
    "hottext-interaction": "words to mark in a text",
    "associate-interaction": "free pairs",
    "graphic-order-interaction": "an order inside a picture",
    "upload-interaction": "a file to hand in",
    "slider-interaction": "a slider",
    "drawing-interaction": "a drawing",
    "media-interaction": "a video or sound to play",
}


@dataclass(slots=True)
class _Response:
    """What a response declaration says."""

    cardinality: str
    base: str
    correct: list[str]
    mapping: dict[str, Decimal] = field(default_factory=dict)
    otherwise: Decimal = Decimal(0)
    """What a choice gives that the mapping does not name."""
    most: Decimal | None = None
    """The upper bound of the mapping."""

    def shares(self, identifiers: list[str], *, several: bool) -> list[Decimal]:
        """The percent of the whole that each choice gives."""
        points = [self.mapping.get(one, self.otherwise) for one in identifiers]
        gained = [one for one in points if one > 0]
        full = sum(gained, Decimal(0)) if several else max(gained, default=Decimal(0))
        full = min(full, self.most) if several and self.most else full
        return [100 * one / full for one in points] if full > 0 else points


def read_item(root: Element, losses: Losses, picture: Picture, case: Vignette | None) -> Entry:
    """The question of an item without what our own fields would add."""
    return _Reader(root, losses, picture).entry(case)


class _Reader:
    def __init__(self, root: Element, losses: Losses, picture: Picture) -> None:
        self.root = root
        self.losses = losses
        self.picture = picture

    def entry(self, case: Vignette | None) -> Entry:
        body = next((one for one in self.root if name(one) == "item-body"), None)
        if body is None:
            raise refuse("no_body", "The item has no body.")
        interactions = [one for one in body.iterdescendants() if name(one).endswith("-interaction")]
        interaction = self._single(interactions)
        if self.root.get("adaptive") == "true":
            raise refuse("adaptive", "Adaptive items, which change while they are answered, are not taken.")
        if any(name(one).startswith("template-") for one in self.root):
            raise refuse("template", "Items with values drawn by chance (templates) are not taken.")
        if below(body, "rubric-block"):
            self.losses.add("rubric", "Instructions for graders or learners (rubric) were not taken.")
        response = self._response(attribute(interaction, "response-identifier"))
        feedback = Feedback(self.root, self.html)
        entry = self._by_kind(interaction, response, feedback)
        stem, inline_case = self._stem(body, interaction)
        told = [feedback.rest(self.losses), *self._told_in(body)]
        return _with(entry, stem=stem, vignette=case or inline_case, rationale="\n\n".join(filter(None, told)))

    def _told_in(self, body: Element) -> list[str]:
        """Feedback that stands in the body itself, outside the choices."""
        found = [
            self.html(one)
            for one in below(body, "feedback-block", "feedback-inline")
            if not any(name(above) == "simple-choice" for above in one.iterancestors())
        ]
        if any(found):
            self.losses.add(
                "feedback_joined", "Feedback that depends on the answer was joined into the general rationale."
            )
        return found

    def _single(self, interactions: list[Element]) -> Element:
        for one in interactions:
            if name(one) not in TAKEN:
                what = _NAMES.get(name(one), name(one).removesuffix("-interaction"))
                raise refuse("kind_unknown", f"Questions that ask for {what} are not taken.")
        if not interactions:
            raise refuse("no_question", "The item asks for nothing: it has no interaction.")
        if len(interactions) > 1:
            raise refuse("several_questions", "The item asks several things at once; split it into single questions.")
        return interactions[0]

    # -- texts

    def html(self, element: Element, *, without: tuple[str, ...] = ()) -> str:
        """The content of an element as Markdown."""
        plain = len(element) == 0
        if plain:
            return html_in.to_markdown(escaped(element.text or ""), self.losses, self.picture)
        twin = copy.deepcopy(element)
        for one in list(twin.iterdescendants()):
            if name(one) in without:
                remove(one)
        return html_in.to_markdown(inner_html(twin), self.losses, self.picture)

    def _stem(self, body: Element, interaction: Element) -> tuple[str, Vignette | None]:
        """The text around the interaction and its prompt; an own case in front."""
        twin = copy.deepcopy(body)
        place = next(one for one in twin.iterdescendants() if name(one) == name(interaction))
        prompt = next((one for one in place if name(one) == "prompt"), None)
        words = self.html(prompt) if prompt is not None else ""
        if name(place) == "text-entry-interaction":
            _cut_entry(place)
        else:
            remove(place)
        for one in list(twin.iterdescendants()):
            if name(one) in {"rubric-block", "feedback-block", "feedback-inline", "template-block", "stylesheet"}:
                remove(one)
        case = next((one for one in twin if name(one) == "div" and one.get("class") == "vignette"), None)
        vignette = None
        if case is not None:
            text = self.html(case)
            vignette = Vignette("", text) if text else None
            remove(case)
        around = self.html(twin)
        if words and (around == words or around.endswith("\n\n" + words)):
            words = ""  # some programs write the question both before the interaction and as its prompt
        return "\n\n".join(part for part in (around, words) if part), vignette

    # -- declarations

    def _response(self, identifier: str) -> _Response:
        for one in self.root:
            if name(one) == "response-declaration" and attribute(one, "identifier") == identifier:
                correct = next((part for part in one if name(part) == "correct-response"), None)
                values = [text_of(value) for value in correct if name(value) == "value"] if correct is not None else []
                mapping = {
                    attribute(entry, "map-key"): number_of(attribute(entry, "mapped-value")) or Decimal(0)
                    for entry in below(one, "map-entry")
                }
                holder = next((part for part in one if name(part) == "mapping"), None)
                otherwise = number_of(attribute(holder, "default-value")) if holder is not None else None
                most = number_of(attribute(holder, "upper-bound")) if holder is not None else None
                most = most if most and most > 0 else None
                kinds = attribute(one, "cardinality"), attribute(one, "base-type")
                return _Response(*kinds, values, mapping, otherwise or Decimal(0), most)
        raise refuse("no_response", "The item does not declare the answer it asks for.")

    def _mapped(self) -> bool:
        rules = next((one for one in self.root if name(one) == "response-processing"), None)
        if rules is None:
            return False
        return attribute(rules, "template").rstrip("/").endswith(("map_response", "map_response.xml")) or bool(
            below(rules, "map-response")
        )

    # -- kinds

    def _by_kind(self, interaction: Element, response: _Response, feedback: Feedback) -> Entry:
        match name(interaction):
            case "choice-interaction":
                return self._choice(interaction, response, feedback)
            case "match-interaction":
                return self._match(interaction, response, feedback)
            case "order-interaction":
                return self._order(interaction, response, feedback)
            case _:
                return self._numeric(interaction, response, feedback)

    def _choices(self, elements: list[Element], feedback: Feedback) -> tuple[dict[str, str], list[Choice]]:
        check_count(len(elements))
        identifiers = [attribute(one, "identifier") for one in elements]
        if len(set(identifiers)) != len(identifiers) or not all(identifiers):
            raise refuse("choice_keys", "Two choices have the same identifier, or one has none.")
        keys = keys_for(identifiers, prefix="c_", spare=letter)
        choices: list[Choice] = []
        for one, identifier in zip(elements, identifiers, strict=True):
            text = self.html(one, without=("feedback-inline", "feedback-block"))
            inline = [self.html(part) for part in below(one, "feedback-inline", "feedback-block")]
            told = [text_ for text_ in (*inline, feedback.take(identifier)) if text_]
            choices.append(Choice(keys[identifier], text, rationale="\n\n".join(told)))
        return keys, choices

    def _choice(self, interaction: Element, response: _Response, feedback: Feedback) -> Entry:
        elements = [one for one in interaction if name(one) == "simple-choice"]
        several = response.cardinality == "multiple" and attribute(interaction, "max-choices") != "1"
        shares = self._shares(elements, response, several=several)
        correct = set(response.correct)
        if not correct:
            best = max(shares.values(), default=Decimal(0))
            correct = {key for key, share in shares.items() if share > 0 and (several or share == best)}
        if correct - {attribute(one, "identifier") for one in elements}:
            raise refuse("key_unknown", "The right answer names a choice that is not there.")
        if any(share < 100 and (not several or share <= 0) for key, share in shares.items() if key in correct):
            raise refuse(
                "key_contradicted", "The points given for the choices contradict the answer declared as right."
            )
        rewarded = self._rewarded(attribute(interaction, "response-identifier"))
        if response.correct and rewarded and rewarded.isdisjoint(response.correct):
            raise refuse("key_contradicted", "The rules that give points contradict the answer declared as right.")
        feedback.settle(correct)
        keys, choices = self._choices(elements, feedback)
        identifiers = {key: identifier for identifier, key in keys.items()}
        choices = [_marked(choice, identifiers[choice.key] in correct) for choice in choices]
        if not several:
            truth = truth_of(choices)
            if truth is not None:
                return Entry(Kind.TRUE_FALSE, "", "", truth)
        if shares:
            weights = weights_from([shares[identifiers[choice.key]] for choice in choices], several=several)
            choices = list(weighted(choices, weights))
        scoring = Scoring.PARTIAL if several and shares else Scoring.ALL_OR_NOTHING
        ordered = self._ordered(interaction, elements)
        kind = Kind.MULTIPLE if several else Kind.SINGLE
        return Entry(kind, "", "", tuple(choices), ordered=ordered, scoring=scoring)

    def _shares(self, elements: list[Element], response: _Response, *, several: bool) -> dict[str, Decimal]:
        """The percent each choice gives, where points are given choice by choice."""
        if not response.mapping or not (self._mapped() or not response.correct):
            return {}
        identifiers = [attribute(one, "identifier") for one in elements]
        return dict(zip(identifiers, response.shares(identifiers, several=several), strict=True))

    def _rewarded(self, identifier: str) -> set[str]:
        """Choices that rules written for this item alone give points for."""
        found: set[str] = set()
        for branch in below(self.root, "response-if", "response-else-if"):
            points = [
                number_of(text_of(value))
                for rule in branch
                if name(rule) == "set-outcome-value" and attribute(rule, "identifier") == "SCORE"
                for value in below(rule, "base-value")
            ]
            if any(one is not None and one > 0 for one in points):
                for asked in branch:
                    about = {attribute(one, "identifier") for one in below(asked, "variable")}
                    if name(asked) in {"match", "member"} and identifier in about:
                        found |= {text_of(one) for one in below(asked, "base-value")}
        return found

    def _ordered(self, interaction: Element, elements: list[Element]) -> bool:
        """Whether choices keep their places: the standard shuffles only where the item says so."""
        if attribute(interaction, "shuffle") != "true":
            return True
        fixed = [one for one in elements if attribute(one, "fixed") == "true"]
        if fixed and len(fixed) < len(elements):
            self.losses.add("fixed", "Some choices had a fixed place among shuffled ones; now all keep their places.")
        return bool(fixed)

    def _order(self, interaction: Element, response: _Response, feedback: Feedback) -> Entry:
        elements = [one for one in interaction if name(one) == "simple-choice"]
        feedback.settle(set())
        keys, choices = self._choices(elements, feedback)
        order = tuple(keys.get(value, "") for value in response.correct)
        scoring = Scoring.PARTIAL if response.mapping and self._mapped() else Scoring.ALL_OR_NOTHING
        return Entry(Kind.ORDERING, "", "", tuple(choices), order=order, scoring=scoring)

    def _match(self, interaction: Element, response: _Response, feedback: Feedback) -> Entry:
        sets = [one for one in interaction if name(one) == "simple-match-set"]
        if len(sets) != 2:
            raise refuse("match_sets", "The things to match are not given as two lists.")
        first, second = ([one for one in group if name(one) == "simple-associable-choice"] for group in sets)
        check_count(len(first))
        targets = {attribute(one, "identifier") for one in second}
        pairs: dict[str, str] = {}
        for value in response.correct or [key for key, share in response.mapping.items() if share > 0]:
            source, _, target = value.partition(" ")
            source, target = (target, source) if source in targets and target not in targets else (source, target)
            if source in pairs:
                raise refuse("several_matches", "One of the things to match has several right options.")
            pairs[source] = target
        if self._mapped() and len({response.mapping[one] for one in response.correct if one in response.mapping}) > 1:
            self.losses.add("weight_lost", "Pairs that gave different points count alike here.")
        feedback.settle(set())
        told = {attribute(one, "identifier"): feedback.take(attribute(one, "identifier")) for one in first}
        keys, choices = self._choices(second, feedback)
        stem_keys = keys_for(list(told), prefix="s_", spare=lambda index: str(index + 1))
        stems = tuple(
            Stem(
                stem_keys[identifier],
                self.html(one),
                keys.get(pairs.get(identifier, ""), ""),
                told[identifier],
            )
            for one in first
            for identifier in (attribute(one, "identifier"),)
        )
        scoring = Scoring.PARTIAL if response.mapping and self._mapped() else Scoring.ALL_OR_NOTHING
        ordered = self._ordered(interaction, second)
        return Entry(Kind.MATCHING, "", "", tuple(choices), stems=stems, scoring=scoring, ordered=ordered)

    def _numeric(self, interaction: Element, response: _Response, feedback: Feedback) -> Entry:
        feedback.settle(set())
        values = response.correct or [key for key, share in response.mapping.items() if share > 0]
        numbers = [answer_of(value) for value in values]
        if response.base not in {"float", "integer"} and not (numbers and all(one is not None for one in numbers)):
            raise refuse("kind_unknown", "Questions that ask for words to be typed are not taken.")
        said = numbers[0] if numbers else None
        limits = Limits(self.root, attribute(interaction, "response-identifier"), self.losses)
        value, spread = limits.around(said)
        if value is None:
            raise refuse("no_number", "The right number is missing.")
        if len(numbers) > 1:
            self.losses.add("several_numbers", "Of several right numbers only the first was taken.")
        return Entry(Kind.NUMERIC, "", "", numeric=Numeric(value, spread, clean_line(_unit(interaction))))


def _marked(choice: Choice, correct: bool) -> Choice:
    return Choice(choice.key, choice.text, correct, choice.rationale)


def _with(entry: Entry, *, stem: str, vignette: Vignette | None, rationale: str) -> Entry:
    return Entry(
        entry.kind, "", stem, entry.choices, stems=entry.stems, order=entry.order, numeric=entry.numeric,
        scoring=entry.scoring, vignette=vignette, rationale=rationale, ordered=entry.ordered,
    )  # fmt: skip


def _unit(interaction: Element) -> str:
    """Words right after the field, when they end their paragraph and are short enough to be a unit."""
    tail = " ".join((interaction.tail or "").split())
    parent = interaction.getparent()
    last = parent is not None and interaction.getnext() is None
    return tail if last and 0 < len(tail) <= 20 and tail[-1] not in ".?!" else ""


def _cut_entry(place: Element) -> None:
    """Leave a line where the number belongs, unless it stands alone or before nothing but its unit."""
    parent = place.getparent()
    if parent is None:
        return
    if _unit(place):
        place.tail = ""
    alone = not (parent.text or "").strip() and len(parent) == 1 and not (place.tail or "").strip()
    before = bool((place.tail or "").strip())
    if before and not alone:
        place.tail = "_____" + (place.tail or "")
    remove(place)
