"""Entrance of the editor: any two versions of a quiz, in words and side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from cme.kernel.paging import offset_of, page_of
from cme.kernel.refusal import NotFound
from cme.store.database import db
from quizzes.queries.versions import VersionRow, history_of
from quizzes.rules.item import Item, QuizVersionFacts
from quizzes.rules.media import Medium
from quizzes.services.shelf import Shelved, difference_seen, media_seen
from quizzes.services.wording import ItemWords, block, words_of
from quizzes.web.desk import ROW, readers
from quizzes.web.questions import PARTS, bp
from quizzes.web.shelves import shelved

PAGE = 20
"""Questions side by side on one page."""


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
@readers
def compare(quiz_id: int) -> ResponseReturnValue:
    """`?from=1&to=2` by version number; without them the two newest."""
    session = db.session()
    history = history_of(session, quiz_id)
    if not history:
        raise NotFound
    newer = _chosen(history, "to", history[0])
    older = _chosen(history, "from", history[min(1, len(history) - 1)])
    old, new = (shelved(session, row.version_id) for row in (older, newer))
    before, after = old.facts, new.facts
    changed = difference_seen(new, old)
    media = media_seen(session, old) or media_seen(session, new)
    touched = [*dict(changed.changed), *changed.added, *changed.removed]
    number = request.args.get("page", 1, type=int)
    skip = offset_of(number, PAGE)
    page = page_of(touched[skip : skip + PAGE + 1], number, PAGE)
    return render_template(
        "quizzes/desk/compare.html",
        history=history,
        before=before,
        after=after,
        changed=changed,
        pairs=[_pair(lineage, changed.changed_parts(lineage), old, new, media) for lineage in page.rows],
        page=page,
        cases=[(key, _case(before, key, media), _case(after, key, media)) for key in changed.vignettes],
    )


def _chosen(history: list[VersionRow], name: str, usual: VersionRow) -> VersionRow:
    if name not in request.args:
        return usual
    wanted = request.args.get(name, type=int)
    found = next((row for row in history if row.number == wanted), None)
    if found is None:
        raise NotFound
    return found


def _case(facts: QuizVersionFacts, key: str, media: Mapping[str, Medium]) -> Markup | None:
    return block(facts.vignettes[key], media) if key in facts.vignettes else None


def _pair(lineage: str, parts: tuple[str, ...], old: Shelved, new: Shelved, media: Mapping[str, Medium]) -> Pair:
    before, after = old.item(lineage), new.item(lineage)
    return Pair(
        lineage=lineage,
        parts=tuple(PARTS[part] for part in parts),
        before=before,
        after=after,
        before_words=words_of(before, media) if before else None,
        after_words=words_of(after, media) if after else None,
    )
