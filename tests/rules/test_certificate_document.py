"""What a certificate says, and what it never says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certificates.rules import document
from certificates.rules.document import freeze, printed_texts, protected_names, summary, words
from tests.factories.certificates import CODE, EVENT, SOCIETY, earned, make_snapshot


def everything(snapshot: dict) -> str:
    said = words(snapshot)
    return " ".join([said.heading, said.demonstration, said.certifies, *printed_texts(snapshot), *vars_of(snapshot)])


def vars_of(snapshot: dict) -> list[str]:
    shown = summary(snapshot)
    return [str(getattr(shown, name)) for name in shown.__slots__]


def test_the_snapshot_holds_days_of_the_releases_zone():
    snapshot = make_snapshot()
    assert snapshot["completed_on"] == "2026-11-22"
    assert snapshot["issued_on"] == "2026-11-23"
    assert make_snapshot(zone="UTC")["completed_on"] == "2026-11-23"
    assert make_snapshot(zone="Pacific/Kiritimati")["completed_on"] == "2026-11-23"


def test_the_snapshot_is_a_copy():
    facts = earned()
    snapshot = freeze(replace(EVENT, snapshot=facts), number="N", code=CODE)
    facts["provider"]["name"] = facts["name"] = "Somebody else"
    assert snapshot["name"] == "Jane Doe"
    assert snapshot["provider_name"] == "Demonstration provider"


def test_a_decomposed_name_is_frozen_composed():
    assert make_snapshot(name="Pha\u0323m")["name"] == "Ph\u1ea1m"


@pytest.mark.parametrize("kind", ["credit", "participation"])
def test_a_demonstration_says_so_and_names_no_accredited_credit(kind: str):
    snapshot = make_snapshot(kind)
    text = everything(snapshot)
    assert words(snapshot).demonstration == "Demonstration – no accredited credit"
    assert "AMA" not in text
    assert "Category 1" not in text
    assert "ACCME" not in text
    assert "demonstration credit" in text
    assert "not accredited" in text


def test_whatever_is_not_marked_accredited_is_a_demonstration():
    snapshot = make_snapshot(mode="accredited") | {"provider_mode": "unheard-of"}
    assert words(snapshot).demonstration
    assert "AMA" not in " ".join(figure.note for figure in words(snapshot).figures)


def test_a_physicians_document_has_what_the_ama_wants():
    snapshot = make_snapshot(mode="accredited")
    said = words(snapshot)
    text = everything(snapshot)
    assert said.heading == "Certificate of Credit"
    assert said.demonstration == ""
    for part in (
        "Jane Doe",
        SOCIETY,
        "Sleep-related leg cramps",
        "enduring material",
        "22 November 2026",
        "23 November 2026",
    ):
        assert part in text
    claimed, completed, maximum = said.figures
    assert (claimed.label, claimed.value, claimed.note) == ("Credit claimed", "0.75", "AMA PRA Category 1 Credits™")
    assert (completed.value, completed.note) == ("22 November 2026", "Los Angeles time")
    assert maximum.value == "1.00"
    assert [statement.split()[-1] for statement in said.statements] == ["physicians.", "activity."]


@pytest.mark.parametrize("mode", ["accredited", "demonstration"])
def test_participation_is_never_worded_as_an_award(mode: str):
    snapshot = make_snapshot("participation", mode=mode)
    text = everything(snapshot).lower()
    assert "certificate of participation" in text
    assert "has participated in" in text
    assert "was designated for" in text
    for word in ("award", "earned", "credit claimed", "certificate of credit", "designates"):
        assert word not in text


@pytest.mark.parametrize(
    ("quarters", "expected"), [(1, "Credits™"), (3, "Credits™"), (4, "Credit™"), (5, "Credits™"), (8, "Credits™")]
)
def test_one_credit_is_singular_and_everything_else_plural(quarters: int, expected: str):
    snapshot = make_snapshot(mode="accredited", amount=quarters)
    assert words(snapshot).figures[0].note == f"AMA PRA Category 1 {expected}"


@pytest.mark.parametrize(
    ("credit_type", "one", "several"),
    [
        ("aafp-prescribed", "AAFP Prescribed credit", "AAFP Prescribed credits"),
        ("ancc-contact-hour", "ANCC contact hour", "ANCC contact hours"),
        ("eaccme", "European CME credit (ECMEC)", "European CME credits (ECMEC)"),
    ],
)
def test_a_known_type_is_named_on_the_document_that_stands_for_it(credit_type: str, one: str, several: str):
    for kind in ("credit", "participation"):
        snapshot = make_snapshot(kind, mode="accredited") | {"credit_type": credit_type}
        assert (document.credit_unit(snapshot, 4), document.credit_unit(snapshot, 3)) == (one, several)
        assert any(figure.note in {one, several} for figure in words(snapshot).figures)
        assert "AMA PRA" not in " ".join(figure.note for figure in words(snapshot).figures)


def test_another_type_of_credit_borrows_no_protected_name():
    snapshot = make_snapshot(mode="accredited") | {"credit_type": "something-else"}
    assert document.credit_unit(snapshot, 3) == "credits"


def test_protected_names_are_found_with_one_trademark_each():
    pieces = protected_names("Up to 1.00 AMA PRA Category 1 Credit(s)™. AMA PRA Category 1 Credits (TM) are")
    assert [text for text, italic in pieces if italic] == ["AMA PRA Category 1 Credit(s)", "AMA PRA Category 1 Credits"]
    assert "".join(text for text, _ in pieces).count("™") == 2
    assert protected_names("plain") == [("plain", False)]


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("Sleep-related leg cramps", "Sleep-related-leg-cramps"),
        ("Ménière’s disease–what’s new?", "Menieres-disease-whats-new"),
        ("../../etc/passwd\r\nX: y", "etc-passwd-X-y"),
        ("病気", "module"),
        ("x" * 300, "x" * 80),
    ],
)
def test_file_names_tell_and_are_safe(title: str, part: str):
    name = document.file_name(make_snapshot(title=title))
    assert name == f"CME-certificate_{part}_2026-11-22_{CODE}.pdf"
    assert name.isascii()


def test_the_number_stays_readable_beyond_a_million():
    assert document.certificate_number(42, 2026) == "CME-2026-000042"
    assert document.certificate_number(1234567, 2027) == "CME-2027-1234567"


def test_a_release_without_review_prints_no_review():
    assert "reviewed" not in everything(make_snapshot(reviewed_on=None))


def test_issue_is_dated_by_the_grant():
    late = replace(EVENT, snapshot=earned(), granted_at=datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    snapshot = freeze(late, number="N", code=CODE)
    assert (snapshot["completed_on"], snapshot["issued_on"]) == ("2026-11-22", "2026-12-01")
