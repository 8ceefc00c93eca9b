"""Item health as stored: a quiz's report, page by page, whatever the number of its attempts and questions."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, and_, case, cast, func, select
from sqlalchemy.orm import Session

from cme.activities.models import Provider, Release
from cme.kernel.paging import PAGE_SIZE, Page, offset_of, page_of
from quizzes.models.quiz import QUESTIONS, Quiz, QuizAssignment, QuizVersion
from quizzes.models.statistics import ANSWER_TALLIES, FIGURES, SCORE_TALLIES, SERIES, TIME_TALLIES, HealthSetting
from quizzes.queries.versions import published_version_of
from quizzes.rules.item_health import NO_HEALTH, ItemHealth, from_plain
from quizzes.rules.statistics import CERTAINTIES, FEWEST_TAKERS, Figure, kr20, proportion, variance_of

MOST_DOTS = 300
ORDERS = ("attention", "difficulty", "question")

_LINES = (
    select(
        QUESTIONS.c.id,
        QUESTIONS.c.lineage,
        QUESTIONS.c.topic,
        QUESTIONS.c.kind,
        SERIES.c.series,
        FIGURES.c.figures,
    )
    .join(SERIES, SERIES.c.question_id == QUESTIONS.c.id, isouter=True)
    .join(
        FIGURES,
        and_(
            FIGURES.c.quiz_id == SERIES.c.quiz_id,
            FIGURES.c.lineage == SERIES.c.lineage,
            FIGURES.c.series == SERIES.c.series,
        ),
        isouter=True,
    )
)
_SHARE = cast(FIGURES.c.right_takers, Float) / func.nullif(FIGURES.c.takers, 0)
_ORDER = {
    "attention": (
        case((FIGURES.c.alarmed.is_(True), 0), else_=1),
        FIGURES.c.correlation.asc().nulls_last(),
        QUESTIONS.c.lineage,
    ),
    "difficulty": (_SHARE.asc().nulls_last(), QUESTIONS.c.lineage),
    "question": (QUESTIONS.c.position, QUESTIONS.c.id),
}


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One item of the published version in its present wording."""

    question_id: int
    lineage: str
    topic: str
    kind: str
    series: str
    health: ItemHealth


@dataclass(frozen=True, slots=True)
class Holding:
    """What an alarm does: the quiz's own setting, or else what its provider sets."""

    own: bool | None
    by_provider: bool

    @property
    def holds(self) -> bool:
        """Whether an alarm holds an item at once."""
        return self.by_provider if self.own is None else self.own


@dataclass(frozen=True, slots=True)
class Head:
    """Which version a report is about."""

    quiz_id: int
    version_id: int
    title: str
    number: int
    asks_certainty: bool


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A quiz: its scores, how reliable they are, how sure people were."""

    quiz_id: int
    version_id: int
    title: str
    number: int
    attempts: int
    scores: tuple[tuple[int, int], ...]
    """(points, first attempts at the published version)."""
    reliability: Figure
    items_per_attempt: int
    alarmed: int
    certainty: tuple[tuple[str, int, Figure], ...]
    """(how sure, answers, share right) over all items of the published version."""


def head_of(session: Session, quiz_id: int) -> Head | None:
    """The published version; None before the first publishing."""
    row: Any = session.execute(
        select(Quiz.id, QuizVersion.id, Quiz.title, QuizVersion.number, QuizVersion.delivery)
        .join(QuizVersion, QuizVersion.quiz_id == Quiz.id)
        .where(Quiz.id == quiz_id, QuizVersion.state == "published")
    ).one_or_none()
    return None if row is None else Head(*row[:4], asks_certainty=bool(row[4].get("certainty")))


def health_of_quiz(session: Session, quiz_id: int) -> HealthReport | None:
    """The report on the published version; None before the first publishing."""
    head = head_of(session, quiz_id)
    if head is None:
        return None
    version_id = head.version_id
    scores = _scores(session, version_id)
    attempts = sum(scores.values())
    items, spread, fewest, most, answers, points, alarmed = _sums(session, version_id)
    return HealthReport(
        quiz_id=quiz_id,
        version_id=version_id,
        title=head.title,
        number=head.number,
        attempts=attempts,
        scores=tuple(sorted(scores.items())),
        reliability=_reliability(items, spread, fewest, most, points, scores),
        items_per_attempt=round(answers / attempts) if attempts else 0,
        alarmed=alarmed,
        certainty=_certainty(session, quiz_id, version_id) if head.asks_certainty else (),
    )


def lines_of(session: Session, version_id: int, *, page: int = 1, order: str = "attention") -> Page[HealthLine]:
    """A page of the published version's items."""
    wanted = _ORDER.get(order, _ORDER["attention"])
    # The whole bank is put in order without its figures; only those of the page are read.
    shown = (
        _LINES.with_only_columns(QUESTIONS.c.id)
        .where(QUESTIONS.c.version_id == version_id)
        .order_by(*wanted)
        .limit(PAGE_SIZE + 1)
        .offset(offset_of(page))
    )
    rows = session.execute(_LINES.where(QUESTIONS.c.id.in_(shown)).order_by(*wanted))
    return page_of([_line(row) for row in rows], page)


