"""What the page of a review shows: where the draft stands, what was said, and its questions a few at a time."""

from dataclasses import dataclass, field

from flask import render_template, request
from flask_login import current_user

from cme.kernel.paging import Page, offset_of, page_of
from cme.kernel.roles import Role
from cme.store.session import Session
from quizzes.queries.draft_changes import changes_since
from quizzes.queries.reviews import ActLine, Reviewer, Thread, reviewers, threads_of
from quizzes.rules.editing import Difference, difference
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.reviewing import Act, Standing
from quizzes.services.shelf import Shelved, difference_seen, readiness
from quizzes.services.wording import ItemWords, block, words_of
from quizzes.web.questions import PARTS
from quizzes.web.shelves import shelf

PER_PAGE = 10
NO_DIFFERENCE = difference([], [])
EDITS = frozenset({Role.EDITOR.value, Role.ADMINISTRATOR.value})
REVIEWS = frozenset({Role.REVIEWER.value, Role.ADMINISTRATOR.value})


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into one of the page's forms and could not be taken: kept, with the reason."""

    form: str = ""
    """send, verdict, comment-<question> or answer-<number>."""
    words: str = ""
    reviewer: str = ""
    problem: str = ""
    told: str = ""
    """A reason that belongs to the whole page."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One question as the reviewer looks at it; `before` is the published one where that differs."""

    item: Item
    words: ItemWords
    parts: tuple[str, ...]
    before: Item | None
    before_words: ItemWords | None
    is_new: bool
    threads: list[Thread] = field(default_factory=list)


def review_page(session: Session, version_id: int, typed: Typed | None = None) -> str:
    """The page as this visitor may use it."""
    here, published = shelf().with_published(session, version_id)
    facts = here.facts
    before = published if facts.is_draft else None
    threads, ready = threads_of(session, version_id), readiness(session, shelf(), here)
    stands, acts = ready.standing, ready.acts
    changed = difference_seen(here, before) if facts.is_draft else NO_DIFFERENCE
    roles: frozenset[str] = frozenset(current_user.roles)
    me: int = current_user.person_id
    may_edit = bool(roles & EDITS) and facts.is_draft
    may_judge = bool(roles & REVIEWS) and facts.is_draft and stands.takes_verdicts and me not in stands.authors
    kinds = _kinds(facts, changed, threads)
    show = request.args.get("show", "")
    show = show if show in kinds else next(iter(kinds))
    page = _portion(kinds[show])
    return render_template(
        "quizzes/desk/review.html",
        facts=facts,
        stands=stands,
        acts=acts,
        whole=[one for one in threads if one.first.lineage is None],
        gone=[one for one in threads if one.first.lineage and one.first.lineage not in here.numbers],
        block=block,
        changed=changed,
        obstacles=ready.obstacles,
        since=_since(session, facts, acts, stands),
        kinds={key: len(items) for key, items in kinds.items()},
        show=show,
        page=page,
        rows=[_looked(item, before, changed, threads) for item in page.rows],
        may_edit=may_edit,
        may_judge=may_judge,
        may_speak=facts.is_draft and bool(acts),
        is_author=me in stands.authors,
        mine_approved=me in stands.approved_by,
        reviewers=_others(session, stands) if may_edit else [],
        typed=typed or Typed(),
    )


def _others(session: Session, stands: Standing) -> list[Reviewer]:
    return [one for one in reviewers(session) if one.person_id not in stands.authors]


def _kinds(facts: QuizVersionFacts, changed: Difference, threads: list[Thread]) -> dict[str, list[Item]]:
    """The questions under each heading of the page; what has nothing under it is left out, all comes last."""
    touched = {*changed.added, *dict(changed.changed)}
    spoken = {one.first.lineage for one in threads}
    items = list(facts.items.values())
    found = {
        "changed": [one for one in items if one.lineage in touched],
        "comments": [one for one in items if one.lineage in spoken],
    }
    return {**{key: of_kind for key, of_kind in found.items() if of_kind}, "all": items}


def _portion(items: list[Item]) -> Page[Item]:
    number = max(request.args.get("page", 1, type=int), 1)
    skip = offset_of(number, PER_PAGE)
    return page_of(items[skip : skip + PER_PAGE + 1], number, PER_PAGE)


def _looked(item: Item, published: Shelved | None, changed: Difference, threads: list[Thread]) -> Looked:
    parts = changed.changed_parts(item.lineage)
    before = published.facts.items[published.numbers[item.lineage]] if published and parts else None
    return Looked(
        item=item,
        words=words_of(item),
        parts=tuple(PARTS[part] for part in parts),
        before=before,
        before_words=words_of(before) if before else None,
        is_new=published is not None and item.lineage in changed.added,
        threads=[one for one in threads if one.first.lineage == item.lineage],
    )


def _since(session: Session, facts: QuizVersionFacts, acts: list[ActLine], stands: Standing) -> list:
    """What was changed since somebody last judged the draft."""
    judged = [one.edition for one in acts if one.act in {Act.APPROVED, Act.RETURNED}]
    if not facts.is_draft or not judged or judged[-1] == facts.edition:
        return []
    return changes_since(session, facts.version_id, judged[-1], most=20)
