"""A crowd for tests: many people with submitted attempts, written in bulk and the same for the same seed."""

import random
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cme.activities.models import FrontMatterView
from cme.articles.models import Reading
from cme.credits.models import RequirementMet
from cme.people.models import Person
from quizzes.models.attempt import Answer, Attempt
from quizzes.models.quiz import Question
from tests.factories.modules import Module

CHOICES = "abcd"


def make_crowd(
    session: Session,
    module: Module,
    *,
    people: int,
    pass_points: int,
    now: datetime,
    seed: int = 1,
    ability: float = 0.65,
    self_tests: bool = True,
) -> list[int]:
    """One submitted attempt each over the module's questions; key "a" is right. Gives the attempts' numbers.

    Three in four have read the article and seen the front matter, one in ten did a self-test.
    """
    rng = random.Random(seed)
    questions = list(
        session.scalars(select(Question.id).where(Question.version_id == module.version_id).order_by(Question.id))
    )[: module.questions]
    numbers = list(
        session.scalars(
            insert(Person).returning(Person.id),
            [
                {
                    "email": f"crowd{seed}-{module.release_id}-{number}@example.org",
                    "email_key": f"crowd{seed}-{module.release_id}-{number}@example.org",
                    "name": f"Crowd {number}",
                    "credentials": "MD",
                    "profession": "physician",
                    "country": "US",
                    "password_hash": "-",
                    "registered_at": now,
                    "confirmed_at": now,
                }
                for number in range(people)
            ],
        )
    )
    attempts, answers, seen, read, met = [], [], [], [], []
    for person_id in numbers:
        skill = min(0.98, max(0.05, rng.gauss(ability, 0.2)))
        started = now - timedelta(days=rng.randrange(1, 400), seconds=rng.randrange(86400))
        submitted = started + timedelta(minutes=10)
        for_credit = not self_tests or rng.random() < 0.9
        chosen = [
            None if rng.random() < 0.02 else "a" if rng.random() < skill else rng.choice(CHOICES[1:])
            for _question in questions
        ]
        points = [int(one == "a") for one in chosen]
        passed = sum(points) >= pass_points
        attempts.append(
            {
                "code": f"crowd-{module.release_id}-{person_id}",
                "person_id": person_id,
                "release_id": module.release_id,
                "version_id": module.version_id,
                "number": 1,
                "seed": "0",
                "state": "submitted",
                "for_credit": for_credit,
                "started_at": started,
                "submitted_at": submitted,
                "total_points": len(questions),
                "pass_points": pass_points,
                "earned_points": sum(points),
                "passed": passed,
                "counted": passed and for_credit,
            }
        )
        answers.append((chosen, points, submitted))
        if rng.random() < 0.75:
            seen.append(
                {
                    "person_id": person_id,
                    "release_id": module.release_id,
                    "digest": "0" * 64,
                    "seen_at": started - timedelta(hours=1),
                }
            )
            read.append(
                {
                    "person_id": person_id,
                    "revision_id": module.revision_id,
                    "sections": [],
                    "active_seconds": 0,
                    "started_at": started - timedelta(hours=1),
                    "seen_at": started,
                    "read_at": started,
                    "read_how": "button",
                }
            )
        if passed and for_credit:
            met.append((person_id, submitted))
    made = list(session.scalars(insert(Attempt).returning(Attempt.id, sort_by_parameter_order=True), attempts))
    session.execute(
        insert(Answer),
        [
            {
                "attempt_id": attempt_id,
                "position": position,
                "question_id": question,
                "choice_order": list(CHOICES),
                "chosen": chosen[position - 1],
                "saved_at": at,
                "points": points[position - 1],
            }
            for attempt_id, (chosen, points, at) in zip(made, answers, strict=True)
            for position, question in enumerate(questions, start=1)
        ],
    )
    by_person = dict(zip(numbers, made, strict=True))
    for table, rows in ((FrontMatterView, seen), (Reading, read)):
        if rows:
            session.execute(insert(table), rows)
    if met:
        session.execute(
            insert(RequirementMet),
            [
                {
                    "person_id": person_id,
                    "release_id": module.release_id,
                    "requirement": "quiz",
                    "met_at": at,
                    "evidence": f"attempt:{by_person[person_id]}",
                }
                for person_id, at in met
            ],
        )
    session.flush()
    return made