def all_lines(session: Session, version_id: int, *, order: str = "question") -> Iterator[HealthLine]:
    """Every item of the published version, one after the other."""
    rows = session.execute(
        _LINES.where(QUESTIONS.c.version_id == version_id).order_by(*_ORDER[order]),
        execution_options={"yield_per": 500},
    )
    return (_line(row) for row in rows)


def line_of(session: Session, version_id: int, lineage: str) -> HealthLine | None:
    """One item."""
    row = session.execute(
        _LINES.where(QUESTIONS.c.version_id == version_id, QUESTIONS.c.lineage == lineage)
    ).one_or_none()
    return None if row is None else _line(row)


def alarmed_lines(session: Session, quiz_id: int) -> list[HealthLine]:
    """Items of the published version whose key may be wrong."""
    version_id = published_version_of(session, quiz_id)
    if version_id is None:
        return []
    rows = session.execute(
        _LINES.where(QUESTIONS.c.version_id == version_id, FIGURES.c.alarmed.is_(True)).order_by(QUESTIONS.c.lineage)
    )
    return [_line(row) for row in rows]


def earlier_wordings(session: Session, quiz_id: int, lineage: str, series: str) -> list[ItemHealth]:
    """Figures of the item's other wordings, those with most answers first."""
    rows = session.scalars(
        select(FIGURES.c.figures)
        .where(FIGURES.c.quiz_id == quiz_id, FIGURES.c.lineage == lineage, FIGURES.c.series != series)
        .where(FIGURES.c.takers > 0)
        .order_by(FIGURES.c.takers.desc(), FIGURES.c.series)
        .limit(20)
    )
    return [from_plain(row) for row in rows]


def seconds_of(session: Session, quiz_id: int, lineage: str, series: str) -> dict[int, int]:
    """How many people spent so many seconds on an item."""
    table = TIME_TALLIES.c
    rows: Any = session.execute(
        select(table.seconds, table.takers)
        .where(table.quiz_id == quiz_id, table.lineage == lineage, table.series == series)
        .order_by(table.seconds)
    )
    return {row[0]: row[1] for row in rows}


def dots_of(session: Session, version_id: int) -> list[tuple[str, float, float, bool]]:
    """(item, share right, correlation, alarm) where both are known; of a large bank the items with most answers."""
    rows: Any = session.execute(
        select(FIGURES.c.lineage, _SHARE, FIGURES.c.correlation, FIGURES.c.alarmed)
        .select_from(_LINES.get_final_froms()[0])
        .where(QUESTIONS.c.version_id == version_id, FIGURES.c.correlation.is_not(None))
        .order_by(FIGURES.c.takers.desc(), FIGURES.c.lineage)
        .limit(MOST_DOTS)
    )
    return [(row[0], row[1], row[2], bool(row[3])) for row in rows]


