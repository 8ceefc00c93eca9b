"""Publishing a draft or discarding it, and what stands in the way."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from cme.audit.tags import Event
from cme.kernel.refusal import Invalid
from quizzes.models.quiz import QuizVersion
from quizzes.queries.modules import module_facts_of
from quizzes.queries.policies import policy_of
from quizzes.queries.reviews import standing
from quizzes.queries.versions import published_version_of, version_facts
from quizzes.rules.drawing import Candidate, candidate_of
from quizzes.rules.editing import (
    Difference,
    ModuleFacts,
    Obstacle,
    difference,
    draw_obstacles,
    obstacles,
    own_obstacles,
)
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.linting import POLICIES, blocking
from quizzes.rules.media import Medium
from quizzes.rules.reviewing import Standing
from quizzes.services import holding, overriding
from quizzes.services.drafts import lock, record, same_edition, set_columns
from quizzes.services.memory import Memory, NoMemory
from quizzes.services.series import series_by_question
from quizzes.services.versions import media_for


def discard_draft(session: Session, version_id: int, *, edition: int, editor: int | None, now: datetime) -> int:
    """Close the draft without publishing it; gives the quiz. Its text stays in the history."""
    draft = lock(session, version_id)
    same_edition(draft, edition)
    set_columns(session, version_id, state="discarded")
    record(session, Event.QUIZ_DRAFT_DISCARDED, draft, {"edition": draft.edition}, editor=editor, now=now)
    return draft.quiz_id


def publish(session: Session, version_id: int, *, edition: int, editor: int | None, now: datetime) -> Difference:
    """Publish the draft: the next start gets it, attempts under way keep theirs. Gives what changed.

    Refuses: Invalid with every obstacle; Conflict when the draft moved on since it was shown.
    """
    draft = lock(session, version_id)
    same_edition(draft, edition)
    facts = version_facts(session, version_id)
    assert facts is not None  # the row is locked
    found = obstacles_of(session, facts)
    if found:
        sentences = [one.full for one in found]
        raise Invalid("not_ready", "The draft cannot be published yet.", {"obstacles": sentences})
    changed = difference_to_published(session, facts)
    session.execute(
        update(QuizVersion)
        .where(QuizVersion.quiz_id == draft.quiz_id, QuizVersion.state == "published")
        .values(state="retired")
        .execution_options(synchronize_session=False)
    )
    set_columns(session, version_id, state="published", published_at=now, published_by=editor)
    details = {
        "number": draft.number,
        "added": list(changed.added),
        "removed": list(changed.removed),
        "changed": {lineage: list(parts) for lineage, parts in changed.changed},
        "reordered": changed.reordered,
        "blueprint": changed.blueprint,
        "delivery": changed.delivery,
        "vignettes": list(changed.vignettes),
    }
    record(session, Event.QUIZ_PUBLISHED, draft, details, editor=editor, now=now)
    series_by_question(session, draft.quiz_id)
    overriding.take_over(session, draft.quiz_id, version_id)
    holding.after_publishing(session, draft.quiz_id, version_id, facts.items.values(), changed, by=editor, now=now)
    return changed


def obstacles_of(session: Session, facts: QuizVersionFacts) -> list[Obstacle]:
    """What keeps this version from being published for the releases its quiz serves."""
    modules = module_facts_of(session, facts.quiz_id)
    found = obstacles_for(
        facts, modules, review_of(session, facts), media_for(session, facts), policy_of(session, facts.quiz_id)
    )
    return [*found, *overriding.outdated_keys(session, facts)]


def review_of(session: Session, facts: QuizVersionFacts) -> Standing | None:
    """Where a draft stands with its reviewers."""
    return standing(session, facts.quiz_id, facts.version_id, facts.edition) if facts.is_draft else None


def obstacles_for(
    facts: QuizVersionFacts,
    modules: Sequence[ModuleFacts],
    review: Standing | None = None,
    media: Mapping[str, Medium] | None = None,
    policy: str = "standard",
    memory: Memory | None = None,
) -> list[Obstacle]:
    """The same from facts alone; `media` of None does not ask for pictures and videos.

    With a memory of the version only what changed since it was last asked is looked at again.
    """
    items, kept = list(facts.items.values()), memory or NoMemory(facts.items)
    topics = frozenset(topic.key for topic in facts.topics)
    shown = None if media is None else tuple(media.values())
    about = (topics, tuple(modules), tuple(sorted(facts.vignettes.items())), shown)

    def own(_number: int, item: Item) -> tuple[Obstacle, ...]:
        asked = own_obstacles(item, topics, modules=modules, vignettes=facts.vignettes, media=media)
        return tuple(asked) if item.is_drawn else ()

    found = obstacles(
        facts.blueprint,
        facts.topics,
        items,
        modules=modules,
        vignettes=facts.vignettes,
        media=media,
        review=review,
        own=_all_of(kept.each("obstacles", about, own)),
        drawing=lambda: kept.same(
            "drawing",
            (facts.blueprint, drawn_in(kept)),
            lambda: tuple(draw_obstacles(facts.blueprint, [item for item in items if item.is_drawn])),
        ),
    )
    flaws = kept.each("flaws", policy, lambda _number, item: _flaws(item, policy) if item.is_drawn else ())
    return [*found, *_all_of(flaws)]


def drawn_in(memory: Memory) -> tuple[tuple[Candidate, int] | None, ...]:
    """Everything that drawing asks of a version's items, in their order; None for those that are not drawn."""
    asked = memory.each("drawn", None, lambda _number, one: (candidate_of(one), one.points) if one.is_drawn else None)
    return tuple(asked.values())


def _flaws(item: Item, policy: str) -> tuple[Obstacle, ...]:
    """What is missing altogether is an obstacle already; the linter adds flaws of wording that its policy blocks."""
    return tuple(
        Obstacle(f"{note.sentence} {note.mend}", note.lineage, note.place.split()[0])
        for note in blocking(item, POLICIES[policy])
        if not note.code.value.endswith("_missing")
    )


def _all_of(found: Mapping[int, Sequence[Obstacle]]) -> list[Obstacle]:
    return [one for of_item in found.values() if of_item for one in of_item]


def difference_to_published(session: Session, facts: QuizVersionFacts) -> Difference:
    """What publishing this version would change; against nothing, everything is added."""
    published = published_version_of(session, facts.quiz_id)
    return difference_between(version_facts(session, published) if published is not None else None, facts)


def difference_between(before: QuizVersionFacts | None, after: QuizVersionFacts) -> Difference:
    """What `after` changes against `before`."""
    items = list(after.items.values())
    if before is None:
        return difference([], items, blueprints=((), after.blueprint))
    return difference(
        list(before.items.values()),
        items,
        blueprints=(before.blueprint, after.blueprint),
        deliveries=(before.delivery, after.delivery),
        vignettes=(before.vignettes, after.vignettes),
    )
