"""One question as a QTI 2.x or 3.0 item: interaction, right answer, scoring and feedback that any player can follow."""

from decimal import Decimal

from quizzes.interchange.entry import Choice, Entry, Kind, Scoring
from quizzes.interchange.html_out import to_html, to_line
from quizzes.interchange.qti_names import Maker, Version
from quizzes.interchange.shares import mapped_shares
from quizzes.interchange.xml_file import Element, etree

PICTURES = "../pictures/"
GENERAL = "GENERAL"


def item_identifier(entry: Entry) -> str:
    """An identifier every reader takes: it may not begin with a digit."""
    return f"q_{entry.lineage}"


def choice_identifier(key: str) -> str:
    """Choice keys may be digits, identifiers may not."""
    return f"c_{key}"


def stem_identifier(key: str) -> str:
    """Stems and choices share one space of identifiers."""
    return f"s_{key}"


def stimulus_element(entry: Entry, version: Version, identifier: str) -> Element:
    """The shared case as a stimulus file (QTI 3)."""
    assert entry.vignette is not None
    make = Maker(version)
    title = to_line(entry.vignette.text)[:80]
    root = make.root("assessment-stimulus", {"identifier": identifier, "title": title})
    make.html(make.add(root, "stimulus-body"), to_html(entry.vignette.text, pictures=PICTURES))
    return root


def item_element(entry: Entry, version: Version, *, stimulus: tuple[str, str] | None = None) -> Element:
    """The item. `stimulus` is the identifier and the relative address of its case, where cases have files."""
    return _Item(entry, version, stimulus).root