def peers_of(session: Session, question_ids: Collection[int]) -> Mapping[int, ItemHealth]:
    """How first attempts answered these questions, where so many did that nobody can be recognised."""
    rows: Any = session.execute(_LINES.where(QUESTIONS.c.id.in_(question_ids), FIGURES.c.takers >= FEWEST_TAKERS))
    return {line.question_id: line.health for line in map(_line, rows)}


def holding_of(session: Session, quiz_id: int) -> Holding:
    """What an alarm does in this quiz; where it serves several providers, one that wants a hold gets it."""
    own = session.scalar(select(HealthSetting.holds).where(HealthSetting.quiz_id == quiz_id))
    by_provider = session.scalar(
        select(func.count())
        .select_from(QuizAssignment)
        .join(Release, Release.id == QuizAssignment.release_id)
        .join(Provider, Provider.id == Release.provider_id)
        .where(QuizAssignment.quiz_id == quiz_id, Release.state == "published", Provider.alarm_holds.is_(True))
    )
    return Holding(own, bool(by_provider))


def _line(row: Any) -> HealthLine:
    health = from_plain(row[5]) if row[5] else NO_HEALTH
    return HealthLine(row[0], row[1], row[2], row[3], row[4] or "", health)


def _scores(session: Session, version_id: int) -> dict[int, int]:
    rows: Any = session.execute(
        select(SCORE_TALLIES.c.earned, func.sum(SCORE_TALLIES.c.takers))
        .where(SCORE_TALLIES.c.version_id == version_id)
        .group_by(SCORE_TALLIES.c.earned)
    )
    return {row[0]: int(row[1]) for row in rows}


def _sums(session: Session, version_id: int) -> Any:
    """(items answered, sum of p(1-p), fewest and most takers, answers, most points of an item, alarms)."""
    return session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(_SHARE * (1 - _SHARE)), 0.0),
            func.coalesce(func.min(FIGURES.c.takers), 0),
            func.coalesce(func.max(FIGURES.c.takers), 0),
            func.coalesce(func.sum(FIGURES.c.takers), 0),
            func.coalesce(func.max(QUESTIONS.c.points), 1),
            func.coalesce(func.sum(case((FIGURES.c.alarmed.is_(True), 1), else_=0)), 0),
        )
        .select_from(_LINES.get_final_froms()[0])
        .where(QUESTIONS.c.version_id == version_id, FIGURES.c.takers > 0)
    ).one()


def _certainty(session: Session, quiz_id: int, version_id: int) -> tuple[tuple[str, int, Figure], ...]:
    """Counted over the items of the version in their present wording."""
    table = ANSWER_TALLIES.c
    present = select(SERIES.c.lineage, SERIES.c.series, QUESTIONS.c.points).join(
        SERIES, SERIES.c.question_id == QUESTIONS.c.id
    )
    items = present.where(QUESTIONS.c.version_id == version_id).subquery("present")
    rows: Any = session.execute(
        select(
            table.certainty,
            func.sum(table.takers),
            func.sum(case((table.points == items.c.points, table.takers), else_=0)),
        )
        .join(items, and_(items.c.lineage == table.lineage, items.c.series == table.series))
        .where(table.quiz_id == quiz_id, table.certainty != "")
        .group_by(table.certainty)
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    return tuple(
        (level, found[level][0], proportion(found[level][1], found[level][0]))
        for level in CERTAINTIES
        if level in found
    )


def _reliability(items: int, spread: float, fewest: int, most: int, points: int, scores: Mapping[int, int]) -> Figure:
    """KR-20 where everybody had the same items; a drawn quiz has no single form, so no such figure."""
    if points != 1:
        return Figure(None, reason="Some questions give more than one point.")
    if {fewest, most} != {sum(scores.values())}:
        return Figure(None, reason="Attempts are drawn: people answered different questions, or wordings changed.")
    return kr20(items, spread, variance_of(scores))
