"""Which paper a certificate is printed on; how joint providers and several types of credit are worded."""

import pytest

from certificates.rules.document import printed_texts, summary, words
from certificates.rules.looks import Paper, paper_of, pixels_of
from tests.factories.certificates import SOCIETY, make_snapshot

OFFERS = [["abim-moc", 4], ["ama-pra-category-1", 4], ["ancc-contact-hour", 5]]


@pytest.mark.parametrize(
    ("choice", "country", "paper"),
    [
        ("country", "US", Paper.LETTER),
        ("country", "us", Paper.LETTER),
        ("country", "CA", Paper.LETTER),
        ("country", "MX", Paper.LETTER),
        ("country", "DE", Paper.A4),
        ("country", "GB", Paper.A4),
        ("country", "JP", Paper.A4),
        ("country", "", Paper.LETTER),
        ("letter", "DE", Paper.LETTER),
        ("a4", "US", Paper.A4),
    ],
)
def test_the_provider_decides_or_the_country(choice: str, country: str, paper: Paper):
    assert paper_of(choice, country) is paper


@pytest.mark.parametrize(("paper", "ratio"), [("letter", 792 / 612), ("a4", 841.89 / 595.28)])
def test_the_picture_has_the_papers_shape(paper: str, ratio: float):
    width, height = pixels_of(paper)
    assert width / height == pytest.approx(ratio, abs=0.002)


def joint(**changes: object) -> dict:
    return make_snapshot(mode="accredited") | {"joint_with": "Riverside Hospital", **changes}


def test_a_joint_provider_is_named_after_the_one_that_awards_credit():
    assert summary(joint()).provider == f"{SOCIETY} and Riverside Hospital"
    assert f"{SOCIETY} and Riverside Hospital" in printed_texts(joint())
    assert summary(make_snapshot(mode="accredited")).provider == SOCIETY


def test_a_snapshot_from_before_there_were_joint_providers_still_speaks():
    old = {key: value for key, value in make_snapshot().items() if key not in {"joint_with", "offers", "paper"}}
    assert summary(old).provider == "Demonstration provider"
    assert words(old).others == ""


def test_several_types_of_credit_are_named_and_told_apart_from_the_claimed_one():
    said = words(joint(offers=OFFERS)).others
    assert said == (
        "The activity was also designated for a maximum of 1.00 ABIM MOC point and 1.25 ANCC contact hours. This document "
        "is a record of AMA PRA Category 1 Credit only."
    )
    assert words(make_snapshot("participation", mode="accredited") | {"offers": OFFERS}).others.endswith("hours.")


def test_a_type_that_is_not_known_here_is_called_by_its_key():
    assert "2.00 credits (new kind)" in words(joint(offers=[["new-kind", 8]])).others


@pytest.mark.parametrize("offers", [[], [["ama-pra-category-1", 4]]])
def test_one_type_needs_no_sentence(offers: list):
    assert words(joint(offers=offers)).others == ""


def test_a_demonstration_names_no_other_credit_either():
    assert words(make_snapshot() | {"offers": OFFERS}).others == ""
