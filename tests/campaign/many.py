"""Many learners at once, each the whole road from the module's page to the granted claim."""

import time

from tests.campaign.crowd import Report, counted, errors, percentile, together
from tests.campaign.ground import learners, open_module
from tests.campaign.invariants import Journal, breaches
from tests.support.serving import Server

DOCUMENTS_WITHIN, SECONDS_PER_DOCUMENT = 60, 2


def many_learners(server: Server, *, number: int, questions: int = 3, documents: bool = False) -> Report:
    """Everybody gets exactly one credit, everything acknowledged is there, nobody sees a server's error.

    `documents`: also wait for the outbox process to have made every certificate.
    """
    report = Report(f"{number} learners at once", server.database.dialect)
    module = open_module(server.database, questions=questions, bank=questions * 3)
    crowd = learners(server, module.slug, number)
    began = time.perf_counter()
    outcomes = together([learner.whole_road for learner in crowd])
    took = time.perf_counter() - began
    report.problems += errors(outcomes)[:5]
    journal = Journal()
    for learner, outcome in zip(crowd, outcomes, strict=True):
        journal.saved |= learner.saved
        if outcome.value is not None:
            journal.submitted[outcome.value] = "a"
    requests = number * (7 + questions + 4)
    report.expect("arrived", sum(outcome.error is None for outcome in outcomes), number)
    here = f"release_id = {module.release_id}"
    for table in ("attempts", "credits", "evaluation_responses"):
        report.expect(table, counted(server.database, table, here), number)
    of_here = f"credit_id IN (SELECT id FROM credits WHERE {here})"
    report.expect("certificates", counted(server.database, "certificates", of_here), number)
    report.invariants(breaches(server.database.rows, journal))
    report.counts["wall"] = f"{took:.1f} s"
    report.counts["requests per second"] = round(requests / took)
    report.counts["slowest road"] = f"{percentile([outcome.seconds for outcome in outcomes], 1):.1f} s"
    if documents:
        _documents(report, server, of_here, number)
    return report


def _documents(report: Report, server: Server, of_here: str, number: int) -> None:
    """I12: every credit's document and picture are made, and no work was given up."""
    files = f"kind IN ('pdf', 'picture') AND certificate_id IN (SELECT id FROM certificates WHERE {of_here})"
    began = time.perf_counter()
    while counted(server.database, "certificate_files", files) < 2 * number:
        if time.perf_counter() - began > DOCUMENTS_WITHIN + number * SECONDS_PER_DOCUMENT:
            break
        time.sleep(0.5)
    report.counts["documents after the last claim"] = f"{time.perf_counter() - began:.1f} s"
    report.expect("documents and pictures", counted(server.database, "certificate_files", files), 2 * number)
    report.expect("work given up", counted(server.database, "outbox_work", "failed_at IS NOT NULL"), 0)
