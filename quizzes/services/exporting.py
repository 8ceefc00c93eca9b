"""Questions on their way out of a version: with the key that counts, and what no file can say about it."""

from collections.abc import Mapping

from quizzes.interchange.convert import from_item
from quizzes.interchange.entry import Entry
from quizzes.interchange.reasons import Reason
from quizzes.queries.in_force import InForce, change_for, said
from quizzes.rules.correcting import Treatment
from quizzes.rules.item import Item

_UNTOLD = {
    Treatment.ACCEPT: "Its key was corrected: several choices are accepted. The file names the published key alone.",
    Treatment.EVERYONE: "Its key was corrected: everybody gets the points. The file names the published key.",
    Treatment.DROP: "It was dropped: it counts no more. The file holds it with the published key.",
}


def entry_of(item: Item, vignettes: Mapping[str, str], known: InForce) -> Entry:
    """The question as it is graded today."""
    return from_item(said(item, known), vignettes)


def untold(item: Item, known: InForce) -> tuple[Reason, ...]:
    """What a correction made of the question and no format holds."""
    change = change_for(item, known)
    sentence = _UNTOLD.get(change.treatment) if change is not None else None
    return (Reason("correction_not_carried", sentence),) if sentence else ()
