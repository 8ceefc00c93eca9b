"""What transcripts and covers say: sums kept apart, what does not stand is listed and not counted."""

from datetime import date

import pytest

from certificates import samples
from certificates.rules.looks import Paper
from certificates.rules.sheets import MOST_LISTED, Line, Sheet, cover, texts_of, transcript

ON = date(2026, 11, 28)


def line(kind: str = "credit", state: str = "valid", code: str = "0000", **changes: object) -> Line:
    return Line(samples.sample(kind, Paper.A4, **changes), state, code)


def written(*lines: Line) -> Sheet:
    return transcript(
        lines,
        name="Jane Doe",
        credentials="MD",
        country="US",
        site="Open CME",
        verify_base="https://cme.example.org/verify",
        on=ON,
    )


def covered(*lines: Line) -> Sheet:
    return cover(lines, site="Open CME", choice="All.", verify_base="https://cme.example.org/verify", on=ON)


def sums(sheet: Sheet) -> dict[str, str]:
    return {figure.note: figure.value for figure in sheet.figures}


def test_credit_participation_and_demonstrations_are_never_added_up():
    sheet = written(line(), line(), line("participation"), line(provider_mode="demonstration"))
    assert sums(sheet) == {
        "AMA PRA Category 1 Credits™": "1.50",
        "participation": "0.75",
        "demonstration credits, not accredited": "0.75",
    }
    assert sheet.band == ""
    assert any("not accredited and cannot be reported" in text for text in sheet.notes)


def test_a_transcript_of_demonstrations_says_so_at_its_head_and_names_no_accredited_credit():
    sheet = written(line(provider_mode="demonstration"))
    assert sheet.band == "Demonstration – no accredited credit"
    assert "AMA" not in " ".join([*texts_of(sheet), *sums(sheet)])


@pytest.mark.parametrize("state", ["revoked", "replaced"])
def test_what_does_not_stand_is_listed_and_not_counted(state: str):
    sheet = written(line(), line(state=state, code="7Q2M"))
    assert sums(sheet) == {"AMA PRA Category 1 Credits™": "0.75"}
    assert f"{state}, not counted" in texts_of(sheet)
    assert "7Q2M" in texts_of(sheet)


def test_years_are_those_of_completion_newest_first():
    sheet = written(line(completed_on="2025-12-31"), line(completed_on="2026-01-01"), line(completed_on="2025-01-01"))
    assert [(table.heading, len(table.rows)) for table in sheet.tables] == [("2026", 1), ("2025", 2)]
    assert sheet.tables[1].totals == (("AMA PRA Category 1 Credits™", "1.50"),)


def test_joint_providers_are_both_named():
    assert "The Example Society and Oak Hospital" in texts_of(written(line(joint_with="Oak Hospital")))


@pytest.mark.parametrize(("many", "said"), [(MOST_LISTED, ""), (MOST_LISTED + 1, "1 more are listed in manifest.csv")])
def test_a_cover_counts_all_and_lists_so_many(many: int, said: str):
    sheet = covered(*(line() for _ in range(many)))
    assert sheet.name == f"{many} certificates"
    assert len(sheet.tables[0].rows) == MOST_LISTED
    assert sums(sheet)["AMA PRA Category 1 Credits™"] == f"{many * 0.75:.2f}"
    assert any(text.startswith(said) for text in sheet.notes) if said else "manifest.csv" not in " ".join(sheet.notes)


def test_a_cover_names_one_certificate_in_the_singular():
    assert covered(line()).name == "1 certificate"