class _Item:
    def __init__(self, entry: Entry, version: Version, stimulus: tuple[str, str] | None) -> None:
        self.entry = entry
        self.make = Maker(version)
        self.version = version
        title = to_line(entry.stem)[:80] or entry.lineage
        self.root = self.make.root(
            "assessment-item",
            {"identifier": item_identifier(entry), "title": title, "adaptive": "false", "time-dependent": "false"},
        )
        self._declare_response()
        self._declare_outcomes()
        if stimulus:
            self.make.add(self.root, "assessment-stimulus-ref", identifier=stimulus[0], href=stimulus[1])
        self._body(with_case=stimulus is None)
        self._processing()
        self._feedback()

    # -- declarations

    def _declare_response(self) -> None:
        kind = self.entry.kind
        cardinality = {Kind.MULTIPLE: "multiple", Kind.MATCHING: "multiple", Kind.ORDERING: "ordered"}.get(
            kind, "single"
        )
        base = {Kind.MATCHING: "directedPair", Kind.NUMERIC: "float"}.get(kind, "identifier")
        declaration = self.make.add(
            self.root, "response-declaration", identifier="RESPONSE", cardinality=cardinality, base_type=base
        )
        correct = self.make.add(declaration, "correct-response")
        for value in self._right_values():
            self.make.add(correct, "value", value)
        shares = self._shares()
        if shares:
            mapping = self.make.add(declaration, "mapping", default_value="0", lower_bound="0", upper_bound="1")
            for key, share in shares:
                self.make.add(mapping, "map-entry", map_key=key, mapped_value=share)

    def _right_values(self) -> list[str]:
        entry = self.entry
        if entry.numeric:
            return [format(entry.numeric.value, "f")]
        if entry.kind is Kind.MATCHING:
            return [f"{stem_identifier(stem.key)} {choice_identifier(stem.answer)}" for stem in entry.stems]
        keys = entry.order if entry.kind is Kind.ORDERING else entry.correct_keys
        return [choice_identifier(key) for key in keys]

    def _shares(self) -> list[tuple[str, str]]:
        """How much each part counts, where parts count."""
        entry = self.entry
        weighted = any(choice.weight is not None for choice in entry.choices)
        if entry.kind is Kind.MATCHING and entry.scoring is Scoring.PARTIAL:
            share = format((Decimal(1) / len(entry.stems)).quantize(Decimal("0.00001")), "f")
            return [(f"{stem_identifier(stem.key)} {choice_identifier(stem.answer)}", share) for stem in entry.stems]
        if (entry.kind is Kind.MULTIPLE and (weighted or entry.scoring is Scoring.PARTIAL)) or (
            entry.kind is Kind.SINGLE and weighted
        ):
            return [(choice_identifier(key), share) for key, share in mapped_shares(entry)]
        return []

    def _declare_outcomes(self) -> None:
        score = self.make.add(
            self.root, "outcome-declaration", identifier="SCORE", cardinality="single", base_type="float"
        )
        self.make.add(self.make.add(score, "default-value"), "value", "0")
        if self._told():
            cardinality = "single" if self.entry.kind in {Kind.SINGLE, Kind.TRUE_FALSE} else "multiple"
            self.make.add(
                self.root, "outcome-declaration", identifier="FEEDBACK", cardinality=cardinality, base_type="identifier"
            )
        if self.entry.rationale:
            self.make.add(
                self.root, "outcome-declaration", identifier=GENERAL, cardinality="single", base_type="identifier"
            )

    def _told(self) -> list[tuple[str, str]]:
        """Feedback by identifier, where there is any."""
        if self.entry.kind is Kind.MATCHING:
            told = [(stem_identifier(stem.key), stem.rationale) for stem in self.entry.stems]
        else:
            told = [(choice_identifier(choice.key), choice.rationale) for choice in self.entry.choices]
        return [(identifier, text) for identifier, text in told if text]

    # -- what the learner sees

    def _body(self, *, with_case: bool) -> None:
        entry, body = self.entry, self.make.add(self.root, "item-body")
        if entry.vignette and with_case:
            case = self.make.html(body, to_html(entry.vignette.text, pictures=PICTURES))
            case.set("class", "vignette")
        if entry.stem:
            self.make.html(body, to_html(entry.stem, pictures=PICTURES)).set("class", "stem")
        match entry.kind:
            case Kind.NUMERIC:
                self._numeric(body)
            case Kind.MATCHING:
                self._matching(body)
            case Kind.ORDERING:
                self._choices(self.make.add(body, "order-interaction", response_identifier="RESPONSE", shuffle="true"))
            case _:
                self._choices(
                    self.make.add(
                        body,
                        "choice-interaction",
                        response_identifier="RESPONSE",
                        shuffle="false" if entry.ordered or entry.kind is Kind.TRUE_FALSE else "true",
                        max_choices="0" if entry.kind is Kind.MULTIPLE else "1",
                    )
                )

    def _choices(self, interaction: Element) -> None:
        for choice in self.entry.choices:
            self._choice(interaction, "simple-choice", choice)

    def _choice(self, parent: Element, tag: str, choice: Choice, **more: str) -> None:
        element = self.make.add(parent, tag, identifier=choice_identifier(choice.key), **more)
        self.make.content(element, to_html(choice.text, pictures=PICTURES, inline=True))

    def _matching(self, body: Element) -> None:
        most = str(len(self.entry.stems))
        interaction = self.make.add(
            body,
            "match-interaction",
            response_identifier="RESPONSE",
            shuffle="false" if self.entry.ordered else "true",
            max_associations=most,
        )
        sources = self.make.add(interaction, "simple-match-set")
        for stem in self.entry.stems:
            element = self.make.add(
                sources, "simple-associable-choice", identifier=stem_identifier(stem.key), match_max="1"
            )
            self.make.content(element, to_html(stem.text, pictures=PICTURES, inline=True))
        targets = self.make.add(interaction, "simple-match-set")
        for choice in self.entry.choices:
            self._choice(targets, "simple-associable-choice", choice, match_max=most)

    def _numeric(self, body: Element) -> None:
        assert self.entry.numeric is not None
        line = self.make.html(body, "", "p")
        line.set("class", "answer")
        entry = self.make.add(line, "text-entry-interaction", response_identifier="RESPONSE", expected_length="12")
        if self.entry.numeric.unit:
            entry.tail = " " + self.entry.numeric.unit

    # -- what the machine does

    def _processing(self) -> None:
        make, entry = self.make, self.entry
        rules = make.add(self.root, "response-processing")
        if entry.numeric:
            branch = make.add(make.add(rules, "response-condition"), "response-if")
            spread = format(entry.numeric.tolerance, "f")
            equal = make.add(branch, "equal", tolerance_mode="absolute", tolerance=f"{spread} {spread}")
            make.add(equal, "variable", identifier="RESPONSE")
            make.add(equal, "correct", identifier="RESPONSE")
            make.add(make.add(branch, "set-outcome-value", identifier="SCORE"), "base-value", "1", base_type="float")
        elif self._shares():
            make.add(make.add(rules, "set-outcome-value", identifier="SCORE"), "map-response", identifier="RESPONSE")
        else:
            branch = make.add(make.add(rules, "response-condition"), "response-if")
            match = make.add(branch, "match")
            make.add(match, "variable", identifier="RESPONSE")
            make.add(match, "correct", identifier="RESPONSE")
            make.add(make.add(branch, "set-outcome-value", identifier="SCORE"), "base-value", "1", base_type="float")
        told = self._told()
        if told:
            self._tell(make.add(rules, "set-outcome-value", identifier="FEEDBACK"), [key for key, _ in told])
        if entry.rationale:
            shown = make.add(rules, "set-outcome-value", identifier=GENERAL)
            make.add(shown, "base-value", "general", base_type="identifier")

    def _tell(self, shown: Element, keys: list[str]) -> None:
        if self.entry.kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.TRUE_FALSE}:
            self.make.add(shown, "variable", identifier="RESPONSE")
            return
        several = self.make.add(shown, "multiple")
        for key in keys:
            self.make.add(several, "base-value", key, base_type="identifier")

    def _feedback(self) -> None:
        told = [("FEEDBACK", key, text) for key, text in self._told()]
        if self.entry.rationale:
            told.append((GENERAL, "general", self.entry.rationale))
        for outcome, key, text in told:
            modal = self.make.add(
                self.root, "modal-feedback", outcome_identifier=outcome, identifier=key, show_hide="show"
            )
            holder = self.make.add(modal, "content-body") if self.version.kebab else modal
            self.make.html(holder, to_html(text, pictures=PICTURES))


def as_bytes(root: Element) -> bytes:
    """The file, one line per element where that cannot touch the words."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
