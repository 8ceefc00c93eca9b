"""The claim decision: pure functions of facts and `now`.

Default rule: completion (front matter seen, article read, quiz passed) and claim (evaluation, amount, attestation) both
lie inside the term. A release may give days of grace after its last day for evaluation and claim only. A right to claim
that was extended (a corrected key, see `claim_open_until`) moves the claim deadline, never the term.
Sources: ACCME enduring-material policy; AMA PRA credit system (claimed amount in quarters up to the maximum).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cme.activities.rules import DEMONSTRATION_CREDIT, Term, is_physicians
from cme.kernel.days import closing_phrase, instant_phrase
from cme.kernel.professions import Profession
from cme.kernel.quarters import format_quarters

RULES_VERSION = "2026-2"


class Kind(StrEnum):
    """Credit for physicians, participation for everybody else; never mixed, totalled apart."""

    CREDIT = "credit"
    PARTICIPATION = "participation"


def kind_of(profession: Profession, credit_type: str) -> Kind:
    """What this person earns with that type: a physician takes part in what is credit for nurses only."""
    return Kind.CREDIT if profession.earns_credit and is_physicians(credit_type) else Kind.PARTICIPATION


def printed_mark(name: str, credentials: str, profession: str) -> str:
    """Names what a certificate takes from a profile, so that a claim can say which one its page showed."""
    return sha256("\n".join((name, credentials, profession)).encode()).hexdigest()[:16]


def listed_type(kind: str, credit_type: str, provider_mode: str) -> str:
    """The type as lists name it: none for participation, and no accredited one for a demonstration."""
    if kind != Kind.CREDIT.value:
        return ""
    return credit_type if provider_mode == "accredited" else DEMONSTRATION_CREDIT


class Refusal(StrEnum):
    """Why a start or a claim is refused: stable codes."""

    NOT_CONFIRMED = "email_not_confirmed"
    NOT_OPEN_YET = "not_open_yet"
    TERM_CLOSED = "term_closed"
    WITHDRAWN = "withdrawn"
    FRONT_MATTER_NOT_SEEN = "front_matter_not_seen"
    ARTICLE_NOT_READ = "article_not_read"
    QUIZ_NOT_PASSED = "quiz_not_passed"
    EVALUATION_MISSING = "evaluation_missing"
    COMPLETED_TOO_EARLY = "completed_before_term"
    COMPLETED_TOO_LATE = "completed_after_term"
    CLAIMS_CLOSED = "claims_closed"
    ALREADY_CREDITED = "credited_for_earlier_release"
    CREDITED_LATER = "credited_for_later_release"
    NOT_ATTESTED = "not_attested"


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """What of a release a decision depends on."""

    term: Term
    withdrawn_at: datetime | None
    maximum_quarters: int
    repeat_credit: bool


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is known of one person and one release when a claim arrives."""

    confirmed: bool
    front_matter_seen_at: datetime | None
    read_at: datetime | None
    passed_at: datetime | None
    evaluation_given: bool
    attested: bool
    credited_before: bool
    """Credit exists for an earlier release of the same activity."""
    claim_open_until: datetime | None = None
    """A personal claim deadline, later than the release's; set where a corrected key came after the term."""
    credited_later: bool = False
    """Credit exists for a later release of the same activity, which does not give it again."""

    @property
    def completed_at(self) -> datetime | None:
        """The latest of the three requirements, or None while one is missing."""
        instants = (self.front_matter_seen_at, self.read_at, self.passed_at)
        present = [instant for instant in instants if instant is not None]
        return max(present) if len(present) == len(instants) else None


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule's answer; every decision keeps all of them."""

    rule: str
    holds: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Granted:
    """Credit is due, dated at completion."""

    completed_at: datetime
    verdicts: tuple[RuleVerdict, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """No credit: the first rule that fails gives code and sentence, all verdicts are kept."""

    code: Refusal
    sentence: str
    verdicts: tuple[RuleVerdict, ...]


@dataclass(frozen=True, slots=True)
class MayStart:
    """Credit can be started now."""


@dataclass(frozen=True, slots=True)
class MayNotStart:
    """Credit cannot be started; the article can still be read and the quiz taken as a self-test."""

    code: Refusal
    sentence: str


def may_start(release: ReleaseRule, *, credited_before: bool, now: datetime) -> MayStart | MayNotStart:
    """Whether a start now could lead to credit: asked before the front matter is recorded and before each attempt."""
    term = release.term
    if release.withdrawn_at is not None and now >= release.withdrawn_at:
        return MayNotStart(Refusal.WITHDRAWN, _withdrawn())
    if now < term.opens_at:
        return MayNotStart(Refusal.NOT_OPEN_YET, f"Credit opens on {instant_phrase(term.opens_at, term.zone)}.")
    if now >= term.closes_at:
        return MayNotStart(Refusal.TERM_CLOSED, _closed(term))
    if credited_before and not release.repeat_credit:
        return MayNotStart(Refusal.ALREADY_CREDITED, _credited_before())
    return MayStart()


def may_count(release: ReleaseRule, *, now: datetime) -> MayStart | MayNotStart:
    """Whether a quiz submitted now counts towards credit: the term decides by the instant of receipt."""
    return may_start(release, credited_before=False, now=now)


def decide_claim(release: ReleaseRule, facts: ClaimFacts, *, now: datetime) -> Granted | Denied:
    """Grant or refuse a well-formed claim. Every rule is asked, so that the record shows each verdict."""
    asked = _ask(release, facts, now)
    verdicts = tuple(verdict for _code, verdict in asked)
    for code, verdict in asked:
        if not verdict.holds:
            return Denied(code, verdict.sentence, verdicts)
    completed_at = facts.completed_at
    assert completed_at is not None  # the three requirement rules hold, so all three instants are there
    return Granted(completed_at, verdicts)


def claim_deadline(claims_close_at: datetime, own: datetime | None) -> datetime:
    """Until when evaluation and claim are taken, exclusive: the release's deadline, or a later one of the person."""
    return claims_close_at if own is None else max(claims_close_at, own)


def _ask(release: ReleaseRule, facts: ClaimFacts, now: datetime) -> list[tuple[Refusal, RuleVerdict]]:
    term = release.term
    completed = facts.completed_at
    deadline = claim_deadline(term.claims_close_at, facts.claim_open_until)
    active = release.withdrawn_at is None or now < release.withdrawn_at
    rules: Sequence[tuple[Refusal, bool, str]] = (
        (Refusal.WITHDRAWN, active, _withdrawn()),
        (Refusal.NOT_OPEN_YET, now >= term.opens_at, f"Credit opens on {instant_phrase(term.opens_at, term.zone)}."),
        (
            Refusal.FRONT_MATTER_NOT_SEEN,
            facts.front_matter_seen_at is not None,
            "Credit needs a start: the page with the learning objectives and disclosures has not been confirmed yet.",
        ),
        (Refusal.ARTICLE_NOT_READ, facts.read_at is not None, "The article has not been read to its end yet."),
        (Refusal.QUIZ_NOT_PASSED, facts.passed_at is not None, "The quiz has not been passed yet."),
        (
            Refusal.COMPLETED_TOO_EARLY,
            completed is None or completed >= term.opens_at,
            f"Your completion lies before the term opened on {instant_phrase(term.opens_at, term.zone)}.",
        ),
        (Refusal.COMPLETED_TOO_LATE, completed is None or completed < term.closes_at, _completed_late(term)),
        (Refusal.CLAIMS_CLOSED, now < deadline, _claims_closed(term, deadline)),
        (
            Refusal.ALREADY_CREDITED,
            release.repeat_credit or not facts.credited_before,
            _credited_before(),
        ),
        (
            Refusal.CREDITED_LATER,
            not facts.credited_later,
            "You already have credit for a later release of this module, which does not give it twice.",
        ),
        (
            Refusal.NOT_CONFIRMED,
            facts.confirmed,
            "Confirm your e-mail address first: open the link we sent you, then claim again.",
        ),
        (Refusal.EVALUATION_MISSING, facts.evaluation_given, "The evaluation belongs to the claim and is missing."),
        (Refusal.NOT_ATTESTED, facts.attested, "The statement about your participation was not confirmed."),
    )
    return [(code, RuleVerdict(code.value, holds, "" if holds else sentence)) for code, holds, sentence in rules]


def amount_problem(quarters: int | None, maximum_quarters: int) -> str | None:
    """What is wrong with a claimed amount, or None. The amount is whole quarters, at least one."""
    if quarters is None:
        return "Choose an amount in steps of 0.25 credit."
    if not 1 <= quarters <= maximum_quarters:
        return f"Choose an amount between 0.25 and {format_quarters(maximum_quarters)}."
    return None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one person stands with one release; what the credit rail shows."""

    front_matter_seen_at: datetime | None
    read_at: datetime | None
    passed_at: datetime | None
    claimed_at: datetime | None
    credit_id: int | None
    sections_reached: int
    sections_total: int
    active_seconds: int
    kind: str | None = None
    """Of what was claimed: nobody is told of credit who has a record of participation."""

    @property
    def has_credit(self) -> bool:
        """Whether what was claimed is a physician's credit."""
        return self.kind == Kind.CREDIT.value

    @property
    def completed_at(self) -> datetime | None:
        """As in `ClaimFacts.completed_at`."""
        instants = (self.front_matter_seen_at, self.read_at, self.passed_at)
        present = [instant for instant in instants if instant is not None]
        return max(present) if len(present) == len(instants) else None

    @property
    def current(self) -> str:
        """The key of the step that comes next."""
        if self.claimed_at is not None:
            return "certificate"
        if self.read_at is None:
            return "read"
        return "quiz" if self.passed_at is None else "claim"

    def done(self, step: str) -> bool:
        """Whether the step of that key lies behind."""
        return {
            "read": self.read_at is not None,
            "quiz": self.passed_at is not None,
            "claim": self.claimed_at is not None,
            "certificate": self.claimed_at is not None,
        }.get(step, False)


NOTHING_YET = Progress(None, None, None, None, None, 0, 0, 0)
SUGGESTION_STEP = 15 * 60


def suggested_quarters(active_seconds: int, estimated_minutes: int, maximum_quarters: int) -> int:
    """An amount that fits the measured time, to the nearest quarter hour, one quarter at least; a hint, never a rule.

    The clock counts reading only; the quiz's share of the estimate is added as the part that reading does not cover.
    """
    seconds = min(active_seconds + estimated_minutes * 60 // 3, estimated_minutes * 60)
    quarters = (seconds + SUGGESTION_STEP // 2) // SUGGESTION_STEP
    return max(1, min(quarters, maximum_quarters))


def _withdrawn() -> str:
    return "This module was withdrawn and no longer gives credit. Credit earned before stays valid."


def _closed(term: Term) -> str:
    return f"This module stopped awarding credit: its last minute was {closing_phrase(term.closes_at, term.zone)}."


def _completed_late(term: Term) -> str:
    return (
        "Reading and quiz were completed after the term, whose last minute was "
        f"{closing_phrase(term.closes_at, term.zone)}. What you did counts as a self-test."
    )


def _claims_closed(term: Term, deadline: datetime) -> str:
    return f"Evaluation and claim closed: the last minute was {closing_phrase(deadline, term.zone)}."


def _credited_before() -> str:
    return "You already have credit for an earlier release of this module, and this release does not give it again."
