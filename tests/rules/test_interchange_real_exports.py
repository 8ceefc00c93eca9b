"""What real programs write and our own never would: nothing may come in differently without a word about it."""

import io
from datetime import datetime
from decimal import Decimal

import pytest
import xlsxwriter

from quizzes.interchange.entry import Entry, Kind
from quizzes.interchange.formats import read_any
from quizzes.interchange.report import Finding, Report, Verdict
from quizzes.interchange.xlsx_formats import OWN, PERCENT, PLAIN, shown_as


def read(text: str | bytes, format_key: str | None = None) -> Report:
    return read_any(text.encode() if isinstance(text, str) else text, "file", format_key)


def only(report: Report) -> tuple[Entry, list[str]]:
    """The one question that came in, with the codes of what it lost."""
    (entry,), (finding,) = report.entries, report.findings
    return entry, [reason.code for reason in finding.reasons]


def codes_of(finding: Finding) -> list[str]:
    return [reason.code for reason in finding.reasons]


def refused(report: Report) -> list[str]:
    (finding,) = report.findings
    assert finding.verdict is Verdict.REFUSED
    assert finding.place
    return [reason.code for reason in finding.reasons]


# -- Moodle XML


def moodle(kind: str, inside: str, *, stem: str = "<![CDATA[Which?]]>", hidden: int = 0) -> Report:
    return read(
        "<?xml version='1.0' encoding='UTF-8'?><quiz><question type='category'><category>"
        "<text>$course$/top/Ноги/Судороги</text></category></question>"
        f"<question type='{kind}'><name><text>n</text></name><questiontext format='html'><text>{stem}</text>"
        f"</questiontext><defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>{hidden}</hidden>"
        f"{inside}</question></quiz>"
    )


def answers(*fractions: str) -> str:
    return "<single>false</single>" + "".join(
        f"<answer fraction='{share}' format='html'><text><![CDATA[Choice {number}]]></text></answer>"
        for number, share in enumerate(fractions)
    )


@pytest.mark.parametrize(
    ("fractions", "weights"),
    [
        (("50", "50", "0"), [50, 50, 0]),  # wrong choices take nothing off there, here they do
        (("50", "50", "-50"), [None, None, None]),
        (("33.33333", "33.33333", "33.33333", "-33.33333"), [None] * 4),
        (("33.33333", "33.33333", "33.33333", "-100"), [33, 33, 33, -100]),
        (("60", "40", "-100"), [60, 40, -100]),
    ],
)
def test_weights_that_the_banks_own_rule_does_not_give_are_kept_to_be_told(fractions, weights):
    entry, _ = only(moodle("multichoice", answers(*fractions)))
    assert [choice.weight for choice in entry.choices] == weights


def test_a_question_that_moodle_hides_comes_retired():
    assert only(moodle("multichoice", answers("100", "0"), hidden=1))[0].status == "retired"


def test_markup_that_stands_as_elements_is_not_reduced_to_its_letters():
    entry, _ = only(moodle("multichoice", answers("100", "-100"), stem="<p>How much CO<sub>2</sub>?</p>"))
    assert entry.stem == "How much CO~2~?"


def test_a_formula_in_tex_is_told_and_a_price_is_none():
    assert only(moodle("multichoice", answers("100", "-100"), stem=r"Is \(x^2\) right?"))[1] == ["formula"]
    assert only(moodle("multichoice", answers("100", "-100"), stem="It costs $5 or $6 (net)?"))[1] == []


def test_a_category_that_cannot_be_a_topic_is_told():
    (note,) = moodle("multichoice", answers("100", "-100")).notes
    assert "“Судороги”" in note.sentence


def test_pictures_of_old_versions_are_told():
    assert only(moodle("multichoice", "<image_base64>aGk=</image_base64>" + answers("100", "-100")))[1] == [
        "picture_unknown"
    ]


def number(value: str, tolerance: str, more: str = "") -> str:
    return f"<answer fraction='100'><text>{value}</text><tolerance>{tolerance}</tolerance></answer>{more}"


@pytest.mark.parametrize(
    ("value", "tolerance", "codes"),
    [("1,000", "5", ["number_two_ways"]), ("5", "5%", ["tolerance"]), ("5", "1,500", ["number_two_ways"])],
)
def test_a_number_that_may_be_two_or_has_no_readable_tolerance_is_refused(value, tolerance, codes):
    assert refused(moodle("numerical", number(value, tolerance))) == codes


