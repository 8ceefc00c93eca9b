"""Years of other people's data, poured in by the database itself."""

import warnings
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.sql.expression import FromClause, Select

import certificates.models as certificate_models
from cme.activities.models import Activity, CreditOffer, FrontMatterView, Release
from cme.articles.models import Article, ArticleRevision, Reading
from cme.audit.models import AuditEvent
from cme.credits.models import ClaimDecision, Credit, RequirementMet
from cme.evaluations.models import EvaluationAssignment
from cme.people.models import Person
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question, QuizAssignment

PER_PERSON = 10
MARK = "filler-"
numbers = Table("bench_numbers", MetaData(), Column("n", Integer, primary_key=True))


def fill_activities(connection: Connection, pattern: int, count: int) -> None:
    """`count` more modules in the catalogue, like the pattern activity; they share its quiz and evaluation form."""
    if count < 1:
        return
    n = _numbers(connection, count)
    article, revision, activity, release = (model.__table__ for model in (Article, ArticleRevision, Activity, Release))
    first = select(activity).where(activity.c.id == pattern).subquery()
    old = select(release).where(release.c.activity_id == pattern).subquery()
    name = literal(MARK) + _text(n.c.n)
    _pour(connection, article, select(n), {"slug": name})
    _copy(connection, revision, _one(revision, old.c.revision_id), _new(article), {"article_id": article.c.id})
    _copy(
        connection,
        activity,
        first,
        _new(article),
        {"slug": article.c.slug, "article_id": article.c.id, "title": literal("Module ") + article.c.slug},
    )
    born = and_(activity.c.slug.startswith(MARK), revision.c.article_id == activity.c.article_id)
    _copy(
        connection,
        release,
        old,
        select(activity.c.id, revision.c.id).where(born),
        {"activity_id": activity.c.id, "revision_id": revision.c.id},
    )
    of_old = select(release.c.id).where(release.c.activity_id == pattern).scalar_subquery()
    mine = select(release).where(release.c.activity_id == activity.c.id, activity.c.slug.startswith(MARK))
    for model in (CreditOffer, QuizAssignment, EvaluationAssignment):
        table = model.__table__
        pattern_row = select(table).where(table.c.release_id == of_old).subquery()
        _copy(connection, table, pattern_row, mine, {"release_id": release.c.id})


