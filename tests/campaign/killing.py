"""`kill -9` of web workers in the middle of submissions: what was acknowledged is there, and nothing is there twice."""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.campaign.crowd import Report, counted
from tests.campaign.ground import learners, open_module
from tests.campaign.invariants import Journal, breaches
from tests.support.learner import Learner
from tests.support.serving import Server
from tests.support.visiting import LostError

MOST_TRIES = 40
Given = TypeVar("Given")
WRONG, RIGHT = "b", "a"


@dataclass
class Run:
    """What the clients share."""

    wanted: int
    journal: Journal = field(default_factory=Journal)
    lock: threading.Lock = field(default_factory=threading.Lock)
    lost: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return len(self.journal.submitted)


def killed_workers(
    server: Server, *, submissions: int, kills: int, clients: int = 16, per_learner: int = 5, seed: int = 1
) -> Report:
    """Every learner fails `per_learner` - 1 attempts and passes the last; workers are killed at even distances."""
    report = Report(f"{kills} x kill -9 in {submissions} submissions", server.database.dialect, {"seed": seed})
    module = open_module(server.database, questions=3, bank=6)
    crowd: queue.SimpleQueue[Learner] = queue.SimpleQueue()
    people = -(-submissions // per_learner)
    for learner in learners(server, module.slug, people):
        crowd.put(learner)
    run = Run(wanted=people * per_learner)
    threads = [threading.Thread(target=_client, args=(run, crowd, per_learner), daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    killed = _kill(server, run, threads, kills, random.Random(seed))
    for thread in threads:
        thread.join()
    report.problems += run.errors[:5]
    report.expect("kills", killed, kills)
    report.expect("acknowledged", run.acknowledged, run.wanted)
    here = f"release_id = {module.release_id}"
    submitted = f"{here} AND state = 'submitted'"
    report.expect("attempts submitted", counted(server.database, "attempts", submitted), run.wanted)
    report.expect("attempts left open", counted(server.database, "attempts", f"{here} AND state = 'open'"), 0)
    report.expect("passes written", counted(server.database, "requirements_met", here), people)
    report.invariants(breaches(server.database.rows, run.journal))
    report.counts["answers lost on the way and sent again"] = run.lost
    if not run.lost:
        report.problems.append("no request was ever cut off: the kills came too late to show anything")
    return report


def _kill(server: Server, run: Run, threads: list[threading.Thread], kills: int, chance: random.Random) -> int:
    """Kill one worker each time another share of the submissions has been acknowledged."""
    killed = 0
    while killed < kills and any(thread.is_alive() for thread in threads):
        if run.acknowledged >= run.wanted * (killed + 1) // (kills + 2) and server.workers():
            server.kill_worker(chance)
            killed += 1
        time.sleep(0.002)
    return killed


def _client(run: Run, crowd: "queue.SimpleQueue[Learner]", per_learner: int) -> None:
    while True:
        try:
            learner = crowd.get_nowait()
        except queue.Empty:
            return
        try:
            _surely(run, learner.start_if_not_yet)
            for number in range(per_learner):
                _one_submission(run, learner, RIGHT if number == per_learner - 1 else WRONG)
        except Exception as error:
            with run.lock:
                run.errors.append(f"{type(error).__name__}: {error}"[:300])


def _one_submission(run: Run, learner: Learner, key: str) -> None:
    code = _surely(run, learner.begin)
    form = _surely(run, lambda: learner.answered(code, key))
    for _ in range(MOST_TRIES):
        try:
            answer = learner.send_submission(form, code)
        except LostError:
            _wait(run)
            continue
        if answer.status != 303 or answer.location != f"/attempts/{code}/result":
            raise AssertionError(f"a submission was answered with {answer.status} {answer.location}")
        with run.lock:
            run.journal.submitted[code] = key
        return
    raise AssertionError("a submission was never answered")


def _surely(run: Run, step: Callable[[], Given]) -> Given:
    """The step, tried again for as long as its answer is lost."""
    for _ in range(MOST_TRIES):
        try:
            return step()
        except LostError:
            _wait(run)
    raise AssertionError("no answer came any more")


def _wait(run: Run) -> None:
    with run.lock:
        run.lost += 1
    time.sleep(0.1)
