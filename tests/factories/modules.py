"""Modules for tests: article, activity, published release, evaluation form, quiz."""

import itertools
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from cme.activities.models import Activity, CreditOffer, Provider, Release
from cme.activities.rules import term_of
from cme.articles.models import Article, ArticleRevision, Passage, Reference
from cme.evaluations.models import EvaluationAssignment, EvaluationForm
from cme.kernel.text import fingerprint
from quizzes.models.quiz import Choice, Question, Quiz, QuizAssignment, QuizVersion

LOS_ANGELES = "America/Los_Angeles"
_numbers = itertools.count(1)

FRONT_MATTER = {
    "purpose": "To try the platform.",
    "audience": "Physicians.",
    "objectives": [{"key": "one", "text": "Name one thing."}],
    "method": ["Read.", "Pass the quiz.", "Evaluate and claim."],
    "faculty": "None named; not reviewed.",
    "disclosures": "None collected.",
    "commercial_support": "None.",
    "medium": "Text.",
    "requirements": "A browser.",
    "contact": "The operator.",
    "fees": "None.",
    "privacy": "See the privacy page.",
    "disclaimer": "Not medical advice.",
    "bibliography": "See the references.",
}
QUESTIONS = [
    {
        "key": "objectives",
        "kind": "scale",
        "text": "Were the objectives met?",
        "required": True,
        "measures": "objectives",
        "options": [{"key": "5", "text": "Fully"}, {"key": "1", "text": "Not at all"}],
    },
    {
        "key": "bias",
        "kind": "choice",
        "text": "Was it free of commercial bias?",
        "required": True,
        "measures": "bias",
        "options": [{"key": "yes", "text": "Yes"}, {"key": "no", "text": "No"}],
    },
    {
        "key": "outcome",
        "kind": "choice",
        "text": "What will you do differently?",
        "required": True,
        "measures": "outcome",
        "options": [{"key": "ask", "text": "Ask more"}, {"key": "nothing", "text": "Nothing"}],
    },
    {
        "key": "comment",
        "kind": "text",
        "text": "Anything else?",
        "required": False,
        "measures": "comment",
        "max_length": 500,
    },
]
EVALUATION = {"evaluation-objectives": "5", "evaluation-bias": "yes", "evaluation-outcome": "ask"}


@dataclass(frozen=True)
class Module:
    """Numbers of what was made."""

    slug: str
    activity_id: int
    article_id: int
    revision_id: int
    release_id: int
    quiz_id: int
    version_id: int
    questions: int


def make_provider(session: Session, *, now: datetime, **changes: object) -> Provider:
    """A demonstration provider unless changed."""
    number = next(_numbers)
    values: dict[str, object] = {
        "key": f"provider-{number}",
        "name": "Demonstration Provider",
        "mode": "demonstration",
        "accreditation_statement": "This provider is not accredited.",
        "designation_statement": "No credit is designated.",
        "participation_statement": "This activity was not designated for credit.",
        "contact": "office@example.org",
        "joint_with": "",
        "correction_days": 30,
        "changed_at": now,
        **changes,
    }
    provider = Provider(**values)
    session.add(provider)
    session.flush()
    return provider


def make_module(
    session: Session,
    *,
    now: datetime,
    opens_on: date = date(2024, 8, 9),
    expires_on: date = date(2027, 8, 9),
    zone: str = LOS_ANGELES,
    grace_days: int = 0,
    questions: int = 2,
    pass_points: int | None = None,
    maximum_quarters: int = 4,
    bank: int | None = None,
    provider: Provider | None = None,
    title: str | None = None,
    **release_changes: object,
) -> Module:
    """A published module whose quiz draws `questions` items out of `bank` (key "a" is right everywhere)."""
    number = next(_numbers)
    slug = f"module-{number}"
    title = title or f"Module {number}"
    provider = provider or make_provider(session, now=now)
    article = Article(slug=slug)
    session.add(article)
    session.flush()
    revision_id = make_revision(session, article.id, now=now, title=title)
    activity = Activity(
        slug=slug,
        article_id=article.id,
        title=title,
        summary="A small module.",
        specialties=["Neurology"],
        keywords=["test"],
        search_text=f"{title} a small module neurology test".lower(),
    )
    session.add(activity)
    session.flush()
    release_id = make_release(
        session,
        activity.id,
        revision_id,
        provider,
        now=now,
        opens_on=opens_on,
        expires_on=expires_on,
        zone=zone,
        grace_days=grace_days,
        total_points=questions,
        pass_points=pass_points or questions,
        maximum_quarters=maximum_quarters,
        **release_changes,
    )
    quiz_id, version_id = make_quiz(session, now=now, draw=questions, bank=bank or questions)
    session.add(QuizAssignment(release_id=release_id, quiz_id=quiz_id))
    form = EvaluationForm(key=f"form-{number}", version=1, title="Evaluation", questions=QUESTIONS, created_at=now)
    session.add(form)
    session.flush()
    session.add(EvaluationAssignment(release_id=release_id, form_id=form.id))
    session.flush()
    return Module(slug, activity.id, article.id, revision_id, release_id, quiz_id, version_id, questions)


