"""What must hold in the database after any load and any fault: each statement finds breaches, and finds none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Query = Callable[[str], Iterable[tuple[Any, ...]]]

INVARIANTS: dict[str, str] = {
    "I1 a credit rests on one counted pass of its person and release": """
        SELECT c.id FROM credits c
        LEFT JOIN requirements_met m
          ON m.person_id = c.person_id AND m.release_id = c.release_id AND m.requirement = 'quiz'
        LEFT JOIN attempts a ON m.evidence = 'attempt:' || a.id
        WHERE c.entry = 'earned' AND (a.id IS NULL OR a.state <> 'submitted' OR NOT a.passed OR NOT a.counted
          OR a.person_id <> c.person_id OR a.release_id <> c.release_id)""",
    "I1 no attempt is the evidence of two credits": """
        SELECT m.evidence FROM requirements_met m
        JOIN credits c ON c.person_id = m.person_id AND c.release_id = m.release_id AND c.entry = 'earned'
        GROUP BY m.evidence HAVING COUNT(*) > 1""",
    "I2 one earned credit per person and release": """
        SELECT person_id, release_id FROM credits WHERE entry = 'earned'
        GROUP BY person_id, release_id HAVING COUNT(*) > 1""",
    "I2 no credit beside that of a later release which does not give it again": """
        SELECT a.id FROM credits a JOIN releases early ON early.id = a.release_id
        JOIN credits b ON b.person_id = a.person_id AND b.entry = 'earned'
        JOIN releases late ON late.id = b.release_id AND late.activity_id = early.activity_id
        WHERE a.entry = 'earned' AND early.number < late.number AND NOT late.repeat_credit""",
    "I3 every credit was completed inside its release's term": """
        SELECT c.id FROM credits c JOIN releases r ON r.id = c.release_id
        LEFT JOIN claim_extensions x ON x.person_id = c.person_id AND x.release_id = c.release_id
        WHERE c.completed_at >= r.closes_at OR c.completed_at < r.opens_at
          OR (c.entry = 'earned' AND c.granted_at >= COALESCE(x.open_until, r.claims_close_at))""",
    "I4 every granted decision has its credit, every credit its granted decision": """
        SELECT d.id FROM claim_decisions d LEFT JOIN credits c ON c.decision_id = d.id
        WHERE d.outcome = 'granted' AND (c.id IS NULL OR c.person_id <> d.person_id OR c.release_id <> d.release_id)
        UNION ALL
        SELECT c.id FROM credits c JOIN claim_decisions d ON d.id = c.decision_id WHERE d.outcome <> 'granted'""",
    "I4 every granted claim has its evaluation": """
        SELECT c.id FROM credits c
        LEFT JOIN evaluation_responses e ON e.person_id = c.person_id AND e.release_id = c.release_id
        WHERE c.entry = 'earned' AND e.id IS NULL""",
    "I4 every counted pass is written as a requirement, dated no later": """
        SELECT a.id FROM attempts a
        LEFT JOIN requirements_met m
          ON m.person_id = a.person_id AND m.release_id = a.release_id AND m.requirement = 'quiz'
        WHERE a.counted AND (m.met_at IS NULL OR m.met_at > a.submitted_at)""",
    "I4 a pass for credit inside the term counts": """
        SELECT a.id FROM attempts a JOIN releases r ON r.id = a.release_id
        WHERE a.passed AND a.for_credit AND NOT a.counted AND r.withdrawn_at IS NULL
          AND a.submitted_at >= r.opens_at AND a.submitted_at < r.closes_at""",
    "I5 every credit has one certificate, first revision, issued": """
        SELECT c.id FROM credits c LEFT JOIN certificates t ON t.credit_id = c.id AND t.revision = 1
        LEFT JOIN certificate_events e ON e.certificate_id = t.id AND e.event = 'issued'
        WHERE c.entry = 'earned' GROUP BY c.id HAVING COUNT(t.id) <> 1 OR COUNT(e.id) <> 1""",
    "I5 no certificate without its person's credit": """
        SELECT t.id FROM certificates t LEFT JOIN credits c ON c.id = t.credit_id
        WHERE c.id IS NULL OR c.person_id <> t.person_id""",
    "I7 an attempt is submitted once": """
        SELECT a.id FROM attempts a
        LEFT JOIN audit_events e
          ON e.subject = 'attempt' AND e.event = 'attempt.submitted' AND e.subject_id = CAST(a.id AS VARCHAR(80))
        GROUP BY a.id, a.state
        HAVING COUNT(e.event) <> CASE WHEN a.state = 'submitted' THEN 1 ELSE 0 END""",
    "I7 a code names one attempt": "SELECT code FROM attempts GROUP BY code HAVING COUNT(*) > 1",
    "I13 the stored score is the sum of its answers": """
        SELECT a.id FROM attempts a JOIN answers w ON w.attempt_id = a.id
        WHERE a.state = 'submitted'
        GROUP BY a.id, a.earned_points, a.total_points, a.pass_points, a.passed
        HAVING SUM(w.points) <> a.earned_points OR COUNT(w.points) <> COUNT(*) OR SUM(w.maximum) <> a.total_points
          OR (a.earned_points >= a.pass_points) <> a.passed""",
    "I13 the points of a single choice follow from the version": """
        SELECT w.attempt_id, w.position FROM attempts a JOIN answers w ON w.attempt_id = a.id
        JOIN questions q ON q.id = w.question_id
        LEFT JOIN choices c ON c.question_id = w.question_id AND c.key = w.chosen
        LEFT JOIN key_overrides o ON o.question_id = w.question_id
        WHERE a.state = 'submitted' AND w.kind = 'single' AND o.question_id IS NULL
          AND w.points <> CASE WHEN c.correct THEN q.points ELSE 0 END""",
    "I13 every answered question belongs to the attempt's version": """
        SELECT a.id FROM attempts a JOIN answers w ON w.attempt_id = a.id JOIN questions q ON q.id = w.question_id
        WHERE q.version_id <> a.version_id""",
    "I14 at most one open attempt per person and release": """
        SELECT person_id, release_id FROM attempts WHERE state = 'open'
        GROUP BY person_id, release_id HAVING COUNT(*) > 1""",
    "I14 attempts are numbered without a gap": """
        SELECT person_id, release_id FROM attempts GROUP BY person_id, release_id
        HAVING MAX(number) <> COUNT(*) OR MIN(number) <> 1""",
}


@dataclass
class Journal:
    """What the server has acknowledged, written down on the client's side."""

    submitted: dict[str, str] = field(default_factory=dict)
    """Attempt codes whose submission was answered with the result's address, and the choice that was sent."""
    saved: dict[tuple[str, int], str] = field(default_factory=dict)
    """(attempt code, position): the choice that the server said it had saved last."""


