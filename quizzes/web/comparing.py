"""Entrance of the editor: any two versions of a quiz, in words and side by side."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from cme.kernel.refusal import NotFound
from cme.store.database import db
from cme.store.session import Session
from quizzes.queries.versions import VersionRow, history_of, version_facts
from quizzes.rules.editing import difference
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.services.wording import ItemWords, block, words_of
from quizzes.web.desk import ROW, editors
from quizzes.web.questions import PARTS, bp


@dataclass(frozen=True, slots=True)
class Pair:
    """One question in both versions; None where a version does not have it."""

    lineage: str
    parts: tuple[str, ...]
    before: Item | None
    after: Item | None
    before_words: ItemWords | None
    after_words: ItemWords | None


@bp.get(f"/quizzes/<{ROW}:quiz_id>/compare")
@editors
def compare(quiz_id: int) -> ResponseReturnValue:
    """`?from=1&to=2` by version number; without them the two newest."""
    session = db.session()
    history = history_of(session, quiz_id)
    if not history:
        raise NotFound
    newer = _chosen(history, "to", history[0])
    older = _chosen(history, "from", history[min(1, len(history) - 1)])
    before, after = _facts(session, older), _facts(session, newer)
    changed = difference(
        list(before.items.values()),
        list(after.items.values()),
        blueprints=(before.blueprint, after.blueprint),
        deliveries=(before.delivery, after.delivery),
        vignettes=(before.vignettes, after.vignettes),
    )
    old, new = ({item.lineage: item for item in one.items.values()} for one in (before, after))
    touched = [*dict(changed.changed), *changed.added, *changed.removed]
    return render_template(
        "quizzes/desk/compare.html",
        history=history,
        before=before,
        after=after,
        changed=changed,
        pairs=[_pair(lineage, changed.changed_parts(lineage), old, new) for lineage in touched],
        cases=[(key, _case(before, key), _case(after, key)) for key in changed.vignettes],
    )


def _chosen(history: list[VersionRow], name: str, usual: VersionRow) -> VersionRow:
    if name not in request.args:
        return usual
    wanted = request.args.get(name, type=int)
    found = next((row for row in history if row.number == wanted), None)
    if found is None:
        raise NotFound
    return found


def _facts(session: Session, row: VersionRow) -> QuizVersionFacts:
    facts = version_facts(session, row.version_id)
    assert facts is not None  # versions are never deleted
    return facts


def _case(facts: QuizVersionFacts, key: str) -> Markup | None:
    return block(facts.vignettes[key]) if key in facts.vignettes else None


def _pair(lineage: str, parts: tuple[str, ...], old: dict[str, Item], new: dict[str, Item]) -> Pair:
    before, after = old.get(lineage), new.get(lineage)
    return Pair(
        lineage=lineage,
        parts=tuple(PARTS[part] for part in parts),
        before=before,
        after=after,
        before_words=words_of(before) if before else None,
        after_words=words_of(after) if after else None,
    )
