"""What the modules around a quiz offer to point at: points of their releases, passages, references, objectives."""

from collections.abc import MutableMapping
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from cme.activities.models import Activity, MinorRevision, Provider, Release
from cme.articles.models import Passage, Reference
from cme.articles.queries import sections_of
from cme.kernel.refusal import Waits
from quizzes.models.quiz import Quiz, QuizAssignment, QuizVersion
from quizzes.rules.editing import ModuleFacts
from quizzes.rules.item import points_of
from quizzes.rules.linting import strictest
from quizzes.rules.stored import blueprint_from


@dataclass(frozen=True, slots=True)
class Objective:
    """A learning objective of the module."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A passage as an editor picks it."""

    anchor: str
    section: str
    """The title of its section."""
    text: str


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A reference as an editor picks it."""

    key: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class DeskModule:
    """The newest published release that a quiz serves, with what its article holds now."""

    release_id: int
    slug: str
    title: str
    number: int
    pass_points: int
    total_points: int
    objectives: tuple[Objective, ...]
    passages: tuple[PassageLine, ...]
    references: tuple[ReferenceLine, ...]

    @property
    def facts(self) -> ModuleFacts:
        """The same as the rules of publishing want it."""
        return ModuleFacts(
            total_points=self.total_points,
            pass_points=self.pass_points,
            anchors=frozenset(passage.anchor for passage in self.passages),
            references=frozenset(reference.key for reference in self.references),
            objectives=frozenset(objective.key for objective in self.objectives),
        )


Known = MutableMapping[tuple[int, int], DeskModule]
"""Modules that were read before, by release and revision: neither changes."""


def module_facts_of(session: Session, quiz_id: int) -> tuple[ModuleFacts, ...]:
    """Of every published release the points; of the newest one of each activity also what its article holds."""
    return served(session, quiz_id, {}).facts


@dataclass(frozen=True, slots=True)
class Served:
    """What a quiz serves, and what the providers of its releases ask of it."""

    module: DeskModule | None
    """The newest published release."""
    facts: tuple[ModuleFacts, ...]
    """Of every published release."""
    approvals: int
    """How many must have approved a version: the most that a provider of its releases asks for."""
    policy: str
    """The strictest policy of item writing that a provider chose."""


def served(session: Session, quiz_id: int, known: Known) -> Served:
    """In one statement; a module that is not known yet takes three more and is added. A provider's rules count as they
    are now, also for releases that are not published yet; withdrawn ones ask for nothing."""
    every = [row for row in _releases(session, quiz_id) if row.state != "withdrawn"]
    rows = [row for row in every if row.state == "published"]
    newest = {row.activity_id: row.id for row in rows}
    last: DeskModule | None = None
    found: list[ModuleFacts] = []
    for row in rows:
        if newest[row.activity_id] != row.id:
            found.append(ModuleFacts(row.total_points, row.pass_points))
            continue
        key = (row.id, row.revision_id)
        if key not in known:
            known[key] = _module(session, row)
        last = known[key]
        found.append(last.facts)
    approvals = max((row.approvals for row in every), default=0)
    return Served(last, tuple(found), approvals, strictest(row.item_policy for row in every))


def desk_module_of(session: Session, quiz_id: int) -> DeskModule | None:
    """The newest published release the quiz serves."""
    return served(session, quiz_id, {}).module


def _releases(session: Session, quiz_id: int):
    """Releases of the quiz with the revision they show now and their provider's rules, oldest first."""
    latest_minor = (
        select(MinorRevision.revision_id)
        .where(MinorRevision.release_id == Release.id)
        .order_by(MinorRevision.added_at.desc(), MinorRevision.revision_id.desc())
        .limit(1)
        .correlate(Release)
        .scalar_subquery()
    )
    return session.execute(
        select(
            Release.id,
            Release.activity_id,
            Activity.slug,
            Activity.title,
            Release.number,
            Release.pass_points,
            Release.total_points,
            Release.front_matter,
            func.coalesce(latest_minor, Release.revision_id).label("revision_id"),
            Release.state,
            Provider.approvals,
            Provider.item_policy,
        )
        .join(QuizAssignment, QuizAssignment.release_id == Release.id)
        .join(Activity, Activity.id == Release.activity_id)
        .join(Provider, Provider.id == Release.provider_id)
        .where(QuizAssignment.quiz_id == quiz_id)
        .order_by(Release.activity_id, Release.number)
    ).all()


def _module(session: Session, release) -> DeskModule:  # a row of _releases
    titles = {section.anchor: section.title for section in sections_of(session, release.revision_id)}
    passages = session.execute(
        select(Passage.anchor, Passage.section, Passage.text)
        .where(Passage.revision_id == release.revision_id)
        .order_by(Passage.position)
    )
    references = session.execute(
        select(Reference.key, Reference.number, Reference.text)
        .where(Reference.revision_id == release.revision_id)
        .order_by(Reference.number)
    )
    objectives = release.front_matter.get("objectives") or []
    return DeskModule(
        release_id=release.id,
        slug=release.slug,
        title=release.title,
        number=release.number,
        pass_points=release.pass_points,
        total_points=release.total_points,
        objectives=tuple(Objective(one["key"], one["text"]) for one in objectives if isinstance(one, dict)),
        passages=tuple(PassageLine(row.anchor, titles.get(row.section, ""), row.text) for row in passages),
        references=tuple(ReferenceLine(*row) for row in references),
    )


def release_obstacles(session: Session, release_id: int) -> list[str]:
    """Why a release cannot be published as far as its quiz is concerned; a line each."""
    row = session.execute(
        select(Release.total_points, Quiz.title, Quiz.id.label("quiz_id"), QuizVersion.blueprint)
        .select_from(Release)
        .join(QuizAssignment, QuizAssignment.release_id == Release.id, isouter=True)
        .join(Quiz, Quiz.id == QuizAssignment.quiz_id, isouter=True)
        .join(QuizVersion, and_(QuizVersion.quiz_id == Quiz.id, QuizVersion.state == "published"), isouter=True)
        .where(Release.id == release_id)
    ).one_or_none()
    if row is None:
        return []
    if row.title is None:
        return ["No quiz is assigned to this release."]
    if row.blueprint is None:
        sentence = f"The quiz “{row.title}” has no published version."
        waits = session.scalar(select(exists().where(QuizVersion.quiz_id == row.quiz_id, QuizVersion.state == "draft")))
        return [Waits(f"{sentence} Its draft has to be approved and published first.") if waits else sentence]
    points = points_of(blueprint_from(row.blueprint))
    if points != row.total_points:
        return [f"The quiz “{row.title}” draws {points} points, but this release promises {row.total_points}."]
    return []