@pytest.mark.parametrize(("value", "read_as"), [("0,125", "0.125"), ("37,5", "37.5"), ("1000", "1000"), ("−2", "-2")])
def test_a_number_that_can_only_be_one_is_taken(value, read_as):
    entry, codes = only(moodle("numerical", number(value, "0")))
    assert entry.numeric is not None
    assert (entry.numeric.value, codes) == (Decimal(read_as), [])


def test_the_unit_is_the_one_that_the_right_number_is_given_in():
    units = "".join(
        f"<unit><multiplier>{times}</multiplier><unit_name>{name}</unit_name></unit>"
        for times, name in (("1000", "mg"), ("1", "g"))
    )
    entry, codes = only(moodle("numerical", number("1.5", "0.1", f"<units>{units}</units>")))
    assert entry.numeric is not None
    assert (entry.numeric.unit, codes) == ("g", ["units"])


def test_ordering_by_neighbours_and_by_a_selection_is_told():
    inside = "<gradingtype>RELATIVE_NEXT_EXCLUDE_LAST</gradingtype><selecttype>RANDOM</selecttype>"
    steps = "".join(f"<answer><text>{step}</text></answer>" for step in ("one", "two", "three"))
    entry, codes = only(moodle("ordering", inside + steps))
    assert (entry.order, codes) == (("a", "b", "c"), ["scoring", "selection"])
    assert only(moodle("ordering", "<gradingtype>ABSOLUTE_POSITION</gradingtype>" + steps))[1] == []


# -- GIFT and Aiken


def test_two_gift_questions_without_a_blank_line_between_them_are_not_one():
    assert refused(read("Q1 {~%50%a ~%50%b ~%-50%c}\nQ2 {~%50%d ~%50%e}\n", "gift")) == ["braces"]


def test_less_and_greater_are_not_markup():
    entry, codes = only(read("If x<y and y>z, is CO<sub>2</sub> high? {=p &lt; 5 ~5 <b and c> 6}", "gift"))
    assert codes == ["unknown_element"]  # there is markup in the stem, and then "<y and y>" is an element too
    assert [choice.text for choice in entry.choices] == ["p < 5", "5 \\<b and c> 6"]
    entry, codes = only(read("If x<y and y>z? {=a ~b}", "gift"))
    assert (entry.stem, codes) == ("If x\\<y and y>z?", [])


def test_what_stands_below_an_aiken_answer_does_not_begin_the_next_question():
    text = "Which?\r\nA) one\r\nB) two\r\nANSWER: B\r\nANSWER_EXPLANATION: It is.\r\nSCORE: 2\r\n\r\nNext?\r\nA. x\r\nB. y\r\nANSWER: A\r\n"
    report = read("\ufeff" + text)
    assert [(one.stem, one.rationale) for one in report.entries] == [("Which?", "It is."), ("Next?", "")]
    assert [[reason.code for reason in one.reasons] for one in report.findings] == [["line"], []]


# -- QTI 2


HEAD = "<assessmentItem xmlns='http://www.imsglobal.org/xsd/imsqti_v2p1' identifier='i' title='T' adaptive='false'>"
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates"
ABC = "".join(f"<simpleChoice identifier='{one}'>choice {one}</simpleChoice>" for one in "ABC")


def choice_item(
    *,
    right: str = "A",
    mapping: str = "",
    several: bool = False,
    shuffle: str = "shuffle='true'",
    choices: str = ABC,
    before: str = "",
    after: str = "",
    rules: str = "",
) -> Report:
    values = "".join(f"<value>{one}</value>" for one in right)
    template = f"<responseProcessing template='{TEMPLATES}/{'map_response' if mapping else 'match_correct'}'/>"
    return read(
        f"{HEAD}<responseDeclaration identifier='R' cardinality='{'multiple' if several else 'single'}'"
        f" baseType='identifier'><correctResponse>{values}</correctResponse>{mapping}</responseDeclaration><itemBody>"
        f"{before}<choiceInteraction responseIdentifier='R' maxChoices='{0 if several else 1}' {shuffle}>"
        f"<prompt>Which?</prompt>{choices}</choiceInteraction></itemBody>"
        f"{rules or template}{after}</assessmentItem>"
    )


def mapping_of(bounds: str = "", **points: str) -> str:
    entries = "".join(f"<mapEntry mapKey='{key}' mappedValue='{value}'/>" for key, value in points.items())
    return f"<mapping {bounds}>{entries}</mapping>"


