"""Where a draft stands between editors and reviewers, act by act."""

import pytest

from quizzes.rules.editing import obstacles
from quizzes.rules.reviewing import Act, ReviewAct, Stage, Standing, review_obstacles, standing_of

ED, ANN, BOB = 1, 2, 3
SENT, BACK, YES, NO = Act.SENT, Act.WITHDRAWN, Act.APPROVED, Act.RETURNED


def acts(*made: tuple) -> list[ReviewAct]:
    """(edition, act, person[, asked])."""
    return [ReviewAct(number, *one) for number, one in enumerate(made, start=1)]


def stand(edition: int, *made: tuple, needed: int = 0, authors: tuple[int, ...] = (ED,)) -> Standing:
    return standing_of(edition, authors, acts(*made), needed=needed)


@pytest.mark.parametrize(
    ("made", "edition", "needed", "stage"),
    [
        ((), 1, 0, Stage.NEVER_SENT),
        (((1, SENT, ED),), 1, 0, Stage.WAITING),
        (((1, SENT, ED),), 2, 0, Stage.CHANGED),
        (((1, SENT, ED), (1, BACK, ED)), 1, 0, Stage.NEVER_SENT),
        (((1, SENT, ED), (1, BACK, ED)), 2, 0, Stage.NEVER_SENT),
        (((1, SENT, ED), (1, YES, ANN)), 1, 0, Stage.APPROVED),
        (((1, SENT, ED), (1, YES, ANN)), 1, 1, Stage.APPROVED),
        (((1, SENT, ED), (1, YES, ANN)), 1, 2, Stage.WAITING),
        (((1, SENT, ED), (1, YES, ANN), (1, YES, BOB)), 1, 2, Stage.APPROVED),
        (((1, SENT, ED), (1, YES, ANN), (1, YES, ANN)), 1, 2, Stage.WAITING),
        (((1, SENT, ED), (1, YES, ANN)), 2, 1, Stage.CHANGED),
        (((1, SENT, ED), (1, YES, ANN), (2, SENT, ED)), 2, 1, Stage.WAITING),
        (((1, SENT, ED), (1, NO, ANN)), 1, 0, Stage.RETURNED),
        (((1, SENT, ED), (1, NO, ANN), (1, SENT, ED)), 1, 0, Stage.WAITING),
        (((1, SENT, ED), (1, NO, ANN), (1, YES, ANN)), 1, 1, Stage.APPROVED),
        (((1, SENT, ED), (1, YES, ANN), (1, NO, ANN)), 1, 1, Stage.RETURNED),
        (((1, SENT, ED), (1, NO, ANN), (1, YES, BOB)), 1, 1, Stage.RETURNED),
        (((1, SENT, ED), (1, NO, ANN), (1, SENT, ED), (1, YES, BOB)), 1, 1, Stage.WAITING),
        (((1, SENT, ED), (1, NO, ANN)), 2, 0, Stage.CHANGED),
        (((1, SENT, ED), (1, YES, ED)), 1, 1, Stage.WAITING),  # one's own word does not count
        (((1, SENT, ED), (1, NO, ED)), 1, 1, Stage.WAITING),
    ],
)
def test_a_draft_stands_where_the_acts_on_this_edition_put_it(
    made: tuple, edition: int, needed: int, stage: Stage
) -> None:
    assert stand(edition, *made, needed=needed).stage is stage


@pytest.mark.parametrize(
    ("made", "needed", "sentences"),
    [
        ((), 0, 0),
        (((1, SENT, ED), (1, NO, ANN)), 0, 0),  # nobody asks for approvals: an editor publishes alone
        ((), 1, 1),
        (((1, SENT, ED), (1, YES, ED)), 1, 1),
        (((1, SENT, ED), (1, YES, ANN)), 1, 0),
        (((1, SENT, ED), (1, YES, ANN)), 2, 1),
        (((1, SENT, ED), (1, YES, ANN), (1, YES, BOB)), 2, 0),
        (((1, SENT, ED), (1, YES, ANN), (1, NO, BOB)), 1, 1),
        (((1, SENT, ED), (1, NO, BOB)), 1, 2),
    ],
)
def test_publishing_asks_for_approvals_of_this_edition(made: tuple, needed: int, sentences: int) -> None:
    standing = stand(1, *made, needed=needed)
    found = list(review_obstacles(standing))
    assert len(found) == sentences
    assert {one.field for one in found} <= {"review"}
    assert all(one in obstacles([], [], [], review=standing) for one in found)
    assert len(list(review_obstacles(stand(2, *made, needed=needed)))) == bool(needed)


def test_who_edited_is_an_author_whatever_they_said_before() -> None:
    said = ((1, SENT, ED), (1, YES, ANN))
    assert stand(1, *said, needed=1, authors=(ED, ANN)).missing == 1
    assert stand(1, *said, needed=1).missing == 0


@pytest.mark.parametrize(
    ("asked", "person", "waits"),
    [(None, ANN, True), (ANN, ANN, True), (BOB, ANN, False), (None, ED, False), (ED, ED, False)],
)
def test_a_draft_waits_for_whom_it_was_sent_to_but_never_for_its_author(
    asked: int | None, person: int, waits: bool
) -> None:
    assert stand(1, (1, SENT, ED, asked)).waits_for(person) is waits


def test_a_draft_does_not_wait_for_who_has_approved_it() -> None:
    standing = stand(1, (1, SENT, ED), (1, YES, ANN), needed=2)
    assert [standing.waits_for(one) for one in (ANN, BOB)] == [False, True]
