"""A corrected key whose regrading is killed again and again: the end is what the dry run said, person by person."""

import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock

from sqlalchemy import func, select

from cme.credits.models import RequirementMet
from cme.kernel.clock import utc_now
from cme.outbox.models import OutboxWork
from cme.store.database import db
from quizzes import jobs
from quizzes.models.attempt import Attempt
from quizzes.models.correction import Regrade
from quizzes.queries.versions import items_of
from quizzes.rules.correcting import Change, Treatment
from quizzes.services import regrading
from quizzes.services.correcting import correct_key, predict
from quizzes.services.effects import Effect
from tests.campaign.crowd import Report
from tests.factories.crowd import make_crowd
from tests.factories.modules import make_module
from tests.support.serving import Database

BATCH = 5
PATIENCE = 20.0
"""Seconds in which a life must have done its share."""
FLIP = Change(Treatment.KEY, ("b",))
PASS = 4
Result = tuple[int | None, int, bool | None]
"""Points, pass mark, passed."""


@dataclass
class Killed:
    """How the processes that regraded ended."""

    kills: int = 0
    finished: int = 0


def corrected_under_fire(database: Database, *, attempts: int, kills: int, seed: int = 1) -> Report:
    """Flip one key of a crowd's quiz; kill the regrading process that often, wherever it is; then let it finish."""
    report = Report(f"{kills} x kill -9 while {attempts} attempts are graded again", database.dialect, {"seed": seed})
    now = utc_now()
    with database.writing() as session:
        module = make_module(session, now=now, questions=5, pass_points=PASS)
        make_crowd(session, module, people=attempts, pass_points=PASS, now=now - timedelta(days=1), seed=seed)
        question = next(iter(items_of(session, module.version_id)))
    before = _results(database)
    with database.writing() as session:
        wanted = predict(session, question, FLIP, now=now, most_lines=None)
        predicted = {one.attempt.attempt_id: _after(one) for one in wanted.lines}
        counts = dict(wanted.counts)
        number = correct_key(session, question, FLIP, reason="The article says b.", by=None, now=now)
    with mock.patch.object(regrading, "BATCH", BATCH):
        killed = _under_fire(database, number, attempts, kills, random.Random(seed))
        _regrade(database, number)
    after = _results(database)
    report.expect("kills", killed.kills, kills)
    changed = {one: after[one] for one in after if after[one] != before[one]}
    turned = {one: result for one, result in changed.items() if result[2] != before[one][2]}
    report.expect("attempts looked at", _looked_at(database, number), attempts)
    report.expect("attempts changed", _count(database, Regrade), counts["changed"])
    report.expect("fail to pass", sum(bool(one[2]) for one in turned.values()), counts["raised"])
    report.expect("pass to fail", sum(not one[2] for one in turned.values()), 0)
    report.expect("people for whom it came out otherwise than predicted", _differing(changed, predicted), 0)
    state = _everything(database)
    _regrade(database, number)
    report.expect("differences when it runs once more", int(_everything(database) != state), 0)
    return report


def _under_fire(database: Database, number: int, attempts: int, kills: int, chance: random.Random) -> Killed:
    """Each life is let do its share of what is left, by chance less, and ends somewhere in the work that follows: so on
    any machine the last kill comes before the end.
    """
    found = Killed()
    while found.kills < kills and not _finished(database, number):
        done = _looked_at(database, number)
        wanted = done + chance.randint(0, (attempts - done) // (kills - found.kills + 1))
        with database.app.app_context():  # the child must not share a connection
            db.session.remove()
            db.engine.dispose()
        child = os.fork()
        if child == 0:
            try:
                with database.app.app_context():
                    jobs.regrade(number)
            finally:
                os._exit(0)
        patience = time.monotonic() + PATIENCE
        while _looked_at(database, number) < wanted and time.monotonic() < patience:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        ended = os.waitpid(child, 0)[1]
        found.kills += ended == signal.SIGKILL
        found.finished += ended == 0
    return found


def _regrade(database: Database, number: int) -> None:
    with database.app.app_context():
        jobs.regrade(number)
        db.session.remove()


def _results(database: Database) -> dict[int, Result]:
    with database.writing() as session:
        rows = session.execute(select(Attempt.id, Attempt.earned_points, Attempt.pass_points, Attempt.passed))
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _after(effect: Effect) -> Result:
    after = effect.regraded.after
    return after.earned, after.needed, after.passed


def _differing(changed: dict[int, Result], predicted: dict[int, Result]) -> int:
    return sum(changed.get(one) != predicted.get(one) for one in changed.keys() | predicted.keys())


def _looked_at(database: Database, number: int) -> int:
    """How many attempts were looked at."""
    return int(database.one("SELECT looked_at FROM key_corrections WHERE id = :id", id=number))


def _finished(database: Database, number: int) -> bool:
    return database.one("SELECT state FROM key_corrections WHERE id = :id", id=number) == "finished"


def _count(database: Database, model: type) -> int:
    with database.writing() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _everything(database: Database) -> tuple[object, ...]:
    with database.writing() as session:
        met = session.execute(
            select(RequirementMet.person_id, RequirementMet.met_at).order_by(RequirementMet.person_id)
        )
        rows = met.all()
        mails = session.scalar(select(func.count()).where(OutboxWork.kind == "mail.send"))
    return rows, mails, _count(database, Regrade), _results(database)
