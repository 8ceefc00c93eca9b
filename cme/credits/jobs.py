"""The outbox work of the room of credits."""

from collections.abc import Callable, Mapping

from cme.credits.notices import JOB, notice_batch
from cme.kernel.clock import utc_now
from cme.store.session import transaction


def notice(notice_id: int) -> None:
    """Send a notice of a corrected text, batch by batch; after a break it goes on with those not told yet."""
    more = True
    while more:
        with transaction() as session:
            more = notice_batch(session, notice_id, now=utc_now())


JOBS: Mapping[str, Callable[..., None]] = {JOB: notice}
