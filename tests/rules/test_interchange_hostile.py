"""Files that mean harm, or are merely broken: one clear refusal, at once, with nothing taken."""

import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile

import pytest
import xlsxwriter

from cme.kernel.refusal import Invalid
from quizzes.interchange import archive, limits, xlsx_file
from quizzes.interchange.archive import Archive
from quizzes.interchange.formats import FORMATS, detect, read_any
from quizzes.interchange.limits import MEGABYTE
from quizzes.interchange.report import Report, Verdict
from quizzes.interchange.xml_file import parse_xml
from tests.rules.interchange_files import packed, plain, zip_of
from tests.rules.interchange_samples import MEDIA, SAMPLES

SOON = 1.0
"""CPU seconds within which a hostile file is refused."""


def refused(data: bytes, key: str | None = None) -> Invalid:
    """The refusal, and that it came soon."""
    began = time.process_time()
    with pytest.raises(Invalid) as caught:
        read_any(data, "upload", key)
    assert time.process_time() - began < SOON
    assert caught.value.status == 422
    assert caught.value.sentence.endswith(".")
    assert caught.value.code.startswith("import_")
    return caught.value


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><quiz>&j;</quiz>"
)
DOCTYPES = {
    "bomb": BOMB,
    "attribute bomb": BOMB.replace(b"<quiz>&j;</quiz>", b'<quiz a="&j;"/>'),
    "external file": b'<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>',
    "external address": b'<!DOCTYPE quiz SYSTEM "http://127.0.0.1:1/x.dtd"><quiz/>',
    "parameter entity": b'<!DOCTYPE quiz [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><quiz/>',
    "after a comment": b"<?xml version='1.0'?>\n<!-- hello --><?pi x?> <!DOCTYPE quiz><quiz/>",
    "lower case": b"<!doctype quiz><quiz/>",
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE quiz [<!ENTITY x "y">]><quiz>&x;</quiz>'.encode("utf-16"),
    "utf-16 without a mark": '<!DOCTYPE quiz [<!ENTITY x "y">]><quiz>&x;</quiz>'.encode("utf-16-le"),
    "utf-32": "<!DOCTYPE quiz><quiz/>".encode("utf-32"),
    "utf-8 with a mark": b"\xef\xbb\xbf<!DOCTYPE quiz><quiz/>",
}  # fmt: skip


@pytest.mark.parametrize("name", DOCTYPES)
@pytest.mark.parametrize("key", [None, "moodle", "qti12", "qti3"])
def test_a_document_type_is_refused_unread(name: str, key: str | None):
    assert refused(DOCTYPES[name], key).code == "import_doctype"


@pytest.mark.parametrize("member", ["imsmanifest.xml", "items/order.xml", "stimuli/case.xml"])
@pytest.mark.parametrize("name", ["bomb", "external file", "utf-16"])
def test_a_document_type_inside_a_package_is_refused(member: str, name: str):
    with zipfile.ZipFile(io.BytesIO(packed("qti3"))) as source:
        members = {one: source.read(one) for one in source.namelist()}
    members[member] = DOCTYPES[name]
    assert refused(zip_of(members)).code == "import_doctype"


def test_a_document_type_inside_a_spreadsheet_is_refused():
    with zipfile.ZipFile(io.BytesIO(xlsx_file.template())) as source:
        members = {one: source.read(one) for one in source.namelist()}
    members["xl/sharedStrings.xml"] = DOCTYPES["bomb"]
    assert refused(zip_of(members)).code == "import_doctype"


def test_a_document_type_as_words_of_a_question_is_no_harm():
    data = FORMATS["moodle"].write(SAMPLES[:1], "T").replace(b"A 68-year-old", b"A &lt;!DOCTYPE html&gt; 68-year-old")
    assert len(read_any(data, "x").entries) == 1


