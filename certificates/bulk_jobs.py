"""Background work on many certificates: a slice at a time, each certificate exactly once, whatever interrupts it."""

import time
from collections.abc import Sequence

from flask import current_app

from certificates import making_jobs, packs, queries
from certificates.queries import CertificateFacts
from cme.kernel.clock import utc_now
from cme.store.session import reading, transaction

AT_ONCE = 50
SLICE_SECONDS = 60.0
"""Well below the lease of a piece of work, so that nobody takes the same slice meanwhile."""


def work(pack_id: int) -> None:
    """Make the files of a pack's certificates until the slice is over, then ask for the next slice."""
    ends = time.monotonic() + SLICE_SECONDS
    done = None
    while time.monotonic() < ends:
        with transaction() as session:
            results = packs.reserve(session, pack_id, AT_ONCE, now=utc_now())
        if not results and _finished(pack_id):
            return
        making_jobs.make_documents(_facts(results), current_app.extensions["settings"], now=utc_now())
        with transaction() as session:
            done = packs.settle(session, pack_id, results, now=utc_now())
    if done is not None:
        with transaction() as session:
            packs.go_on(session, pack_id, done, now=utc_now())


def _finished(pack_id: int) -> bool:
    with reading() as session:
        finished = packs.is_finished(session, pack_id)
        session.rollback()
    return finished


def _facts(certificate_ids: Sequence[int]) -> list[CertificateFacts]:
    with reading() as session:
        found = queries.by_ids(session, certificate_ids)
        session.rollback()  # no open snapshot of the database while documents are made
    return found