def make_revision(session: Session, article_id: int, *, now: datetime, title: str, number: int = 1) -> int:
    """A published revision with two sections of one passage each and one reference."""
    sections = [
        {"anchor": "s-one", "title": "One", "level": 2, "last_passage": "p-one"},
        {"anchor": "s-two", "title": "Two", "level": 2, "last_passage": "p-two"},
    ]
    html = "".join(
        f'<section data-section="s-{name}" aria-labelledby="s-{name}"><h2 id="s-{name}">{name.title()}</h2>'
        f'<p id="p-{name}" data-passage>Words about {name}.</p></section>'
        for name in ("one", "two")
    )
    revision = ArticleRevision(
        article_id=article_id,
        number=number,
        state="published",
        title=title,
        source="",
        source_digest=f"{article_id}-{number}",
        html=html,
        preview_html="<p>Words about one.</p>",
        sections=sections,
        glossary=[],
        words=8,
        created_at=now,
        published_at=now,
        created_by=None,
    )
    session.add(revision)
    session.flush()
    for position, name in enumerate(("one", "two")):
        text = f"Words about {name}."
        session.add(
            Passage(
                revision_id=revision.id,
                anchor=f"p-{name}",
                section=f"s-{name}",
                position=position,
                kind="paragraph",
                text=text,
                html=f"<p>{text}</p>",
                fingerprint=fingerprint(text),
            )
        )
    session.add(
        Reference(
            revision_id=revision.id,
            key="one2020",
            number=1,
            html="One A. 2020.",
            text="One A. 2020.",
            doi=None,
            pmid=None,
        )
    )
    session.flush()
    return revision.id


def make_release(
    session: Session,
    activity_id: int,
    revision_id: int,
    provider: Provider,
    *,
    now: datetime,
    opens_on: date = date(2024, 8, 9),
    expires_on: date = date(2027, 8, 9),
    zone: str = LOS_ANGELES,
    grace_days: int = 0,
    total_points: int = 2,
    pass_points: int = 2,
    maximum_quarters: int = 4,
    number: int = 1,
    **changes: object,
) -> int:
    """A published release."""
    term = term_of(opens_on, expires_on, zone, grace_days)
    values: dict[str, object] = {
        "activity_id": activity_id,
        "number": number,
        "state": "published",
        "revision_id": revision_id,
        "provider_id": provider.id,
        "provider_mode": provider.mode,
        "provider_snapshot": {
            "key": provider.key,
            "name": provider.name,
            "mode": provider.mode,
            "joint_with": provider.joint_with,
            "accreditation_statement": provider.accreditation_statement,
            "designation_statement": provider.designation_statement,
            "participation_statement": provider.participation_statement,
            "contact": provider.contact,
        },
        "released_on": opens_on,
        "reviewed_on": opens_on,
        "opens_on": opens_on,
        "expires_on": expires_on,
        "zone": zone,
        "grace_days": grace_days,
        "opens_at": term.opens_at,
        "closes_at": term.closes_at,
        "claims_close_at": term.claims_close_at,
        "learning_format": "enduring material",
        "estimated_minutes": maximum_quarters * 15,
        "estimate_method": "Counted.",
        "pass_points": pass_points,
        "total_points": total_points,
        "repeat_credit": False,
        "front_matter": FRONT_MATTER,
        "front_matter_digest": "0" * 64,
        "created_at": now,
        "published_at": now,
        "published_by": None,
        "withdrawn_at": None,
        "withdrawn_by": None,
        "withdrawal_reason": None,
        **changes,
    }
    release = Release(**values)
    session.add(release)
    session.flush()
    session.add(CreditOffer(release_id=release.id, type="ama-pra-category-1", maximum_quarters=maximum_quarters))
    session.flush()
    return release.id


def make_quiz(session: Session, *, now: datetime, draw: int, bank: int) -> tuple[int, int]:
    """A quiz with one published version; "a" is the key of every question."""
    number = next(_numbers)
    quiz = Quiz(key=f"quiz-{number}", title=f"Quiz {number}")
    session.add(quiz)
    session.flush()
    version = QuizVersion(
        quiz_id=quiz.id,
        number=1,
        state="draft",
        edition=1,
        blueprint=[{"label": "Everything", "topics": ["one"], "draw": draw}],
        topics=[{"key": "one", "label": "One"}],
        created_at=now,
        created_by=None,
        published_at=None,
        published_by=None,
    )
    session.add(version)
    session.flush()
    for position in range(bank):
        question = Question(
            version_id=version.id,
            lineage=f"item-{position + 1}",
            position=position,
            topic="one",
            objective="one",
            tags=[],
            apart=[],
            stem=f"A patient has finding {position + 1}. What is it called?",
            ordered=False,
            passages=["p-one"],
            references=["one2020"],
        )
        session.add(question)
        session.flush()
        session.add_all(
            Choice(
                question_id=question.id,
                key=key,
                position=index,
                text=f"Answer {key.upper()} of {position + 1}",
                correct=key == "a",
                rationale=f"Reason {key.upper()} of {position + 1}.",
            )
            for index, key in enumerate("abcd")
        )
    session.flush()
    version.state = "published"
    version.published_at = now
    session.flush()
    return quiz.id, version.id
