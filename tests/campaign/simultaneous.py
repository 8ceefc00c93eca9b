"""One learner, many clicks at once: submitting and claiming from two browsers and many tabs."""

from functools import partial

from tests.campaign.crowd import Report, counted, errors, percentile, together
from tests.campaign.ground import learners, open_module
from tests.campaign.invariants import breaches
from tests.support.learner import Learner
from tests.support.serving import Server
from tests.support.visiting import Answer, Visitor


def many_clicks(server: Server, *, clicks: int) -> Report:
    """`clicks` simultaneous submits of one attempt, then as many claims: one graded attempt, one credit, one result."""
    report = Report("many clicks of one learner", server.database.dialect)
    module = open_module(server.database, questions=4)
    (first,) = learners(server, module.slug, 1)
    person = int(server.database.one("SELECT MAX(id) FROM people"))
    second = Learner(Visitor(server.url, server.cookie_of(person)), module.slug)
    first.start()
    code = first.read()
    _submit(report, code, first, second, clicks)
    _claim(report, first, second, clicks)
    mine = f"person_id = {person}"
    for table, where in (
        ("attempts", f"{mine} AND state = 'submitted'"),
        ("credits", mine),
        ("claim_decisions", mine),
        ("evaluation_responses", mine),
        ("certificates", mine),
        ("audit_events", f"{mine} AND event = 'attempt.submitted'"),
        ("audit_events", f"{mine} AND event = 'claim.granted'"),
    ):
        name = where.split("'")[1] if "event" in where else table
        report.expect(name, counted(server.database, table, where), 1)
    report.invariants(breaches(server.database.rows))
    return report


def _submit(report: Report, code: str, first: Learner, second: Learner, clicks: int) -> None:
    forms = [(browser, browser.answered(code)) for browser in (first, second)]
    outcomes = together(
        [
            partial(browser.tab().send_submission, form, code)
            for browser, form in (forms[number % 2] for number in range(clicks))
        ]
    )
    report.problems += errors(outcomes)
    answers = [one.value for one in outcomes if one.value is not None]
    report.expect("submits answered", _statuses(answers), {303: clicks})
    report.expect("submits lead to", {answer.location for answer in answers}, {f"/attempts/{code}/result"})
    report.expect("result pages", len({browser.result(code).text for browser in (first, second)}), 1)
    report.counts["slowest submit"] = f"{percentile([one.seconds for one in outcomes], 1):.2f} s"


def _claim(report: Report, first: Learner, second: Learner, clicks: int) -> None:
    forms = [(browser, browser.claim_form()) for browser in (first, second)]
    outcomes = together(
        [partial(browser.tab().send_claim, form) for browser, form in (forms[number % 2] for number in range(clicks))]
    )
    report.problems += errors(outcomes)
    answers = [one.value for one in outcomes if one.value is not None]
    report.expect("claims answered", _statuses(answers), {303: clicks})
    report.expect("claims lead to", len({answer.location for answer in answers}), 1)
    report.counts["slowest claim"] = f"{percentile([one.seconds for one in outcomes], 1):.2f} s"


def _statuses(answers: list[Answer]) -> dict[int, int]:
    found: dict[int, int] = {}
    for answer in answers:
        found[answer.status] = found.get(answer.status, 0) + 1
    return found
