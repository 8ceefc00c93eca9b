"""Questions as a QTI 1.2 package in the shape that Canvas imports; our own fields ride in the item's metadata."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from quizzes.interchange import own
from quizzes.interchange.archive import pack
from quizzes.interchange.entry import Choice, Entry, Kind, Scoring
from quizzes.interchange.html_out import to_html, to_line
from quizzes.interchange.lineage import digest
from quizzes.interchange.media import files_of
from quizzes.interchange.reasons import Reason
from quizzes.interchange.shares import percent_shares
from quizzes.interchange.xml_file import Element, etree, native_digest

NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
PICTURES = "%24IMS-CC-FILEBASE%24/pictures/"
OWN_FIELD, OWN_DIGEST = "cme_question", "cme_native"
_TYPES = {
    Kind.SINGLE: "multiple_choice_question",
    Kind.MULTIPLE: "multiple_answers_question",
    Kind.TRUE_FALSE: "true_false_question",
    Kind.MATCHING: "matching_question",
    Kind.NUMERIC: "numerical_question",
    Kind.ORDERING: "ordering_question",
}


def elsewhere(entry: Entry) -> tuple[Reason, ...]:
    """What Canvas will do otherwise, although this platform reads the question back as it was."""
    found: list[Reason] = []
    if entry.vignette:
        found.append(Reason("vignette_elsewhere", "Canvas shows the shared case as part of each question."))
    if any(choice.weight is not None for choice in entry.choices):
        found.append(Reason("weight_elsewhere", "Canvas does not count weights of choices."))
    if any(stem.rationale for stem in entry.stems):
        found.append(Reason("rationale_elsewhere", "Canvas shows no rationale for single things to match."))
    if entry.kind is Kind.ORDERING:
        found.append(Reason("kind_elsewhere", "Only Canvas's newer quizzes know ordering questions."))
    return tuple(found)


def write_package(entries: Sequence[Entry], title: str, media: Mapping[str, bytes]) -> bytes:
    """The zip file."""
    ident = f"g{digest(title, *(entry.lineage for entry in entries))}"
    root = etree.Element(_tag("questestinterop"), nsmap={None: NAMESPACE})
    assessment = _sub(root, "assessment", ident=ident, title=title or "Questions")
    section = _sub(assessment, "section", ident="root_section")
    for entry in entries:
        section.append(_item(entry))
    used = files_of((name for entry in entries for name in entry.media), media)
    pictures = {f"pictures/{name}": data for name, data in used.items()}
    files = {
        f"{ident}/{ident}.xml": etree.tostring(root, xml_declaration=True, encoding="UTF-8"),
        f"{ident}/assessment_meta.xml": _meta(ident, title or "Questions", len(entries)),
    }
    return pack({"imsmanifest.xml": _manifest(ident, files, pictures), **files, **pictures})


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _sub(parent: Element, name: str, text: str | None = None, **values: str) -> Element:
    found = etree.SubElement(parent, _tag(name), {key.rstrip("_"): value for key, value in values.items()})
    found.text = text
    return found


def _meta(ident: str, title: str, count: int) -> bytes:
    quiz = etree.Element(f"{{{CANVAS}}}quiz", {"identifier": ident}, nsmap={None: CANVAS})
    for name, text in (("title", title), ("quiz_type", "assignment"), ("points_possible", f"{count}.0")):
        etree.SubElement(quiz, f"{{{CANVAS}}}{name}").text = text
    return etree.tostring(quiz, xml_declaration=True, encoding="UTF-8")


def _manifest(ident: str, files: Mapping[str, bytes], pictures: Mapping[str, bytes]) -> bytes:
    root = etree.Element(f"{{{PACKAGE}}}manifest", {"identifier": f"m{ident}"}, nsmap={None: PACKAGE})

    def sub(parent: Element, name: str, text: str | None = None, **values: str) -> Element:
        found = etree.SubElement(parent, f"{{{PACKAGE}}}{name}", values)
        found.text = text
        return found

    head = sub(root, "metadata")
    sub(head, "schema", "IMS Content")
    sub(head, "schemaversion", "1.1.3")
    sub(root, "organizations")
    resources = sub(root, "resources")
    main, meta = files
    quiz = sub(resources, "resource", identifier=ident, type="imsqti_xmlv1p2")
    sub(quiz, "file", href=main)
    sub(quiz, "dependency", identifierref=f"{ident}-meta")
    kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    sub(sub(resources, "resource", identifier=f"{ident}-meta", type=kind, href=meta), "file", href=meta)
    for path in pictures:
        sub(sub(resources, "resource", identifier=f"f{digest(path)}", type="webcontent", href=path), "file", href=path)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


# -- one item


def _item(entry: Entry) -> Element:
    item = etree.Element(
        _tag("item"), {"ident": f"q_{entry.lineage}", "title": to_line(entry.stem)[:80]}, nsmap={None: NAMESPACE}
    )
    metadata = _sub(_sub(item, "itemmetadata"), "qtimetadata")
    presentation = _sub(item, "presentation")
    case = entry.vignette.text + "\n\n" if entry.vignette else ""
    _material(presentation, (case + entry.stem).strip())
    conditions = _Conditions(item)
    match entry.kind:
        case Kind.NUMERIC:
            _numeric(presentation, conditions, entry)
        case Kind.MATCHING:
            _matching(presentation, conditions, entry)
        case _:
            _choices(presentation, conditions, entry)
    if entry.rationale:
        conditions.tell_always("general_fb")
    for ident, text in _told(entry):
        _material(_sub(_sub(item, "itemfeedback", ident=ident), "flow_mat"), text)
    item.remove(metadata.getparent())
    now = native_digest(item)
    item.insert(0, metadata.getparent())
    fields = {"question_type": _TYPES[entry.kind], "points_possible": "1.0"}
    for label, value in (fields | {OWN_FIELD: own.payload(entry), OWN_DIGEST: now}).items():
        field = _sub(metadata, "qtimetadatafield")
        _sub(field, "fieldlabel", label)
        _sub(field, "fieldentry", value)
    item.tail = "\n"
    return item


def _told(entry: Entry) -> list[tuple[str, str]]:
    told = [(f"{_ident(choice)}_fb", choice.rationale) for choice in entry.choices]
    told.append(("general_fb", entry.rationale))
    return [(ident, text) for ident, text in told if text]


def _ident(choice: Choice) -> str:
    return f"c_{choice.key}"


def _material(parent: Element, markdown: str) -> None:
    _sub(_sub(parent, "material"), "mattext", to_html(markdown, pictures=PICTURES), texttype="text/html")


class _Conditions:
    """The rules that give points and show feedback."""

    def __init__(self, item: Element) -> None:
        self.holder = _sub(item, "resprocessing")
        outcomes = _sub(self.holder, "outcomes")
        _sub(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")

    def tell_always(self, feedback: str) -> None:
        """First in order, as Canvas writes it."""
        rule = etree.Element(_tag("respcondition"), {"continue": "Yes"})
        _sub(_sub(rule, "conditionvar"), "other")
        _sub(rule, "displayfeedback", feedbacktype="Response", linkrefid=feedback)
        self.holder.insert(1, rule)

    def tell(self, choice: Choice) -> None:
        """Show a choice's rationale when it is made."""
        rule = _sub(self.holder, "respcondition", **{"continue": "Yes"})
        _sub(_sub(rule, "conditionvar"), "varequal", _ident(choice), respident="response1")
        _sub(rule, "displayfeedback", feedbacktype="Response", linkrefid=f"{_ident(choice)}_fb")

    def score(self, amount: str, action: str = "Set", *, go_on: bool = False) -> Element:
        """A rule that gives points; returns its condition."""
        rule = _sub(self.holder, "respcondition", **{"continue": "Yes" if go_on else "No"})
        condition = _sub(rule, "conditionvar")
        _sub(rule, "setvar", amount, action=action, varname="SCORE")
        return condition


