"""The control: a claim that looks first and inserts then, without a constraint. The same clicks must break it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, text

from cme.config import Settings
from tests.campaign.crowd import Report, together
from tests.support.serving import Database, Server
from tests.support.visiting import Visitor

ROUNDS = 20
DUPLICATES = "SELECT person_id FROM naive_credits GROUP BY person_id HAVING COUNT(*) > 1"


def naive_control(database: Database, *, clicks: int) -> Report:
    """Up to ROUNDS people, `clicks` simultaneous claims each, until somebody has two credits."""
    report = Report("control: look, then insert (must break)", database.dialect)
    with database.writing() as session:
        session.execute(text("CREATE TABLE naive_credits (person_id INTEGER NOT NULL)"))
    with Server(database, processes=3, outbox=False, application="tests.campaign.naive:app") as server:
        for person in range(1, ROUNDS + 1):
            visitor = Visitor(server.url)
            together([partial(visitor.copy().post, f"/{person}", {})] * clicks)
            doubled = len(database.rows(DUPLICATES))
            if doubled:
                break
    report.counts |= {"rounds": person, "people with several credits": doubled}
    if not doubled:
        report.problems.append("the control did not break: the same clicks prove nothing about the platform")
    return report


class NaiveApplication:
    """WSGI: GET answers, POST /<person> grants credit unless there is some already."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self._claim(int(environ["PATH_INFO"].strip("/")))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    def _claim(self, person: int) -> None:
        with self._engine.connect() as connection:
            found = connection.execute(text("SELECT 1 FROM naive_credits WHERE person_id = :p"), {"p": person}).first()
            if found is None:
                connection.execute(text("INSERT INTO naive_credits VALUES (:p)"), {"p": person})


def __getattr__(name: str) -> NaiveApplication:
    """`tests.campaign.naive:app` for the server, made when asked for."""
    if name == "app":
        url = Settings.from_env().database_url
        return NaiveApplication(create_engine(url, isolation_level="AUTOCOMMIT", pool_size=20))
    raise AttributeError(name)