def test_points_of_a_mapping_are_parts_of_the_most_that_can_be_had():
    assert [c.weight for c in only(choice_item(mapping=mapping_of(A="2")))[0].choices] == [None, None, None]
    entry, _ = only(choice_item(several=True, right="AB", mapping=mapping_of("defaultValue='-1'", A="1", B="1")))
    assert [choice.weight for choice in entry.choices] == [None, None, None]
    entry, _ = only(choice_item(several=True, right="AB", mapping=mapping_of("upperBound='2'", A="1", B="1", C="-2")))
    assert [choice.weight for choice in entry.choices] == [50, 50, -100]


def test_a_key_that_the_points_contradict_or_that_names_no_choice_is_refused():
    assert refused(choice_item(mapping=mapping_of(A="1", B="2"))) == ["key_contradicted"]
    assert refused(choice_item(several=True, right="AB", mapping=mapping_of(A="1"))) == ["key_contradicted"]
    assert refused(choice_item(several=True, right="AQ")) == ["key_unknown"]


def test_rules_that_reward_another_choice_than_the_declared_one_are_refused():
    rule = (
        "<responseProcessing><responseCondition><responseIf><match><variable identifier='R'/>"
        "<baseValue baseType='identifier'>{}</baseValue></match><setOutcomeValue identifier='SCORE'>"
        "<baseValue baseType='float'>1</baseValue></setOutcomeValue></responseIf></responseCondition></responseProcessing>"
    )
    for choice, refusals in (("B", ["key_contradicted"]), ("A", [])):
        assert [one for found in choice_item(rules=rule.format(choice)).findings for one in codes_of(found)] == refusals


def test_pairs_that_give_different_points_are_told():
    sets = "".join(
        "<simpleMatchSet>"
        + "".join(
            f"<simpleAssociableChoice identifier='{i}' matchMax='1'>{i}</simpleAssociableChoice>" for i in letters
        )
        + "</simpleMatchSet>"
        for letters in ("AB", "RS")
    )
    for points, expected in (("1", []), ("0.5", ["weight_lost"])):
        report = read(
            f"{HEAD}<responseDeclaration identifier='R' cardinality='multiple' baseType='directedPair'><correctResponse>"
            "<value>A R</value><value>B S</value></correctResponse><mapping><mapEntry mapKey='A R' mappedValue='1'/>"
            f"<mapEntry mapKey='B S' mappedValue='{points}'/></mapping></responseDeclaration><itemBody><p>Pair.</p>"
            f"<matchInteraction responseIdentifier='R' shuffle='true'>{sets}</matchInteraction></itemBody>"
            f"<responseProcessing template='{TEMPLATES}/map_response'/></assessmentItem>"
        )
        assert only(report)[1] == expected


def test_choices_are_shuffled_only_where_the_item_says_so():
    assert only(choice_item())[0].ordered is False
    assert only(choice_item(shuffle=""))[0].ordered is True
    entry, codes = only(choice_item(choices=ABC.replace("'C'", "'C' fixed='true'")))
    assert (entry.ordered, codes) == (True, ["fixed"])


def test_objects_are_pictures_and_feedback_in_the_body_is_kept():
    entry, codes = only(
        choice_item(
            before="<p>See <object type='image/png' data='img/calf.png'>the calf</object>.</p>"
            "<feedbackBlock outcomeIdentifier='F' identifier='A' showHide='show'><p>Long why.</p></feedbackBlock>",
            after="<modalFeedback outcomeIdentifier='F' identifier='A' showHide='hide'>Not A!</modalFeedback>",
        )
    )
    assert entry.stem == "See ![the calf](calf.png).\n\nWhich?"
    assert entry.rationale == "Long why."
    assert codes == ["picture_missing", "feedback_hidden", "feedback_joined"]


VARIABLE = "<variable identifier='R'/>"


def number_item(condition: str, *, first: str = "") -> Report:
    return read(
        f"{HEAD}{first}<responseDeclaration identifier='R' cardinality='single' baseType='float'><correctResponse>"
        "<value>5</value></correctResponse></responseDeclaration><itemBody><p>Dose "
        "<textEntryInteraction responseIdentifier='R'/> mg</p></itemBody><responseProcessing><responseCondition>"
        f"<responseIf>{condition}<setOutcomeValue identifier='SCORE'><baseValue baseType='float'>1</baseValue>"
        "</setOutcomeValue></responseIf></responseCondition></responseProcessing></assessmentItem>"
    )


def limits(low: str, high: str, *, strict: bool = False) -> str:
    ends = ("gt", "lt") if strict else ("gte", "lte")
    return "<and>{}</and>".format(
        "".join(
            f"<{tag}>{VARIABLE}<baseValue baseType='float'>{value}</baseValue></{tag}>"
            for tag, value in zip(ends, (low, high), strict=True)
        )
    )


