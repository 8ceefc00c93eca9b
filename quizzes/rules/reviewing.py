"""Review: where a draft stands between its editors and its reviewers. An approval is of one edition of a draft."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizzes.rules.shapes import Obstacle

MOST_APPROVALS = 5
MOST_WORDS = 4000


class Act(StrEnum):
    """What somebody did in the review of a draft."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    RETURNED = "returned"


class Stage(StrEnum):
    """Where a draft stands, as it is now."""

    NEVER_SENT = "never_sent"
    WAITING = "waiting"
    """Sent as it is now; nobody has returned it since."""
    RETURNED = "returned"
    APPROVED = "approved"
    """As many as are needed, and at least one, have approved it as it is now; nobody objects."""
    CHANGED = "changed"
    """It was sent, and changed since: what was said then was said of another text."""


@dataclass(frozen=True, slots=True)
class ReviewAct:
    """One act; `number` counts within the draft, `asked` is the reviewer named (None: any)."""

    number: int
    edition: int
    act: Act
    person: int
    asked: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a draft stands. Persons are numbers."""

    stage: Stage
    needed: int = 0
    """How many must have approved before it may be published; 0 where no provider asks for it."""
    approved_by: tuple[int, ...] = ()
    returned_by: tuple[int, ...] = ()
    """Whose last word on the draft as it is now is that it must be changed."""
    asked: tuple[int | None, ...] = ()
    """Whom it was sent to as it is now; None stands for any reviewer."""
    authors: frozenset[int] = frozenset()

    @property
    def takes_verdicts(self) -> bool:
        """Whether it lies with reviewers as it is now."""
        return bool(self.asked)

    @property
    def missing(self) -> int:
        """Approvals that are still needed."""
        return max(self.needed - len(self.approved_by), 0)

    def waits_for(self, person: int) -> bool:
        """Whether this person is asked to look at it, and has not said yes yet."""
        wanted = self.stage is Stage.WAITING and person not in self.authors and person not in self.approved_by
        return wanted and (None in self.asked or person in self.asked)


def standing_of(edition: int, authors: Iterable[int], acts: Sequence[ReviewAct], *, needed: int = 0) -> Standing:
    """Where a draft of this edition stands after these acts (oldest first). What its authors say of it never counts.

    Everybody who changed the draft is an author of it.
    """
    authors = frozenset(authors)
    asked: list[int | None] = []
    last: dict[int, Act] = {}
    sent_again = False  # since somebody returned it
    for act in acts:
        if act.edition != edition:
            continue
        if act.act is Act.SENT:
            asked, sent_again = [*asked, act.asked], True
        elif act.act is Act.WITHDRAWN:
            asked = []
        elif act.person not in authors:
            last[act.person] = act.act
            sent_again = sent_again and act.act is not Act.RETURNED
    approved = tuple(person for person, said in last.items() if said is Act.APPROVED)
    returned = tuple(person for person, said in last.items() if said is Act.RETURNED)
    return Standing(
        _stage(acts, edition, approved, returned, needed, waits=bool(asked), sent_again=sent_again),
        needed,
        approved,
        returned,
        tuple(dict.fromkeys(asked)),
        authors,
    )


def _stage(
    acts: Sequence[ReviewAct],
    edition: int,
    approved: tuple[int, ...],
    returned: tuple[int, ...],
    needed: int,
    *,
    waits: bool,
    sent_again: bool,
) -> Stage:
    if returned and not (waits and sent_again):
        return Stage.RETURNED
    if not returned and len(approved) >= max(needed, 1):
        return Stage.APPROVED
    if waits:
        return Stage.WAITING
    if acts and acts[-1].act is not Act.WITHDRAWN and acts[-1].edition < edition:
        return Stage.CHANGED
    return Stage.NEVER_SENT


def review_obstacles(standing: Standing) -> Iterator[Obstacle]:
    """What the provider's rule of approvals has against publishing the draft as it is now."""
    if not standing.needed:
        return
    if standing.missing:
        people = "one person" if standing.needed == 1 else f"{standing.needed} people"
        have = f"{len(standing.approved_by)} did" if standing.approved_by else "nobody did yet"
        sentence = f"The provider wants {people} who did not edit this draft to approve it as it is now; {have}."
        yield Obstacle(sentence, field="review")
    if standing.returned_by:
        yield Obstacle("A reviewer returned the draft as it is now: change it, or settle it with them.", field="review")