BROKEN = {
    "not closed": (b"<quiz><question>", "import_xml"),
    "undeclared entity": (b"<quiz>&nbsp;</quiz>", "import_xml"),
    "undeclared prefix": (b"<quiz><a:b/></quiz>", "import_xml"),
    "control character": (b"<quiz>\x01</quiz>", "import_xml"),
    "zero": (b"<quiz>\0</quiz>", "import_xml"),
    "too deep": (b"<quiz>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</quiz>", "import_xml"),
    "latin in utf-8": ("<quiz>é</quiz>".encode("latin-1"), "import_encoding"),
    "strange encoding": (b'<?xml version="1.0" encoding="EBCDIC-CP-BE"?><quiz/>', "import_encoding"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?><quiz>+ADw-</quiz>', "import_encoding"),
    "other root": (b"<html><body/></html>", "import_unknown"),
    "no question": (b"<quiz></quiz>", "import_empty"),
    "millions of elements": (b"<quiz>" + b"<a/>" * 1_000_000 + b"</quiz>", "import_too_large"),
    "empty": (b"", "import_empty"),
    "spaces": (b" \r\n\t ", "import_empty"),
    "zeros": (b"\0" * 1000, "import_empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "import_encoding"),
    "only words": (b"There is nothing here.", "import_unknown"),
    "utf-8 cut off": ("Frage {=é}".encode()[:-2], "import_encoding"),
    "one byte wrong": (b"One {\n=\xff\n~b}", "import_encoding"),
    "bent yaml": (b"items:\n  - key: [", "import_yaml"),
    "yaml aliases": (b"a: &a [x]\nitems: [*a, *a]", "import_yaml"),
    "yaml depth": (b"items: " + b"[" * 500 + b"]" * 500, "import_yaml"),
    "yaml object": (b"items: !!python/object/apply:os.system ['true']", "import_yaml"),
    "yaml without a list": (b"items: 3", "import_yaml"),
    "csv quotes": (b'question,correct\n"open,a\n', "import_csv"),
    "csv columns twice": (b"question,question\na,b\n", "import_columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named_as_such(name: str):
    data, code = BROKEN[name]
    assert refused(data).code == code


def test_other_encodings_that_are_declared_are_read():
    text = '<?xml version="1.0" encoding="{}"?><quiz><question type="truefalse"><questiontext><text>Größe €?</text></questiontext><answer fraction="100"><text>true</text></answer></question></quiz>'
    for name, codec in (
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-15", "iso8859-15"),
    ):
        report = read_any(text.format(name).encode(codec), "x")
        assert report.entries[0].stem == "Größe €?"
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert read_any("::x::Größe? {T}\n".encode(codec), "x").entries[0].stem == "Größe?"


# -- zip files


def hand_made(name: str, data: bytes = b"x", **changes: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        for key, value in changes.items():
            setattr(info, key, value)
        file.writestr(info, data)
    return buffer.getvalue()


ZIPS = {
    "up": (hand_made("../evil.xml"), "import_zip_name"),
    "up in the middle": (hand_made("a/../../evil.xml"), "import_zip_name"),
    "absolute": (hand_made("/etc/passwd"), "import_zip_name"),
    "drive": (hand_made("C:evil.xml"), "import_zip_name"),
    "backslash": (hand_made("a.xml").replace(b"a.xml", b"..\\b."), "import_zip_name"),
    "control": (hand_made("a\nb.xml"), "import_zip_name"),
    "symlink": (hand_made("a.xml", b"/etc/passwd", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16), "import_zip_link"),
    "device": (hand_made("a.xml", external_attr=(stat.S_IFCHR | 0o666) << 16), "import_zip_link"),
    "ratio": (zip_of({"a.xml": b" " * 40 * MEGABYTE}), "import_zip_bomb"),
    "member": (zip_of({"a.xml": random.Random(1).randbytes(1024) * 41 * 1024}), "import_zip_bomb"),
    "cut off": (packed("qti3")[:-30], "import_zip"),
    "only a head": (b"PK\x03\x04" + b"\0" * 100, "import_zip"),
    "empty": (zip_of({}), "import_unknown"),
    "foreign": (zip_of({"readme.txt": b"hello"}), "import_unknown"),
}  # fmt: skip


@pytest.mark.parametrize("name", ZIPS)
def test_hostile_zip_files(name: str):
    data, code = ZIPS[name]
    assert refused(data).code == code


def test_a_small_zip_that_declares_fifty_megabytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch):
    data = zip_of({"quiz.xml": b"\0" * 50 * MEGABYTE})
    assert len(data) < 60_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_args, **_more: pytest.fail("it was opened"))
    assert refused(data).code == "import_zip_bomb"


def test_many_members_are_counted_before_the_table_is_built():
    data = b"PK\x03\x04" + b"PK\x01\x02" * (limits.MOST_MEMBERS + 1) + b"PK\x05\x06"
    assert refused(data).code == "import_zip_members"


def test_a_member_that_lies_about_its_size():
    true = zip_of({"quiz.yaml": b"items: []" + b"#" * 5000})
    size = struct.pack("<I", 5009)
    assert true.count(size) >= 1
    lie = true.replace(size, struct.pack("<I", 12))
    assert refused(lie, "yaml").code in {"import_zip_bomb", "import_zip"}


def test_members_that_together_are_too_much(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1000)
    data = zip_of({f"{index}.xml": random.Random(index).randbytes(400) for index in range(3)})
    assert refused(data).code == "import_zip_bomb"


def test_the_same_name_twice():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("quiz.yaml", b"items: []")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("quiz.yaml", b"items: []")
    assert refused(buffer.getvalue()).code == "import_zip_name"


def test_a_password():
    data = bytearray(zip_of({"quiz.yaml": b"items: []"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert refused(bytes(data)).code == "import_zip_locked"


def test_litter_of_other_systems_is_passed_over():
    names = Archive(zip_of({"__MACOSX/._a": b"x", "a/.DS_Store": b"x", "quiz.yaml": b"y"})).names
    assert names == ("quiz.yaml",)


# -- size


@pytest.mark.parametrize("start", [b"", b"PK\x03\x04", b"<quiz>", b"question,correct\n"])
def test_a_hundred_megabytes_are_refused_by_their_size(start: bytes):
    data = start + b"x" * (100 * MEGABYTE)
    tracemalloc.start()
    try:
        for key in (None, *FORMATS):
            assert refused(data, key).code == "import_too_large"
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_too_many_questions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quizzes.interchange.report.MOST_ITEMS", 3)
    assert refused(plain("moodle.xml")).code == "import_too_many"


# -- spreadsheets


def sheet_with(cells: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx_file.template())) as source:
        members = {one: source.read(one) for one in source.namelist()}
    page = members["xl/worksheets/sheet1.xml"]
    head, _, tail = page.partition(b"</sheetData>")
    members["xl/worksheets/sheet1.xml"] = head + cells + b"</sheetData>" + tail
    return zip_of(members)


FAR = {
    "far corner": b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "far row": b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
    "far column": b'<row r="9"><c r="XFD9"><v>1</v></c></row>',
    "single quotes": b"<row r='1048576'><c t='n' r='XFD1048576'><v>1</v></c></row>",
    "prefix": b'<row r="1048576"><x:c xmlns:x="y" r="XFD1048576"><v>1</v></x:c></row>',
    "no place": b'<row r="9"><c r="&#88;FD9"><v>1</v></c></row>',
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
def test_cells_far_out_are_refused_before_room_is_made_for_them(name: str):
    assert refused(sheet_with(FAR[name])).code in {"import_too_large", "import_xlsx"}


def test_formulas_are_refused_with_their_cell():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet("Questions")
        for column, name in enumerate(("question", "choice_a", "choice_b", "correct")):
            page.write_string(0, column, name)
        for column, text in enumerate(("One?", "x", "y", "a")):
            page.write_string(1, column, text)
            page.write_string(2, column, text + " again")
        page.write_formula(2, 1, '=HYPERLINK("http://x.example","x")', None, "harmless")
        page.write_string(2, 3, "a")
    report = read_any(buffer.getvalue(), "x.xlsx")
    assert [(one.place, one.verdict) for one in report.findings] == [
        ("row 2", Verdict.IMPORTED),
        ("row 3", Verdict.REFUSED),
    ]
    assert report.findings[1].reasons[0].code == "formula"
    assert "B3" in report.findings[1].reasons[0].sentence


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "'=1",
    "''+1",
    "https://x.example/",
    "{=1}",
    "=cmd|' /C calc'!A0",
)


def test_tables_hold_no_formulas_and_give_the_same_words_back():
    import csv
    from dataclasses import replace

    import python_calamine

    questions = [
        replace(SAMPLES[0], lineage=f"formula-{index}", stem=text.strip(), rationale=text.strip())
        for index, text in enumerate(FORMULAS)
    ]
    data = FORMATS["csv"].write(questions, "T")
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
        assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝")) for cell in row)
    assert [one.stem for one in read_any(data, "x").entries] == [one.stem for one in questions]
    book = FORMATS["xlsx"].write(questions, "T")
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        page = file.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in page
        assert b"hyperlink" not in page.lower()
    assert [one.stem for one in read_any(book, "x").entries] == [one.stem for one in questions]
    cells = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert all(isinstance(cell, str) for row in cells for cell in row)


def test_the_template_reads_as_its_own_examples():
    assert [key for key, one in FORMATS.items() if one.template] == ["csv", "xlsx"]
    report = read_any(xlsx_file.template(), "template.xlsx")
    assert len(report.entries) == 5
    assert {finding.verdict for finding in report.findings} == {Verdict.IMPORTED}
    assert read_any(FORMATS["csv"].write(report.entries, ""), "x").entries == report.entries


# -- texts that make a careless pattern run for hours

LONG = 190_000
SLOW = {
    "address": "<a href=" + " " * LONG + "x>y</a>",
    "handlers": "<a " + "/on" * (LONG // 3),
    "styles": "<a style='" + "x" * LONG,
    "open tags": "<a " * (LONG // 3),
    "entities": "&" * LONG,
    "stars": "<b>*</b>" * 2000,
    "deep lists": "<ul><li>" * 5000,
    "table": "<table><tr>" + "<td colspan=99>" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_no_markup_keeps_the_reader_busy(name: str):
    text = SLOW[name].replace("&", "&amp;").replace("<", "&lt;")
    data = f"<quiz><question type='truefalse'><questiontext format='html'><text>{text}</text></questiontext><answer fraction='100'><text>true</text></answer></question></quiz>"
    began = time.process_time()
    assert len(read_any(data.encode(), "x").findings) == 1
    assert time.process_time() - began < SOON


LINES = {
    "marks": "//" + "[id:" * 250_000 + "\nq {T}",
    "answers": "A. x\nANSWER: x" + " " * 1_000_000 + "x",
    "choices": "Which?\nA." + " " * 1_000_000 + "\nB. y\nANSWER: B",
    "line ends": "\n" * 1_000_000 + "Which?\nA. x\nB. y\nANSWER: B",
    "titles": "::" + ":" * 1_000_000 + "{T}",
    "signs": "q {" + "=~" * 100_000 + "}",
    "weights": "q {" + "~%" * 100_000 + "}",
    "guards": "question,correct\n" + "'" * 150_000 + ",a",
    "separators": "question,correct\na,\"" + "a, " * 40_000 + "\"",
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("key", [None, "gift", "aiken", "csv"])
def test_no_line_keeps_the_reader_busy(name: str, key: str | None):
    began = time.process_time()
    outcome(LINES[name].encode(), key)
    assert time.process_time() - began < SOON


@pytest.mark.parametrize(
    "cells", [b"<row " * 400_000, b"<c " * 400_000, b"<row r" + b" " * 2_000_000, b"<x:" * 400_000]
)
def test_no_sheet_keeps_the_reader_busy(cells: bytes):
    began = time.process_time()
    outcome(sheet_with(cells), "xlsx")
    assert time.process_time() - began < SOON


# -- mutilation


def mutilated(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    wrong = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        if not wrong:
            break
        at = chance.randrange(len(wrong))
        action = chance.randrange(3)
        if action == 0:
            wrong[at] = chance.randrange(256)
        elif action == 1:
            del wrong[at : at + chance.randrange(1, 40)]
        else:
            wrong[at:at] = wrong[at : at + chance.randrange(1, 40)]
    return bytes(wrong)


def outcome(data: bytes, key: str | None) -> tuple[Report | None, str]:
    """A report, or the code of the refusal; anything else raised is a fault of the reader."""
    try:
        return read_any(data, "x", key), ""
    except Invalid as error:
        return None, error.code


@pytest.mark.parametrize("key", list(FORMATS))
def test_a_mutilated_file_gives_a_report_or_a_refusal_and_nothing_else(key: str):
    data = FORMATS[key].write(SAMPLES, "A bank", MEDIA)
    for seed in range(60):
        report, code = outcome(mutilated(data, seed), key)
        assert (report is None) is code.startswith("import_")
        assert report is None or len(report.findings) >= len(report.entries)


@pytest.mark.parametrize("name", ["canvas", "blackboard", "tao", "qti3"])
def test_mutilated_members_of_foreign_packages(name: str):
    with zipfile.ZipFile(io.BytesIO(packed(name))) as source:
        members = {one: source.read(one) for one in source.namelist()}
    for seed in range(40):
        chance = random.Random(seed)
        wrong = dict(members)
        victim = chance.choice(sorted(wrong))
        wrong[victim] = mutilated(wrong[victim], seed)
        report, code = outcome(zip_of(wrong), None)
        assert (report is None) is code.startswith("import_")


def test_own_fields_that_were_tampered_with_are_not_trusted():
    data = FORMATS["moodle"].write(SAMPLES[:1], "T")
    for old, new in (
        (b'"key":"sample-single"', b'"key":"../../etc"'),
        (b'"topic":"management"', b'"topic":["x"]'),
        (b'"correct":true', b'"correct":"yes"'),
        (b'{"key":"sample-single"', b'[{"key":"sample-single"'),
    ):
        assert old in data
        report = read_any(data.replace(old, new), "x")
        assert [reason.code for reason in report.findings[0].reasons] == ["own_fields"]
        assert report.entries[0].lineage != "sample-single"


def test_a_name_without_canonical_form_is_no_fault_of_the_reader():
    data = FORMATS["moodle"].write(SAMPLES[:1], "T").replace(b"<questiontext", b'<questiontext xmlns:r="relative"', 1)
    assert len(read_any(data, "x").findings) == 1


def test_nothing_is_written_to_disk(monkeypatch: pytest.MonkeyPatch):
    import builtins
    import os
    import tempfile

    def forbidden(*_args: object, **_more: object) -> None:
        pytest.fail("a file was opened")

    files = [packed("canvas"), packed("tao"), plain("moodle.xml"), FORMATS["xlsx"].write(SAMPLES, "T")]
    for module, name in ((builtins, "open"), (os, "mkdir"), (tempfile, "mkstemp"), (tempfile, "TemporaryFile")):
        monkeypatch.setattr(module, name, forbidden)
    for data in files:
        assert read_any(data, "x").entries


def test_parsing_leaves_no_door_open():
    with pytest.raises(Invalid):
        parse_xml(b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/>', "x")
    root = parse_xml(
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></a>', "x"
    )
    assert "root:" not in "".join(root.itertext())
    assert detect(b"<quiz><question/></quiz>", "x") == "moodle"