EQUAL = "<equal toleranceMode='{}' tolerance='{}'>" + VARIABLE + "<correct identifier='R'/></equal>"
ZERO = "<outcomeDeclaration identifier='SCORE' cardinality='single' baseType='float'><defaultValue><value>0</value></defaultValue></outcomeDeclaration>"


@pytest.mark.parametrize(
    ("condition", "tolerance", "codes"),
    [
        (limits("4.5", "5.5"), "0.5", []),
        (limits("4.5", "5.5", strict=True), "0.5", ["tolerance_edge"]),
        (limits("4.5", "6"), "1", ["tolerance"]),
        (EQUAL.format("absolute", "0.25 0.25"), "0.25", []),
        (EQUAL.format("relative", "10 10"), "0.5", []),
        (EQUAL.format("exact", ""), "0", []),
    ],
)
def test_no_tolerance_is_dropped(condition, tolerance, codes):
    entry, found = only(number_item(condition, first=ZERO))
    assert entry.numeric is not None
    assert (entry.numeric.value, entry.numeric.tolerance, found) == (5, Decimal(tolerance), codes)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (EQUAL.format("absolute", "spread spread"), "tolerance"),
        (f"<equalRounded roundingMode='decimalPlaces' figures='1'>{VARIABLE}</equalRounded>", "tolerance"),
        (f"<gte>{VARIABLE}<baseValue baseType='float'>5</baseValue></gte>", "tolerance"),
        (limits("6", "7"), "key_contradicted"),
    ],
)
def test_a_tolerance_that_cannot_be_said_here_is_refused(condition, code):
    assert refused(number_item(condition)) == [code]


# -- QTI 1.2


def canvas(kind: str, presentation: str, condition: str) -> Report:
    return read(
        "<questestinterop xmlns='http://www.imsglobal.org/xsd/ims_qtiasiv1p2'><assessment ident='a' title='T'>"
        "<section ident='s'><item ident='i' title='Q'><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>"
        f"question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>"
        f"<presentation>{presentation}</presentation><resprocessing><outcomes><decvar maxvalue='100' minvalue='0'"
        f" varname='SCORE'/></outcomes><respcondition continue='No'><conditionvar>{condition}</conditionvar>"
        "<setvar action='Set' varname='SCORE'>100</setvar></respcondition></resprocessing></item></section>"
        "</assessment></questestinterop>"
    )


def material(text: str, kind: str = "text/plain") -> str:
    return f"<material><mattext texttype='{kind}'>{text}</mattext></material>"


TYPED = "<response_str ident='r'><render_fib fibtype='Decimal'><response_label ident='l'/></render_fib></response_str>"


@pytest.mark.parametrize(
    ("condition", "value", "tolerance", "codes"),
    [
        ("<vargte>3</vargte><varlte>6</varlte>", "4.5", "1.5", []),
        ("<vargt>3</vargt><varlte>6</varlte>", "4.5", "1.5", ["tolerance_edge"]),
        ("<or><varequal>4</varequal><and><vargte>3</vargte><varlte>6</varlte></and></or>", "4", "2", ["tolerance"]),
        ("<or><varequal>4</varequal><and><vargte>4</vargte><varlte>4</varlte></and></or>", "4", "0", []),
    ],
)
def test_ranges_of_canvas(condition, value, tolerance, codes):
    entry, found = only(canvas("numerical_question", material("How much?") + TYPED, condition))
    assert entry.numeric is not None
    assert (entry.numeric.value, entry.numeric.tolerance, found) == (Decimal(value), Decimal(tolerance), codes)


def test_a_range_with_one_end_is_refused():
    assert refused(canvas("numerical_question", material("How?") + TYPED, "<vargte>3</vargte>")) == ["tolerance"]


def test_plain_words_of_canvas_stay_plain_and_markup_as_elements_stays_markup():
    labels = "".join(
        f"<response_label ident='{ident}'>{text}</response_label>"
        for ident, text in (
            ("1", material("5 &lt;b and c&gt; 6")),
            ("2", material("<p>CO<sub>2</sub></p>", "text/html")),
        )
    )
    asked = f"<response_lid ident='r' rcardinality='Single'><render_choice>{labels}</render_choice></response_lid>"
    picture = "<material><matimage imagtype='image/png' embedded='base64'>aGk=</matimage></material>"
    entry, codes = only(
        canvas("multiple_choice_question", picture + material("Which?") + asked, "<varequal>1</varequal>")
    )
    assert [choice.text for choice in entry.choices] == ["5 \\<b and c> 6", "CO~2~"]
    assert codes == ["picture_unknown"]


