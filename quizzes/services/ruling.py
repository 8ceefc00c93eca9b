"""Changing what surrounds the questions of a draft: blueprint, delivery rules, shared cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from cme.kernel.refusal import Invalid
from quizzes.queries.versions import version_facts
from quizzes.rules.delivery import MOST_ATTEMPTS, MOST_MINUTES, MOST_WAIT_HOURS, TODAY, DeliveryRules
from quizzes.rules.item import BlueprintLine
from quizzes.rules.limits import MOST_LINE, MOST_SHORT_NAME, MOST_TEXT, NAME
from quizzes.rules.stored import blueprint_to, delivery_to
from quizzes.services.drafts import lock, note_change, same_edition, set_columns
from quizzes.services.remembering import remember

MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it at once, as a page shows it."""

    blueprint: tuple[BlueprintLine, ...]
    delivery: DeliveryRules = TODAY
    vignettes: Mapping[str, str] = field(default_factory=dict)


def save_surroundings(
    session: Session, version_id: int, wanted: Surroundings, *, edition: int, editor: int, now: datetime
) -> int:
    """Write it over the draft's; gives the draft's edition. What publishing asks for is judged there.

    Refuses: Conflict when the draft moved on; Invalid for what cannot be kept; a version that is no draft.
    """
    draft = lock(session, version_id)
    same_edition(draft, edition)
    problems = problems_of(wanted)
    if problems:
        raise Invalid("rules_invalid", "The rules could not be saved. See what is listed.", {"rules": problems})
    facts = version_facts(session, version_id)
    assert facts is not None  # the row is locked
    changed = [name for name in ("blueprint", "delivery", "vignettes") if getattr(facts, name) != getattr(wanted, name)]
    if not changed:
        return draft.edition
    before = remember(session, version_id, surroundings=changed)
    set_columns(
        session,
        version_id,
        blueprint=blueprint_to(wanted.blueprint),
        delivery=delivery_to(wanted.delivery),
        vignettes=dict(wanted.vignettes),
    )
    return note_change(session, draft, editor, {"rules": changed}, before=before, now=now)


def problems_of(wanted: Surroundings) -> list[str]:
    """What cannot even be kept in a draft."""
    found: list[str] = []
    rules = wanted.delivery
    limits = (("attempts", rules.attempts, MOST_ATTEMPTS), ("minutes", rules.minutes, MOST_MINUTES))
    for name, value, most in limits:
        if value is not None and not 1 <= value <= most:
            found.append(f"The {name} must be a whole number from 1 to {most}, or empty for no limit.")
    if not 0 <= rules.wait_hours <= MOST_WAIT_HOURS:
        found.append(f"The wait must be a whole number of hours from 0 to {MOST_WAIT_HOURS}.")
    if len(wanted.blueprint) > MOST_LINES:
        found.append(f"At most {MOST_LINES} lines in a blueprint.")
    for line in wanted.blueprint:
        if not line.label.strip() or len(line.label) > MOST_LINE:
            found.append(f"Each line of the blueprint needs a label of at most {MOST_LINE} characters.")
        if not 0 <= line.draw <= 200 or not 1 <= line.points <= 20:
            found.append(f"The line “{line.label}” must draw 0 to 200 questions of 1 to 20 points.")
        found += [f"“{name}” is not a name of a topic or tag." for name in line.topics + line.tags if not _name(name)]
    for key, text in wanted.vignettes.items():
        if not _name(key) or len(key) > MOST_SHORT_NAME:
            found.append(f"“{key}” is not a name for a case: use lower-case letters, digits and hyphens.")
        if len(text) > MOST_TEXT:
            found.append(f"The case “{key}” is longer than {MOST_TEXT} characters.")
    return list(dict.fromkeys(found))


def _name(text: str) -> bool:
    return NAME.fullmatch(text) is not None
