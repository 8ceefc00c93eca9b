"""The drainer: takes due work, does it, records the outcome; used by the command, by Celery workers and by tests."""

from collections.abc import Callable, Mapping

import structlog

from cme.kernel.clock import utc_now
from cme.outbox import service
from cme.outbox.service import Leased
from cme.store.session import transaction

log = structlog.get_logger(__name__)


def drain(jobs: Mapping[str, Callable[..., None]], *, most: int = 20) -> int:
    """Do all work that is due now, once each; gives the number of pieces taken."""
    with transaction() as session:
        taken = service.lease(session, now=utc_now(), most=most)
    for work in taken:
        do(work, jobs)
    return len(taken)


def drain_all(jobs: Mapping[str, Callable[..., None]]) -> int:
    """Drain until nothing is due."""
    total = 0
    while taken := drain(jobs):
        total += taken
    return total


def do(work: Leased, jobs: Mapping[str, Callable[..., None]]) -> None:
    """Do one piece. Jobs commit their own result; the second time must change nothing."""
    job = jobs.get(work.kind)
    try:
        if job is None:
            raise LookupError(f"no job is called {work.kind}")
        job(**work.payload)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - WeasyPrint's fatal fetch error is deliberately no Exception
        log.warning("outbox.failed", kind=work.kind, work=work.id, tries=work.tries, error=type(error).__name__)
        with transaction() as session:
            service.postpone(session, work.id, f"{type(error).__name__}: {error}", work.tries, now=utc_now())
        return
    with transaction() as session:
        service.finish(session, work.id, now=utc_now())