# -- tables


def test_the_first_line_of_excel_names_the_separator():
    report = read("sep=;\r\nquestion;choice_a;choice_b;correct\r\nWhich, then?;x;y;b\r\n")
    entry, _ = only(report)
    assert (report.format, report.findings[0].place) == ("csv", "line 3")
    assert (entry.stem, entry.correct_keys) == ("Which, then?", ("b",))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_tab_separated_text_in_the_encodings_of_excel(encoding):
    text = "question\tOption A\tOption B\tCorrect answer\nWhät?\tx\ty\tB\n"
    data = text.encode(encoding)
    entry, _ = only(read(b"\xff\xfe" + data if encoding == "utf-16-le" else data))
    assert (entry.stem, entry.correct_keys) == ("Whät?", ("b",))


@pytest.mark.parametrize("value", ["1,000", "-1,500"])
def test_a_number_with_a_comma_before_three_digits_is_refused_in_a_table(value):
    assert refused(read(f'question,kind,correct\nHow?,numeric,"{value}"\n')) == ["number_two_ways"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", PLAIN), ("0.00", PLAIN), ("#,##0.00_);[Red](#,##0.00)", PLAIN), ("0.0E+00", PLAIN), ("@", PLAIN),
        ("0%", PERCENT), ("0.0 %", PERCENT), ("0\\%", OWN), ('0" mg"', OWN), ("# ?/?", OWN), ("d-mmm", OWN),
        ("[$€-407] 0.00", OWN), ("[h]:mm", OWN),
    ],
)  # fmt: skip
def test_what_a_format_shows(code, shown):
    assert shown_as(code) == shown


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("H<sub>2</sub>O?", ["html_in_markdown"]), ("Is <b>it</b>?", ["html_in_markdown"]), ("Is p <5 and q> 3?", []),
        ("If x<y and y>z?", []), ("Is \\\\<b> shown?", []), ("Is p &lt; 5?", []), ("Is H~2~O *it*?", []),
    ],
)  # fmt: skip
def test_markup_in_a_table_is_told(text: str, codes: list[str]):
    assert only(read(f"question,choice_a,choice_b,correct\n{text},x,y,a\n"))[1] == codes


def test_a_spreadsheet_says_what_people_read_in_it():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page, other, empty = (book.add_worksheet(name) for name in ("Legs", "More", "Sheet3"))
        assert empty.name == "Sheet3"
        other.write(0, 0, "question")
        percent, dose, day, raised = (
            book.add_format(one)
            for one in ({"num_format": "0%"}, {"num_format": '0" mg"'}, {"num_format": "d-mmm"}, {"font_script": 1})
        )
        rows = [
            ["topic", "question", "kind", "choice_a", "choice_b", "choice_c", "correct"],
            ["", "How many?", "", 0.05, 0.125, 3.0, "b"],
            ["", "Which dose?", "", 5, 7, "more", "b"],
            ["", "When?", "", None, "x", "y", "b"],
            ["", "How long?", "numeric", None, None, None, 1500],
            ["", "Which count?", "", "x", "y", None, "a"],
        ]
        for place, row in enumerate(rows):
            page.write_row(place, 0, row)
        page.merge_range(1, 0, 5, 0, "sleep")
        for column, value in ((3, 0.05), (4, 0.125)):
            page.write(1, column, value, percent)
        page.write(2, 3, 5, dose)
        page.write_datetime(3, 3, datetime(2026, 5, 3), day)
        page.write_blank(4, 3, None, dose)
        page.write_rich_string(5, 1, "10", raised, "9", "/L?")
    report = read(buffer.getvalue())
    assert [note.code for note in report.notes] == ["raised", "sheets", "merged"]
    assert "“More”" in report.notes[1].sentence
    assert "Sheet3" not in report.notes[1].sentence
    first, second, third = report.entries
    assert [choice.text for choice in first.choices] == ["5%", "12.5%", "3"]
    assert second.numeric is not None
    assert (second.numeric.value, second.topic) == (1500, "sleep")
    assert (third.stem, third.topic) == ("109/L?", "sleep")
    told = [(one.place, [reason.code for reason in one.reasons]) for one in report.findings if one.reasons]
    assert told == [("row 3", ["cell_format"]), ("row 4", ["cell_format"])]
    assert report.findings[1].reasons[0].sentence.startswith("D3: ")
    assert only(read(b"question,choice_a,choice_b,correct\nWhich?,x,y,a\n"))[0].kind is Kind.SINGLE