def _choices(presentation: Element, conditions: _Conditions, entry: Entry) -> None:
    ordering = entry.kind is Kind.ORDERING
    cardinality = "Ordered" if ordering else "Multiple" if entry.kind is Kind.MULTIPLE else "Single"
    response = _sub(presentation, "response_lid", ident="response1", rcardinality=cardinality)
    if ordering:
        holder = _sub(_sub(response, "render_extension"), "ims_render_object", shuffle="No")
    else:
        shuffle = {"shuffle": "No"} if entry.ordered else {}
        holder = _sub(response, "render_choice", **shuffle)
    for choice in entry.choices:
        _material(_sub(holder, "response_label", ident=_ident(choice)), choice.text)
        if choice.rationale:
            conditions.tell(choice)
    if ordering:
        condition = conditions.score("100")
        for key in entry.order:
            _sub(condition, "varequal", f"c_{key}", respident="response1")
    elif entry.kind is Kind.MULTIPLE:
        _several(conditions, entry)
    else:
        right = next(choice for choice in entry.choices if choice.correct)
        _sub(conditions.score("100"), "varequal", _ident(right), respident="response1")


def _several(conditions: _Conditions, entry: Entry) -> None:
    if entry.scoring is Scoring.PARTIAL:
        for choice, share in zip(entry.choices, percent_shares(entry), strict=True):
            if share:
                condition = conditions.score(format(share, "f"), "Add", go_on=True)
                _sub(condition, "varequal", _ident(choice), respident="response1")
        return
    every = _sub(conditions.score("100"), "and")
    for choice in entry.choices:
        holder = every if choice.correct else _sub(every, "not")
        _sub(holder, "varequal", _ident(choice), respident="response1")


def _matching(presentation: Element, conditions: _Conditions, entry: Entry) -> None:
    share = format((Decimal(100) / len(entry.stems)).quantize(Decimal("0.01")), "f")
    for stem in entry.stems:
        response = _sub(presentation, "response_lid", ident=f"s_{stem.key}")
        _material(response, stem.text)
        holder = _sub(response, "render_choice")
        for choice in entry.choices:
            _material(_sub(holder, "response_label", ident=_ident(choice)), choice.text)
    if entry.scoring is Scoring.ALL_OR_NOTHING:
        every = _sub(conditions.score("100"), "and")
        for stem in entry.stems:
            _sub(every, "varequal", f"c_{stem.answer}", respident=f"s_{stem.key}")
        return
    for stem in entry.stems:
        condition = conditions.score(share, "Add", go_on=True)
        _sub(condition, "varequal", f"c_{stem.answer}", respident=f"s_{stem.key}")


def _numeric(presentation: Element, conditions: _Conditions, entry: Entry) -> None:
    number = entry.numeric
    assert number is not None
    response = _sub(presentation, "response_str", ident="response1", rcardinality="Single")
    _sub(_sub(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    either = _sub(conditions.score("100"), "or")
    _sub(either, "varequal", format(number.value, "f"), respident="response1")
    both = _sub(either, "and")
    _sub(both, "vargte", format(number.value - number.tolerance, "f"), respident="response1")
    _sub(both, "varlte", format(number.value + number.tolerance, "f"), respident="response1")
    if number.unit:
        _sub(_sub(presentation, "material"), "mattext", number.unit, texttype="text/plain")
