"""Background work of the quiz wing."""

from collections.abc import Callable, Mapping

from cme.kernel.clock import utc_now
from cme.store.session import transaction
from quizzes.services.alarming import raise_alarms
from quizzes.services.correcting import JOB as REGRADE
from quizzes.services.figuring import refresh_figures
from quizzes.services.regrading import regrade_batch
from quizzes.services.tallying import JOB as TALLY
from quizzes.services.tallying import forget_tallies, tally_batch


def regrade(correction_id: int) -> None:
    """Regrade what a corrected key touches, batch by batch; after a break it goes on where the last batch ended."""
    more = True
    while more:
        with transaction() as session:
            more = regrade_batch(session, correction_id, now=utc_now())


def tally(quiz_id: int, anew: bool = False) -> None:
    """Bring a quiz's tallies up to date, from the beginning where asked, then its figures; then let alarms speak."""
    if anew:
        with transaction() as session:
            forget_tallies(session, quiz_id)
    more = True
    while more:
        with transaction() as session:
            more = tally_batch(session, quiz_id)
    more = True
    while more:
        with transaction() as session:
            more = refresh_figures(session, quiz_id)
    with transaction() as session:
        raise_alarms(session, quiz_id, now=utc_now())


JOBS: Mapping[str, Callable[..., None]] = {REGRADE: regrade, TALLY: tally}
