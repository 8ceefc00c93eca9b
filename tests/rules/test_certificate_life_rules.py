"""Words and rules of what becomes of a certificate."""

from urllib.parse import parse_qs, urlsplit

import pytest

from certificates.rules.life import (
    LONGEST_REASON,
    Ground,
    State,
    changed_fields,
    ground_of,
    ground_sentence,
    lines,
    reason_problem,
)
from certificates.rules.sharing import linkedin_address
from tests.factories.certificates import make_snapshot

PRESENT = {"name": "Jane Doe", "credentials": "MD", "profession": "physician", "amount_quarters": 3}


def test_only_what_differs_counts_in_a_fixed_order():
    assert changed_fields(PRESENT, PRESENT) == []
    assert changed_fields(PRESENT, {"amount_quarters": 4, "name": "Jane Roe"}) == ["name", "amount_quarters"]
    assert ground_of(["name", "amount_quarters"]) == "name,amount_quarters"
    assert ground_of([]) == "same-facts"


def test_everybody_reads_which_fields_and_never_what_stood_there():
    assert ground_sentence("replaced", "name,amount_quarters") == "Corrected: name, amount."
    assert ground_sentence("replaced", "same-facts") == "It was issued again with the same facts."
    for unknown in ("", "Jane Doe", "x,y"):
        assert ground_sentence("replaced", unknown) == ""
    assert ground_sentence("issued", "name") == ""
    assert ground_sentence("revoked", "private words") == ""
    sentences = {ground_sentence("revoked", ground) for ground in Ground}
    assert len(sentences) == len(Ground)
    assert "" not in sentences


def test_a_correction_is_told_line_by_line():
    told = lines(PRESENT, {**PRESENT, "profession": "nurse", "credentials": "", "amount_quarters": 1})
    assert [(line.label, line.before, line.after) for line in told] == [
        ("Letters after the name", "MD", "none"),
        ("Profession", "Physician (MD, DO, MBBS or equivalent)", "Nurse"),
        ("Amount", "0.75", "0.25"),
    ]


@pytest.mark.parametrize(("reason", "fine"), [("", False), ("no", False), ("yes", True), ("x" * LONGEST_REASON, True)])
def test_a_reason_is_asked_for(reason: str, fine: bool):
    assert (reason_problem(reason) is None) is fine
    assert reason_problem("x" * (LONGEST_REASON + 1))


def test_programs_are_told_valid():
    assert [state.word for state in State] == ["valid", "replaced", "revoked"]


def test_linkedin_gets_name_number_and_address_but_no_end():
    assert linkedin_address(make_snapshot(), "https://x/verify/y") is None
    address = linkedin_address(make_snapshot(mode="accredited"), "https://x/verify/y?a=b&c")
    assert address is not None
    fields = parse_qs(urlsplit(address).query)
    assert fields["certUrl"] == ["https://x/verify/y?a=b&c"]
    assert fields["name"] == ["Sleep-related leg cramps (Certificate of Credit)"]
    assert not [name for name in fields if "xpir" in name]
