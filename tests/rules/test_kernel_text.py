"""Typed text: what is kept of a line and a block, and what a fingerprint overlooks."""

import unicodedata

import pytest

from cme.kernel.text import clean_block, clean_line, fingerprint

LINES = {
    "plain": ("Ann Lee", "Ann Lee"),
    "ends trimmed": ("  Ann Lee \t", "Ann Lee"),
    "spaces collapsed": ("Ann \t  Lee", "Ann Lee"),
    "CRLF becomes a space": ("Ann\r\nBcc: x@example.org", "Ann Bcc: x@example.org"),
    "vertical tab and form feed": ("Ann\vLee\fDoe", "Ann Lee Doe"),
    "line and paragraph separators": ("Ann\u2028Lee\u2029Doe", "Ann Lee Doe"),
    "no-break space": ("Ann\u00a0Lee", "Ann Lee"),
    "NUL": ("Ann\0 Lee", "Ann Lee"),
    "escape": ("Ann\x1b[31m Lee", "Ann[31m Lee"),
    "right-to-left override": ("Ann\u202eeeL", "AnneeL"),
    "isolates": ("\u2066Ann\u2069 \u2067Lee\u2069", "Ann Lee"),
    "embedding and marks": ("\u202aAnn\u202c\u200e\u200f\u061c Lee", "Ann Lee"),
    "byte order mark": ("\ufeffAnn Lee", "Ann Lee"),
    "zero-width space": ("Ann\u200bLee", "AnnLee"),
    "soft hyphen": ("An\u00adn Lee", "Ann Lee"),
    "private use": ("Ann\ue000 Lee", "Ann Lee"),
    "lone surrogate": ("Ann\ud800 Lee", "Ann Lee"),
    "unassigned": ("Ann\u0378 Lee", "Ann Lee"),
    "language tag": ("Ann\U000e0041 Lee", "Ann Lee"),
    "accent composed": ("Nguye\u0302\u0303n", "Nguyễn"),
    "ligature kept": ("ﬁ", "ﬁ"),
    "joiner kept for Persian": ("می\u200cخواهم", "می\u200cخواهم"),
    "joiner kept for Malayalam": ("ന\u200d", "ന\u200d"),
    "Han": ("王小明", "王小明"),
    "apostrophe": ("O’Connor-Smith III", "O’Connor-Smith III"),
    "markup stays text": ("<b>{{7*7}}</b>", "<b>{{7*7}}</b>"),
    "only invisible": ("\u200b\u202e\0 \t", ""),
}
BLOCKS = {
    "CRLF": ("a\r\nb\rc\nd", "a\nb\nc\nd"),
    "ends trimmed": ("\n\n a \n b \n\n", "a \n b"),
    "tab kept": ("a\tb", "a\tb"),
    "NUL and escape gone": ("a\0b\x1bc", "abc"),
    "bidi controls gone": ("a\u202eb\u2066c\u2069", "abc"),
    "composed": ("e\u0301", "é"),
    "joiner kept": ("می\u200cخواهم", "می\u200cخواهم"),
    "lone surrogate gone": ("a\udfffb", "ab"),
    "only invisible": ("\0\u200b\r\n", ""),
}


@pytest.mark.parametrize(("typed", "kept"), LINES.values(), ids=LINES.keys())
def test_a_line_keeps_what_can_be_seen(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@pytest.mark.parametrize(("typed", "kept"), BLOCKS.values(), ids=BLOCKS.keys())
def test_a_block_keeps_its_lines(typed: str, kept: str) -> None:
    assert clean_block(typed) == kept


@pytest.mark.parametrize("clean", [clean_line, clean_block])
def test_no_code_point_survives_that_could_steer_what_is_shown(clean) -> None:
    kept_on_purpose = {"\u200c", "\u200d", "\n", "\t"}
    for number in range(0x3000):
        kept = clean(f"a{chr(number)}b")
        for char in set(kept) - kept_on_purpose:
            assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}, hex(number)
        assert kept.encode()  # always writable


@pytest.mark.parametrize("clean", [clean_line, clean_block])
@pytest.mark.parametrize("typed", [*[typed for typed, _ in LINES.values()], *[typed for typed, _ in BLOCKS.values()]])
def test_cleaning_twice_changes_nothing_more(clean, typed: str) -> None:
    assert clean(clean(typed)) == clean(typed)


def test_layout_case_and_compatibility_forms_do_not_change_a_fingerprint() -> None:
    reference = fingerprint("Cramp of the first calf")
    assert fingerprint("  cramp\n of\tthe ﬁrst   CALF ") == reference
    assert fingerprint("Cramp of the second calf") != reference
    assert fingerprint("Crampof the first calf") != reference
    assert len(reference) == 64