def breaches(query: Query, journal: Journal | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Every broken invariant with the rows that break it; empty when all hold."""
    found = {name: [tuple(row) for row in query(statement)] for name, statement in INVARIANTS.items()}
    if journal is not None:
        found |= lost(query, journal)
    return {name: rows for name, rows in found.items() if rows}


def lost(query: Query, journal: Journal) -> Mapping[str, list[tuple[Any, ...]]]:
    """I6: acknowledged by the server, and not in the database."""
    submitted = {row[0] for row in query("SELECT code FROM attempts WHERE state = 'submitted'")}
    chosen: dict[tuple[str, int], str] = {
        (row[0], row[1]): row[2]
        for row in query(
            "SELECT a.code, w.position, w.chosen FROM attempts a JOIN answers w ON w.attempt_id = a.id "
            "WHERE w.chosen IS NOT NULL"
        )
    }
    by_code: dict[str, set[str]] = {}
    for (code, _position), choice in chosen.items():
        by_code.setdefault(code, set()).add(choice)
    return {
        "I6 every acknowledged submission is there": [(code,) for code in journal.submitted if code not in submitted],
        "I6 every submission holds the answers that were sent": [
            (code, choice) for code, choice in journal.submitted.items() if by_code.get(code) != {choice}
        ],
        "I6 every acknowledged answer is there": [
            (*place, choice) for place, choice in journal.saved.items() if chosen.get(place) != choice
        ],
    }
