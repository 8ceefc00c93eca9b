"""The claim decision as pure rules: every case of the term on both sides of each edge."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cme.activities.rules import term_of
from cme.credits.rules import (
    NOTHING_YET,
    ClaimFacts,
    Denied,
    Granted,
    MayNotStart,
    MayStart,
    Progress,
    Refusal,
    ReleaseRule,
    amount_problem,
    claim_deadline,
    decide_claim,
    may_count,
    may_start,
    suggested_quarters,
)

LOS_ANGELES = "America/Los_Angeles"
TICK = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def rule(
    opens_on: date = date(2024, 8, 9),
    expires_on: date = date(2027, 8, 9),
    zone: str = LOS_ANGELES,
    grace_days: int = 0,
    **changes: object,
) -> ReleaseRule:
    made = ReleaseRule(
        term=term_of(opens_on, expires_on, zone, grace_days),
        withdrawn_at=None,
        maximum_quarters=4,
        repeat_credit=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def met(at: datetime, **changes: object) -> ClaimFacts:
    """Everything is met at one instant, the evaluation is given and the statement confirmed."""
    facts = ClaimFacts(
        confirmed=True,
        front_matter_seen_at=at,
        read_at=at,
        passed_at=at,
        evaluation_given=True,
        attested=True,
        credited_before=False,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def code_of(verdict: Granted | Denied | MayStart | MayNotStart) -> str:
    return verdict.code.value if isinstance(verdict, Denied | MayNotStart) else "granted"


MODULE = rule()
OPENS = utc(2024, 8, 9, 7)
CLOSES = utc(2027, 8, 10, 7)

# Name: (release, completed at, claimed at, verdict). Completion is what the claim carries; `None` follows the claim.
CASES: dict[str, tuple[ReleaseRule, datetime | None, datetime, str]] = {
    "one microsecond before the end": (MODULE, None, CLOSES - TICK, "granted"),
    "the instant of the end": (MODULE, None, CLOSES, "completed_after_term"),
    "one microsecond after the end": (MODULE, None, CLOSES + TICK, "completed_after_term"),
    "the day before it opens": (MODULE, None, OPENS - timedelta(days=1), "not_open_yet"),
    "one microsecond before it opens": (MODULE, None, OPENS - TICK, "not_open_yet"),
    "the first instant": (MODULE, None, OPENS, "granted"),
    "completed before it opened, claimed inside": (MODULE, OPENS - TICK, OPENS, "completed_before_term"),
    "completed in the last microsecond, claimed at the end, no grace": (MODULE, CLOSES - TICK, CLOSES, "claims_closed"),
    "completed inside, claimed on 16 August, no grace": (
        MODULE,
        utc(2027, 8, 9, 12),
        utc(2027, 8, 16, 12),
        "claims_closed",
    ),
    "7 days of grace, 16 August 2027, last microsecond": (
        rule(grace_days=7),
        utc(2027, 8, 9, 12),
        utc(2027, 8, 17, 7) - TICK,
        "granted",
    ),
    "7 days of grace, 16 August 2027, noon": (
        rule(grace_days=7),
        utc(2027, 8, 9, 12),
        utc(2027, 8, 16, 19),
        "granted",
    ),
    "7 days of grace, 17 August 2027, first instant": (
        rule(grace_days=7),
        utc(2027, 8, 9, 12),
        utc(2027, 8, 17, 7),
        "claims_closed",
    ),
    "grace is for the claim, not for completion": (
        rule(grace_days=7),
        CLOSES,
        CLOSES + timedelta(hours=1),
        "completed_after_term",
    ),
    "grace with completion in the last microsecond": (
        rule(grace_days=7),
        CLOSES - TICK,
        CLOSES,
        "granted",
    ),
    "last day is the day clocks go forward, last microsecond": (
        rule(expires_on=date(2027, 3, 14)),
        None,
        utc(2027, 3, 15, 7) - TICK,
        "granted",
    ),
    "last day is the day clocks go forward, its end": (
        rule(expires_on=date(2027, 3, 14)),
        None,
        utc(2027, 3, 15, 7),
        "completed_after_term",
    ),
    "last day is the day clocks go back, last microsecond": (
        rule(expires_on=date(2026, 11, 1)),
        None,
        utc(2026, 11, 2, 8) - TICK,
        "granted",
    ),
    "last day is the day clocks go back, its end": (
        rule(expires_on=date(2026, 11, 1)),
        None,
        utc(2026, 11, 2, 8),
        "completed_after_term",
    ),
    "grace over a clock change ends at local midnight, last microsecond": (
        rule(expires_on=date(2026, 10, 30), grace_days=3),
        utc(2026, 10, 30),
        utc(2026, 11, 3, 8) - TICK,
        "granted",
    ),
    "grace over a clock change ends at local midnight": (
        rule(expires_on=date(2026, 10, 30), grace_days=3),
        utc(2026, 10, 30),
        utc(2026, 11, 3, 8),
        "claims_closed",
    ),
    "the midnight after the last day does not exist, last microsecond": (
        rule(date(2024, 1, 1), date(2024, 3, 30), "Asia/Beirut"),
        None,
        utc(2024, 3, 30, 22) - TICK,
        "granted",
    ),
    "the midnight after the last day does not exist, its end": (
        rule(date(2024, 1, 1), date(2024, 3, 30), "Asia/Beirut"),
        None,
        utc(2024, 3, 30, 22),
        "completed_after_term",
    ),
    "New York, 31 December, last microsecond": (
        rule(expires_on=date(2026, 12, 31), zone="America/New_York"),
        None,
        utc(2027, 1, 1, 5) - TICK,
        "granted",
    ),
    "New York, 31 December, its end": (
        rule(expires_on=date(2026, 12, 31), zone="America/New_York"),
        None,
        utc(2027, 1, 1, 5),
        "completed_after_term",
    ),
    "Honolulu, 31 December, last microsecond": (
        rule(expires_on=date(2026, 12, 31), zone="Pacific/Honolulu"),
        None,
        utc(2027, 1, 1, 10) - TICK,
        "granted",
    ),
    "Honolulu, 31 December, its end": (
        rule(expires_on=date(2026, 12, 31), zone="Pacific/Honolulu"),
        None,
        utc(2027, 1, 1, 10),
        "completed_after_term",
    ),
    "Kiritimati, 31 December, last microsecond": (
        rule(expires_on=date(2026, 12, 31), zone="Pacific/Kiritimati"),
        None,
        utc(2026, 12, 31, 10) - TICK,
        "granted",
    ),
    "Kiritimati, 31 December, its end": (
        rule(expires_on=date(2026, 12, 31), zone="Pacific/Kiritimati"),
        None,
        utc(2026, 12, 31, 10),
        "completed_after_term",
    ),
    "a term of one day, first instant": (
        rule(date(2026, 5, 5), date(2026, 5, 5)),
        None,
        utc(2026, 5, 5, 7),
        "granted",
    ),
    "a term of one day, last microsecond": (
        rule(date(2026, 5, 5), date(2026, 5, 5)),
        None,
        utc(2026, 5, 6, 7) - TICK,
        "granted",
    ),
    "a term of one day, its end": (
        rule(date(2026, 5, 5), date(2026, 5, 5)),
        None,
        utc(2026, 5, 6, 7),
        "completed_after_term",
    ),
    "after 2038": (rule(date(2037, 6, 1), date(2040, 5, 31)), None, utc(2038, 1, 19, 3, 14, 8), "granted"),
}


@pytest.mark.parametrize(("release", "completed_at", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_the_term_decides(release: ReleaseRule, completed_at: datetime | None, now: datetime, expected: str) -> None:
    verdict = decide_claim(release, met(completed_at or now), now=now)
    assert code_of(verdict) == expected
    if isinstance(verdict, Granted):
        assert verdict.completed_at == (completed_at or now)  # dated at completion, never at the claim


@pytest.mark.parametrize(("release", "completed_at", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_an_instant_is_the_same_in_whatever_zone_it_is_written(
    release: ReleaseRule, completed_at: datetime | None, now: datetime, expected: str
) -> None:
    far_east, far_west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    facts = met((completed_at or now).astimezone(far_east))
    assert code_of(decide_claim(release, facts, now=now.astimezone(far_west))) == expected


@pytest.mark.parametrize("missing", ["front_matter_seen_at", "read_at", "passed_at"])
@pytest.mark.parametrize("late", [False, True], ids=["one microsecond before the end", "at the end"])
def test_completion_is_the_latest_of_the_three(missing: str, late: bool) -> None:
    last = CLOSES if late else CLOSES - TICK
    verdict = decide_claim(rule(grace_days=7), met(utc(2026, 1, 1), **{missing: last}), now=CLOSES)
    if late:
        assert code_of(verdict) == "completed_after_term"
    else:
        assert isinstance(verdict, Granted)
        assert verdict.completed_at == last


MISSING = {
    "front matter": ({"front_matter_seen_at": None}, "front_matter_not_seen", "objectives and disclosures"),
    "reading": ({"read_at": None}, "article_not_read", "has not been read"),
    "passed quiz": ({"passed_at": None}, "quiz_not_passed", "quiz has not been passed"),
    "evaluation": ({"evaluation_given": False}, "evaluation_missing", "evaluation"),
    "attestation": ({"attested": False}, "not_attested", "statement"),
    "confirmed e-mail": ({"confirmed": False}, "email_not_confirmed", "e-mail"),
}


@pytest.mark.parametrize(("changes", "code", "words"), MISSING.values(), ids=MISSING.keys())
def test_a_missing_requirement_is_named(changes: dict[str, object], code: str, words: str) -> None:
    now = utc(2026, 11, 23)
    verdict = decide_claim(MODULE, met(now, **changes), now=now)
    assert isinstance(verdict, Denied)
    assert verdict.code.value == code
    assert words in verdict.sentence
    assert [one.rule for one in verdict.verdicts if not one.holds] == [code]


def test_every_decision_answers_every_rule_in_the_same_order() -> None:
    now = utc(2026, 11, 23)
    granted = decide_claim(MODULE, met(now), now=now)
    nothing = ClaimFacts(False, None, None, None, False, False, True)
    denied = decide_claim(replace(MODULE, withdrawn_at=now), nothing, now=now)
    assert isinstance(granted, Granted)
    assert isinstance(denied, Denied)
    names = [one.rule for one in granted.verdicts]
    assert names == [one.rule for one in denied.verdicts]
    # A closed term shows as one of the two deadlines, so the start's own code is the only one that no claim carries.
    assert set(names) == {code.value for code in Refusal} - {Refusal.TERM_CLOSED.value}
    assert all(one.holds and one.sentence == "" for one in granted.verdicts)
    assert denied.code is Refusal.WITHDRAWN
    failed = [one for one in denied.verdicts if not one.holds]
    assert len(failed) == 8
    assert all(len(one.sentence) > 20 and one.sentence.endswith(".") for one in failed)


def test_a_claim_without_anything_says_first_what_no_work_could_mend() -> None:
    nothing = ClaimFacts(False, None, None, None, False, False, False)
    assert code_of(decide_claim(MODULE, nothing, now=CLOSES - TICK)) == "front_matter_not_seen"
    assert code_of(decide_claim(MODULE, nothing, now=OPENS - TICK)) == "not_open_yet"
    after = decide_claim(MODULE, nothing, now=CLOSES)
    assert isinstance(after, Denied)
    assert "claims_closed" in [one.rule for one in after.verdicts if not one.holds]


@pytest.mark.parametrize(
    ("now", "expected"),
    [(utc(2026, 6, 1) - TICK, "granted"), (utc(2026, 6, 1), "withdrawn"), (utc(2026, 7, 1), "withdrawn")],
    ids=["received just before", "at the withdrawal", "after it"],
)
def test_a_withdrawal_ends_starts_and_claims_at_once(now: datetime, expected: str) -> None:
    withdrawn = rule(withdrawn_at=utc(2026, 6, 1))
    assert code_of(decide_claim(withdrawn, met(utc(2026, 5, 1)), now=now)) == expected
    assert code_of(may_start(withdrawn, credited_before=False, now=now)) == expected
    assert code_of(may_count(withdrawn, now=now)) == expected


@pytest.mark.parametrize(
    ("credited_before", "repeat_credit", "expected"),
    [
        (False, False, "granted"),
        (True, False, "credited_for_earlier_release"),
        (True, True, "granted"),
        (False, True, "granted"),
    ],
    ids=["first time", "again without the setting", "again with the setting", "first time with the setting"],
)
def test_credit_for_an_earlier_release_counts_unless_it_may_be_earned_again(
    credited_before: bool, repeat_credit: bool, expected: str
) -> None:
    now = utc(2026, 11, 23)
    release = rule(repeat_credit=repeat_credit)
    assert code_of(decide_claim(release, met(now, credited_before=credited_before), now=now)) == expected
    assert code_of(may_start(release, credited_before=credited_before, now=now)) == expected


@pytest.mark.parametrize(("credited_later", "expected"), [(False, "granted"), (True, "credited_for_later_release")])
def test_credit_for_a_later_release_that_does_not_repeat_is_not_given_again(
    credited_later: bool, expected: str
) -> None:
    now = utc(2026, 11, 23)
    facts = met(now, credited_later=credited_later)
    for repeat_credit in (False, True):  # of the earlier release: what it says of those before it does not matter
        assert code_of(decide_claim(rule(repeat_credit=repeat_credit), facts, now=now)) == expected


STARTS = {
    "the day before it opens": (OPENS - timedelta(days=1), "not_open_yet"),
    "one microsecond before it opens": (OPENS - TICK, "not_open_yet"),
    "the first instant": (OPENS, "granted"),
    "one microsecond before the end": (CLOSES - TICK, "granted"),
    "the instant of the end": (CLOSES, "term_closed"),
    "in the days of grace": (CLOSES + timedelta(days=3), "term_closed"),
}


@pytest.mark.parametrize(("now", "expected"), STARTS.values(), ids=STARTS.keys())
def test_a_start_and_a_submitted_quiz_follow_the_same_term(now: datetime, expected: str) -> None:
    release = rule(grace_days=7)
    assert code_of(may_start(release, credited_before=False, now=now)) == expected
    assert code_of(may_count(release, now=now)) == expected


def test_a_refused_start_says_when_and_in_whose_time() -> None:
    early = may_start(MODULE, credited_before=False, now=OPENS - TICK)
    late = may_start(MODULE, credited_before=False, now=CLOSES)
    assert isinstance(early, MayNotStart)
    assert isinstance(late, MayNotStart)
    assert early.sentence == "Credit opens on 9 August 2024, 12:00 am Los Angeles time."
    assert "9 August 2027, 11:59 pm Los Angeles time" in late.sentence


def test_refused_claims_say_when_and_in_whose_time() -> None:
    late = decide_claim(MODULE, met(CLOSES), now=CLOSES)
    closed = decide_claim(rule(grace_days=7), met(CLOSES - TICK), now=utc(2027, 8, 17, 7))
    assert isinstance(late, Denied)
    assert isinstance(closed, Denied)
    assert "9 August 2027, 11:59 pm Los Angeles time" in late.sentence
    assert "self-test" in late.sentence
    assert "16 August 2027, 11:59 pm Los Angeles time" in closed.sentence


@pytest.mark.parametrize(
    ("until", "deadline"),
    [
        (None, CLOSES),
        (CLOSES - timedelta(days=1), CLOSES),
        (CLOSES + timedelta(days=30), CLOSES + timedelta(days=30)),
    ],
    ids=["none of one's own", "earlier than the release's", "later"],
)
def test_a_personal_deadline_only_ever_gives_more_time(until: datetime | None, deadline: datetime) -> None:
    facts = met(CLOSES - TICK, claim_open_until=until)
    assert claim_deadline(MODULE.term.claims_close_at, until) == deadline
    assert isinstance(decide_claim(MODULE, facts, now=deadline - TICK), Granted)
    assert code_of(decide_claim(MODULE, facts, now=deadline)) == "claims_closed"


def test_a_personal_deadline_never_moves_the_term() -> None:
    facts = met(CLOSES, claim_open_until=CLOSES + timedelta(days=30))
    assert code_of(decide_claim(MODULE, facts, now=CLOSES + TICK)) == "completed_after_term"


@pytest.mark.parametrize(
    ("quarters", "fits"),
    [(None, False), (-1, False), (0, False), (1, True), (3, True), (4, True), (5, False), (4000, False)],
)
def test_an_amount_is_between_one_quarter_and_the_maximum(quarters: int | None, fits: bool) -> None:
    problem = amount_problem(quarters, 4)
    assert (problem is None) is fits
    if problem is not None:
        assert "0.25" in problem


@pytest.mark.parametrize(
    ("seconds", "minutes", "maximum", "quarters"),
    [
        (0, 60, 4, 1),
        (60 * 60, 60, 4, 4),
        (40 * 60, 60, 4, 4),
        (10 * 60 + 7 * 60 + 29, 60, 4, 2),
        (10 * 60 + 7 * 60 + 30, 60, 4, 3),
        (10 * 3600, 60, 4, 4),
        (0, 15, 1, 1),
        (3600, 60, 2, 2),
    ],
    ids=[
        "no time measured",
        "the whole time",
        "quiz time added",
        "just under half a step",
        "half a step",
        "a whole day",
        "smallest module",
        "never above the maximum",
    ],
)
def test_the_suggested_amount_follows_the_time_and_stays_in_range(
    seconds: int, minutes: int, maximum: int, quarters: int
) -> None:
    assert suggested_quarters(seconds, minutes, maximum) == quarters


AT = utc(2026, 1, 1)


@pytest.mark.parametrize(
    ("progress", "current", "done"),
    [
        (NOTHING_YET, "read", []),
        (Progress(AT, None, None, None, None, 1, 2, 0), "read", []),
        (Progress(AT, AT, None, None, None, 2, 2, 0), "quiz", ["read"]),
        (Progress(AT, None, AT, None, None, 1, 2, 0), "read", ["quiz"]),
        (Progress(AT, AT, AT, None, None, 2, 2, 0), "claim", ["read", "quiz"]),
        (Progress(AT, AT, AT, AT, 1, 2, 2, 0), "certificate", ["read", "quiz", "claim", "certificate"]),
    ],
    ids=["nothing", "started", "read", "passed before reading", "completed", "claimed"],
)
def test_the_rail_knows_what_is_done_and_what_comes_next(progress: Progress, current: str, done: list[str]) -> None:
    assert progress.current == current
    assert [step for step in ("read", "quiz", "claim", "certificate", "other") if progress.done(step)] == done


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_nothing_is_completed_while_one_requirement_is_open(missing: int) -> None:
    instants: list[datetime | None] = [utc(2026, 1, 1), utc(2026, 1, 3), utc(2026, 1, 2)]
    assert Progress(*instants, None, None, 0, 0, 0).completed_at == utc(2026, 1, 3)
    instants[missing] = None
    assert Progress(*instants, None, None, 0, 0, 0).completed_at is None
    assert ClaimFacts(True, *instants, True, True, False).completed_at is None