def fill_attempts(connection: Connection, release_id: int, version_id: int, count: int, now: datetime) -> None:
    """`count` submitted attempts of other people, ten each, with their answers, credits and certificates."""
    people = max(1, count // PER_PERSON)
    n = _numbers(connection, max(people, PER_PERSON))
    person, attempt, answer = Person.__table__, Attempt.__table__, Answer.__table__
    release = Release.__table__
    values: dict[str, Any] = {
        "email": literal(MARK) + _text(n.c.n),
        "email_key": literal(MARK) + _text(n.c.n),
        "name": "Filler Person",
        "credentials": "MD",
        "profession": "physician",
        "country": "US",
        "password_hash": "!",
        "registered_at": now,
        "confirmed_at": now,
    }
    _pour(connection, person, select(n).where(n.c.n <= people), values)
    fillers = person.c.email_key.startswith(MARK)
    here = release.c.id == release_id
    passed = n.c.n == PER_PERSON
    _pour(
        connection,
        attempt,
        select(person, n, release).where(fillers, here, n.c.n <= PER_PERSON),
        {
            "code": literal(MARK) + _text(person.c.id) + literal("-") + _text(n.c.n),
            "person_id": person.c.id,
            "release_id": release.c.id,
            "version_id": version_id,
            "number": n.c.n,
            "seed": "filler",
            "state": "submitted",
            "for_credit": True,
            "started_at": now,
            "submitted_at": now,
            "total_points": release.c.total_points,
            "pass_points": release.c.pass_points,
            "earned_points": _either(passed, release.c.total_points, 0),
            "passed": passed,
            "counted": passed,
        },
    )
    _answers(connection, attempt, answer, version_id, now)
    _credits(connection, person, attempt, release, release_id, now)


def _answers(connection: Connection, attempt: Any, answer: Any, version_id: int, now: datetime) -> None:
    question = Question.__table__
    lowest = select(func.min(question.c.position)).where(question.c.version_id == version_id).scalar_subquery()
    place = question.c.position - lowest + 1
    _pour(
        connection,
        answer,
        select(attempt, question).where(
            attempt.c.code.startswith(MARK), question.c.version_id == version_id, place <= attempt.c.total_points
        ),
        {
            "attempt_id": attempt.c.id,
            "position": place,
            "question_id": question.c.id,
            "choice_order": ["a", "b", "c", "d"],
            "chosen": "a",
            "saved_at": now,
            "points": 0,
        },
    )
    for event in ("attempt.started", "attempt.submitted"):
        _pour(
            connection,
            AuditEvent.__table__,
            select(attempt).where(attempt.c.code.startswith(MARK)),
            {
                "event": event,
                "at": now,
                "subject": "attempt",
                "details": {},
                "person_id": attempt.c.person_id,
                "subject_id": _text(attempt.c.id),
            },
        )


def _credits(connection: Connection, person: Any, attempt: Any, release: Any, release_id: int, now: datetime) -> None:
    fillers = select(person, release).where(person.c.email_key.startswith(MARK), release.c.id == release_id)
    both = {"person_id": person.c.id, "release_id": release.c.id}
    _pour(connection, FrontMatterView.__table__, fillers, {**both, "digest": "0" * 64, "seen_at": now})
    _pour(
        connection,
        Reading.__table__,
        fillers,
        {
            "person_id": person.c.id,
            "revision_id": release.c.revision_id,
            "sections": [],
            "active_seconds": 60,
            "started_at": now,
            "seen_at": now,
            "read_at": now,
            "read_how": "button",
        },
    )
    _pour(
        connection,
        RequirementMet.__table__,
        select(attempt).where(attempt.c.code.startswith(MARK), attempt.c.passed),
        {
            "person_id": attempt.c.person_id,
            "release_id": attempt.c.release_id,
            "requirement": "quiz",
            "met_at": now,
            "evidence": literal("attempt:") + _text(attempt.c.id),
        },
    )
    _pour(
        connection,
        ClaimDecision.__table__,
        fillers,
        {
            **both,
            "decided_at": now,
            "outcome": "granted",
            "code": "granted",
            "sentence": "",
            "facts": {},
            "verdicts": [],
            "rules_version": "1",
        },
    )
    decision, credit = ClaimDecision.__table__, Credit.__table__
    snapshot = {"name": "Filler Person", "title": "Filler", "zone": "UTC", "learning_format": "text", "provider": {}}
    _pour(
        connection,
        credit,
        select(decision, release).where(decision.c.release_id == release.c.id, decision.c.sentence == ""),
        {
            "entry": "earned",
            "kind": "credit",
            "completed_at": now,
            "granted_at": now,
            "amount_quarters": 4,
            "maximum_quarters": 4,
            "credit_type": "ama-pra-category-1",
            "attestation": "",
            "snapshot": snapshot,
            **{name: release.c[name] for name in ("opens_at", "closes_at")},
            "person_id": decision.c.person_id,
            "release_id": release.c.id,
            "decision_id": decision.c.id,
        },
    )
    certificate = certificate_models.Certificate.__table__
    filled = credit.c.attestation == ""
    _pour(
        connection,
        certificate,
        select(credit).where(filled),
        {
            "credit_id": credit.c.id,
            "person_id": credit.c.person_id,
            "revision": 1,
            "kind": "credit",
            "number": literal(MARK) + _text(credit.c.id),
            "code": literal(MARK) + _text(credit.c.id),
            "snapshot": snapshot,
            "issued_at": now,
        },
    )
    of_fillers = certificate.c.code.startswith(MARK)
    _pour(
        connection,
        certificate_models.CertificateEvent.__table__,
        select(certificate).where(of_fillers),
        {"certificate_id": certificate.c.id, "event": "issued", "at": now, "reason": ""},
    )
    # With its files, or the outbox would rightly begin to make ten thousand documents.
    for kind in ("pdf", "picture"):
        _pour(
            connection,
            certificate_models.CertificateFile.__table__,
            select(certificate).where(of_fillers),
            {
                "certificate_id": certificate.c.id,
                "kind": kind,
                "sha256": "0" * 64,
                "size": 1,
                "engine": "none",
                "stored_at": now,
            },
        )


def _numbers(connection: Connection, count: int) -> Table:
    numbers.drop(connection, checkfirst=True)
    numbers.create(connection)
    connection.execute(insert(numbers), [{"n": n} for n in range(1, count + 1)])
    return numbers


def _pour(connection: Connection, table: Any, source: Select[Any], values: dict[str, Any]) -> None:
    """INSERT … SELECT of these columns for every row of the source."""
    columns = [_value(table.c[name], value) for name, value in values.items()]
    _insert(connection, table, values, source.with_only_columns(*columns))


def _copy(connection: Connection, table: Any, pattern: Any, source: Select[Any], changed: dict[str, Any]) -> None:
    """One copy of the pattern row for every row of the source, with these columns changed."""
    generated = {"id"} & set(table.c.keys())
    values = {name: changed.get(name, pattern.c[name]) for name in table.c.keys() if name not in generated}  # noqa: SIM118
    columns = [_value(table.c[name], value) for name, value in values.items()]
    froms = [pattern] if any(getattr(column, "table", None) is pattern for column in columns) else []
    statement = source.with_only_columns(*columns)
    _insert(connection, table, values, statement.select_from(*froms) if froms else statement)


def _insert(connection: Connection, table: Any, values: dict[str, Any], rows: Select[Any]) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="SELECT statement has a cartesian product"
        )  # on purpose: it multiplies
        connection.execute(insert(table).from_select(list(values), rows))


def _one(table: Any, key: ColumnElement[int]) -> FromClause:
    return select(table).where(table.c.id == select(key).scalar_subquery()).subquery()


def _new(article: Any) -> Select[Any]:
    return select(article).where(article.c.slug.startswith(MARK))


def _value(column: Any, value: Any) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value, column.type)


def _text(column: ColumnElement[Any]) -> ColumnElement[str]:
    return cast(column, String)


def _either(condition: ColumnElement[bool], yes: ColumnElement[int], no: int) -> ColumnElement[int]:
    return case((condition, yes), else_=no)
