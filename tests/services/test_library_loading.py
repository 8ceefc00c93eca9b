"""Taking library folders in: published once, drafts afterwards, nothing silently and nothing over an editor's work."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cme.activities import queries
from cme.activities.library.loading import load_folder, unchanged
from cme.activities.library.publishing import publish_waiting
from cme.activities.library.validating import digests_of, validate_folder
from cme.activities.models import Activity, LibraryDigest, Provider, Release
from cme.articles.models import ArticleRevision, Figure, Passage, Reference
from cme.articles.queries import article_page, figure_of, passages_of
from cme.articles.service import draft_of, make_draft
from cme.audit.models import AuditEvent
from cme.evaluations.models import EvaluationAssignment, EvaluationForm
from cme.evaluations.queries import form_of
from cme.kernel.refusal import Invalid, NotFound
from cme.part import House
from cme.store.database import db
from quizzes.models.quiz import Quiz, QuizAssignment, QuizVersion
from quizzes.services import authoring, reviewing
from tests.factories.people import make_person
from tests.support.stores import Store

SLUG = "minimal-module"
SHIPPED = Path("cme/library").resolve()


@pytest.fixture
def house(store: Store) -> House:
    return store.app.extensions["house"]


@pytest.fixture
def folder(tmp_path: Path, data_folder: Path) -> Path:
    path = tmp_path / SLUG
    shutil.copytree(data_folder / SLUG, path)
    return path


def replace(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text, f"{file} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


def load(session: Session, house: House, folder: Path, now: datetime) -> list[str]:
    found = validate_folder(folder, house.loaders)
    return load_folder(session, found, house.loaders, house.obstacles, now=now)


def shown(session: Session, now: datetime) -> queries.ReleaseFacts:
    facts = queries.release_by_slug(session, SLUG, now=now)
    assert facts is not None
    return facts


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


TABLES = (
    Activity,
    Release,
    ArticleRevision,
    Passage,
    Reference,
    Figure,
    LibraryDigest,
    Provider,
    EvaluationForm,
    EvaluationAssignment,
    Quiz,
    QuizVersion,
    QuizAssignment,
    AuditEvent,
)


def counts(session: Session) -> dict[str, int]:
    return {table.__name__: count(session, table) for table in TABLES}


def test_a_new_module_is_published_whole(session: Session, house: House, folder: Path, now: datetime) -> None:
    said = load(session, house, folder, now)
    assert said[0] == "minimal-module: revision 1 of the article and release 1 were published."
    facts = shown(session, now)
    assert (facts.title, facts.number, facts.state, facts.zone, facts.grace_days) == (
        "Taking a temperature", 1, "published", "Pacific/Honolulu", 7,
    )  # fmt: skip
    assert (facts.released_on, facts.reviewed_on, facts.expires_on) == (date(2026, 1, 5), None, date(2029, 1, 5))
    assert (facts.pass_points, facts.total_points, facts.offers) == (2, 3, (("ama-pra-category-1", 1),))
    assert facts.repeat_credit
    assert facts.provider["key"] == "demonstration"
    assert not facts.accredited
    assert "not accredited" in facts.provider["accreditation_statement"]
    assert session.get_one(Release, facts.release_id).published_at == now
    page = article_page(session, facts.revision_id)
    assert page.published_at == now
    assert [section.anchor for section in page.sections] == ["s-reading", "s-place", "s-place-sites"]
    assert [entry.key for entry in page.references] == ["second2011", "first2001", "third2021"]
    assert list(passages_of(session, facts.revision_id)) == [
        "p-reading-scale", "p-fig-scale", "p-place-sites", "p-place-table",
    ]  # fmt: skip
    assert figure_of(session, facts.revision_id, "scale").svg.startswith("<svg ")
    form = form_of(session, facts.release_id)
    assert form is not None
    assert [question.key for question in form.questions] == ["objectives", "bias", "outcome", "comment"]
    assert session.get(QuizAssignment, facts.release_id) is not None
    assert [entry.slug for entry in queries.catalogue(session, search="FIEVRE temperature", now=now).rows] == [SLUG]


def test_the_shipped_module_is_published_with_the_term_that_is_printed(
    session: Session, house: House, now: datetime
) -> None:
    load(session, house, SHIPPED / "sleep-related-leg-cramps", now)
    facts = queries.release_by_slug(session, "sleep-related-leg-cramps", now=now)
    assert facts is not None
    assert (facts.released_on, facts.reviewed_on, facts.opens_on, facts.expires_on) == (
        date(1995, 8, 17), date(2024, 8, 9), date(2024, 8, 9), date(2027, 8, 9),
    )  # fmt: skip
    assert facts.term.closes_at.isoformat() == "2027-08-10T07:00:00+00:00"
    assert (facts.maximum_quarters, facts.pass_points, facts.total_points) == (4, 8, 10)
    page = article_page(session, facts.revision_id)
    assert page.words >= 4000
    assert len(page.references) >= 45
    assert len(page.glossary) >= 20
    assert count(session, Figure) >= 5


def test_loading_twice_changes_nothing(session: Session, house: House, folder: Path, now: datetime) -> None:
    load(session, house, folder, now)
    before = counts(session)
    assert unchanged(session, SLUG, digests_of(folder, house.loaders))
    said = load(session, house, folder, now + timedelta(days=1))
    assert said == ["minimal-module: nothing has changed since it was last loaded."]
    assert counts(session) == before


def test_a_module_loaded_after_its_term_is_published_all_the_same(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    later = now + timedelta(days=4000)
    load(session, house, folder, later)
    assert shown(session, later).state == "published"


def test_a_changed_text_becomes_a_draft_revision_and_learners_keep_theirs(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    first = shown(session, now)
    replace(folder, "article.md", "eye level", "the level of the eye")
    said = load(session, house, folder, now + timedelta(days=1))
    made = "minimal-module: revision 2 of the article was made as a draft; "
    assert said == [made + "`flask library publish minimal-module --reason …` publishes it."]
    assert shown(session, now) == first
    assert "eye level" in article_page(session, first.revision_id).html
    draft = draft_of(session, first.article_id)
    assert draft is not None
    assert (draft.number, draft.created_by) == (2, None)
    assert "level of the eye" in draft.html
    # Once more: the same draft is renewed, a second one is not made.
    replace(folder, "article.md", "the level of the eye", "the height of the eye")
    load(session, house, folder, now + timedelta(days=2))
    assert count(session, ArticleRevision) == 2
    assert "height of the eye" in draft.html
    assert len(passages_of(session, draft.id)) == 4
    said = publish_waiting(session, SLUG, reason="Clearer words.", by=None, now=now, obstacles=house.obstacles)
    assert said == ["minimal-module: revision 2 was published as a minor revision of release 1."]
    assert shown(session, now).revision_id == draft.id
    with pytest.raises(NotFound):
        publish_waiting(session, SLUG, reason="Again.", by=None, now=now, obstacles=house.obstacles)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("references.yaml", '"A first example"', '"A first good example"'),
        ("glossary.yaml", "for the body's range", "for people"),
        ("figures.yaml", "Three marks of a scale.", "Three marks."),
        ("figures/scale.svg", ">37<", ">37 °C<"),
    ],
)
def test_each_file_of_the_article_makes_a_draft_when_it_changes(
    session: Session, house: House, folder: Path, now: datetime, file: str, old: str, new: str
) -> None:
    load(session, house, folder, now)
    replace(folder, file, old, new)
    assert "revision 2 of the article was made as a draft" in load(session, house, folder, now)[0]
    assert count(session, ArticleRevision) == 2


def test_an_editors_draft_is_left_alone_and_spoken_of_each_time(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    editor = make_person(session, now=now, roles=("editor",)).id
    article_id = shown(session, now).article_id
    source = validate_folder(folder, house.loaders).source
    assert source is not None
    draft = make_draft(session, article_id, source, title="Mine", digest="mine", created_by=editor, now=now)
    draft.html = "<p>Hours of work.</p>"
    session.flush()
    replace(folder, "article.md", "eye level", "the level of the eye")
    replace(folder, "evaluation.yaml", "Anything else?", "Anything more?")
    for _ in range(2):
        said = load(session, house, folder, now)
        assert any("an editor's draft (revision 2) is waiting" in sentence for sentence in said)
        session.refresh(draft)
        assert (draft.title, draft.html, draft.created_by) == ("Mine", "<p>Hours of work.</p>", editor)
    assert count(session, ArticleRevision) == 2
    assert count(session, EvaluationForm) == 2  # what could be taken in was, and only once


def test_a_public_release_is_never_changed_and_the_whole_load_is_refused(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    before = counts(session)
    replace(folder, "activity.toml", 'audience = "Whoever tests."', 'audience = "Everybody."')
    with pytest.raises(Invalid) as refused:
        load(session, house, folder, now)
    public = "activity.toml: release.number: release 1 is public and never changes; "
    assert refused.value.problems == {"": [public + "set [release].number to 2 to make a new release."]}
    assert counts(session) == before


def test_a_higher_number_makes_a_draft_release_which_is_published_with_its_text_form_and_quiz(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    first = shown(session, now)
    replace(folder, "activity.toml", "number = 1", "number = 2")
    replace(folder, "activity.toml", 'title = "Taking a temperature"', 'title = "Taking temperatures"')
    replace(folder, "activity.toml", 'audience = "Whoever tests."', 'audience = "Everybody."')
    said = load(session, house, folder, now)
    assert any("release 2 was made as a draft" in sentence for sentence in said)
    assert any("revision 2 of the article was made as a draft" in sentence for sentence in said)  # its title changed
    assert shown(session, now) == first
    draft = session.scalars(select(Release).where(Release.state == "draft")).one()
    assert form_of(session, draft.id) is not None
    assert session.get(QuizAssignment, draft.id) is not None
    # A further change of the file renews the draft; a number beyond it is refused.
    replace(folder, "activity.toml", 'fees = "None."', 'fees = "None at all."')
    assert any("release 2 was renewed as a draft" in sentence for sentence in load(session, house, folder, now))
    assert draft.front_matter["fees"] == "None at all."
    replace(folder, "activity.toml", "number = 2", "number = 3")
    with pytest.raises(Invalid) as refused:
        load(session, house, folder, now)
    assert "a draft of release 2 is waiting" in refused.value.problems[""][0]
    assert count(session, Release) == 2
    said = publish_waiting(session, SLUG, reason="", by=None, now=now, obstacles=house.obstacles)
    assert said == ["minimal-module: release 2 was published."]
    second = shown(session, now)
    assert (second.number, second.title, second.front_matter["audience"]) == (2, "Taking temperatures", "Everybody.")
    assert article_page(session, second.revision_id).title == "Taking temperatures"
    # What is claimed of the first one later is printed with the title it was designated under.
    kept = queries.release_facts(session, first.release_id)
    assert (kept.title, kept.front_matter["audience"]) == ("Taking a temperature", "Whoever tests.")
    assert second.front_matter_digest != first.front_matter_digest


def test_a_correction_reaches_the_release_that_runs_although_another_one_waits(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    """With a reason nobody means to publish a release, which could never be taken back."""
    load(session, house, folder, now)
    replace(folder, "activity.toml", "number = 1", "number = 2")
    load(session, house, folder, now)
    replace(folder, "article.md", "It\nis read at eye level", "It\nis always read at eye level")
    load(session, house, folder, now)
    said = publish_waiting(session, SLUG, reason="Always.", clinical=True, by=None, now=now, obstacles=house.obstacles)
    assert said == [
        "minimal-module: revision 2 was published as a minor revision of release 1.",
        "minimal-module: the draft of release 2 still waits.",
    ]
    facts = shown(session, now)
    assert (facts.number, article_page(session, facts.revision_id).number) == (1, 2)
    with pytest.raises(NotFound):
        publish_waiting(session, SLUG, reason="Again.", by=None, now=now, obstacles=house.obstacles)
    assert publish_waiting(session, SLUG, reason="", by=None, now=now, obstacles=house.obstacles) == [
        "minimal-module: release 2 was published."
    ]
    facts = shown(session, now)
    assert (facts.number, article_page(session, facts.revision_id).number) == (2, 2)


def test_a_release_that_opens_later_renames_nothing_before(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    replace(folder, "activity.toml", "number = 1", "number = 2")
    replace(folder, "activity.toml", "opens_on = 2026-01-05", "opens_on = 2027-01-05")
    replace(folder, "activity.toml", 'title = "Taking a temperature"', 'title = "Taking temperatures"')
    load(session, house, folder, now)
    publish_waiting(session, SLUG, reason="", by=None, now=now, obstacles=house.obstacles)
    then = datetime(2027, 2, 1, tzinfo=now.tzinfo)
    for at, title in ((now, "Taking a temperature"), (then, "Taking temperatures")):
        assert shown(session, at).title == title
        assert [entry.title for entry in queries.catalogue(session, now=at).rows] == [title]


def test_a_changed_evaluation_serves_the_next_release_and_not_the_public_one(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    load(session, house, folder, now)
    release_id = shown(session, now).release_id
    before = form_of(session, release_id)
    replace(folder, "evaluation.yaml", "What will you do differently?", "What will you change?")
    said = load(session, house, folder, now)
    assert said == [
        "minimal-module: version 2 of the evaluation form was made.",
        "minimal-module: release 1 is public and keeps its form; the next release takes the new one.",
    ]
    assert form_of(session, release_id) == before
    replace(folder, "activity.toml", "number = 1", "number = 2")
    load(session, house, folder, now)
    draft = session.scalars(select(Release).where(Release.state == "draft")).one()
    form = form_of(session, draft.id)
    assert form is not None
    assert [question.text for question in form.questions][2] == "What will you change?"


def test_a_changed_quiz_becomes_a_draft_version(session: Session, house: House, folder: Path, now: datetime) -> None:
    load(session, house, folder, now)
    replace(folder, "quiz.yaml", "iced tea", "cold tea")
    load(session, house, folder, now)
    states = session.scalars(select(QuizVersion.state).order_by(QuizVersion.number)).all()
    assert states == ["published", "draft"]


def test_obstacles_of_other_wings_stop_the_first_publication(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    found = validate_folder(folder, house.loaders)

    def objection(_session: Session, _release_id: int) -> list[str]:
        return ["The quiz gives 9 points."]

    with pytest.raises(Invalid) as refused:
        load_folder(session, found, house.loaders, [objection], now=now)
    assert refused.value.problems == {"release": ["The quiz gives 9 points."]}


def test_an_unknown_provider_is_named_and_a_known_one_is_used_as_it_is(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    replace(folder, "activity.toml", 'key = "demonstration"', 'key = "society"')
    with pytest.raises(Invalid) as refused:
        load(session, house, folder, now)
    assert "activity.toml: provider.key: there is no provider “society”" in refused.value.problems[""][0]
    session.rollback()
    session.add(
        Provider(
            key="society",
            name="Society",
            mode="accredited",
            accreditation_statement="The [provider] is accredited.",
            designation_statement="The [provider] designates this [format] for [credits] AMA PRA Category 1 Credit(s)™.",
            participation_statement="Participation.",
            contact="office@example.org",
            correction_days=30,
            changed_at=now,
        )
    )
    session.flush()
    load(session, house, folder, now)
    facts = shown(session, now)
    assert facts.accredited
    assert facts.provider["designation_statement"] == (
        "The Society designates this enduring material for 0.25 AMA PRA Category 1 Credit(s)™."
    )


def test_a_new_module_waits_for_whom_its_provider_asks(
    session: Session, house: House, folder: Path, now: datetime
) -> None:
    """The provider wants quizzes to be approved, which nobody can do before the module is loaded."""
    provider = {"key": "society", "mode": "demonstration", "approvals": 1, "correction_days": 30, "changed_at": now}
    texts = ("name", "accreditation_statement", "designation_statement", "participation_statement", "contact")
    session.add(Provider(**provider, **dict.fromkeys(texts, "Words.")))
    replace(folder, "activity.toml", 'key = "demonstration"', 'key = "society"')
    said = load(session, house, folder, now)
    assert said[0] == "minimal-module: revision 1 of the article was published; release 1 waits."
    assert any("Its draft has to be approved and published first." in sentence for sentence in said)
    assert queries.release_by_slug(session, SLUG, now=now) is None
    assert not queries.catalogue(session, now=now).rows
    with pytest.raises(Invalid) as refused:
        publish_waiting(session, SLUG, reason="", by=None, now=now, obstacles=house.obstacles)
    assert "has no published version" in refused.value.problems["release"][0]
    # Loading again changes nothing, and a changed folder changes the drafts.
    assert load(session, house, folder, now) == [f"{SLUG}: nothing has changed since it was last loaded."]
    replace(folder, "activity.toml", 'fees = "None."', 'fees = "None at all."')
    assert any("release 1 was renewed as a draft" in sentence for sentence in load(session, house, folder, now))
    editor, reviewer = (make_person(session, now=now, roles=(role,)).id for role in ("editor", "reviewer"))
    draft = session.scalars(select(QuizVersion.id)).one()
    reviewing.send(session, draft, edition=1, reviewer=None, editor=editor, now=now)
    reviewing.approve(session, draft, edition=1, reviewer=reviewer, now=now)
    authoring.publish(session, draft, edition=1, editor=editor, now=now)
    said = publish_waiting(session, SLUG, reason="", by=None, now=now, obstacles=house.obstacles)
    assert said == ["minimal-module: release 1 was published."]
    assert shown(session, now).front_matter["fees"] == "None at all."


def test_a_folder_with_problems_is_not_loaded(session: Session, house: House, folder: Path, now: datetime) -> None:
    replace(folder, "article.md", "@third2021", "@thirst2021")
    with pytest.raises(Invalid):
        load(session, house, folder, now)
    assert count(session, Activity) == 0


# Through the commands, committed.


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["library", *words])
    return result.exit_code, result.output


def committed(app: Flask) -> dict[str, int]:
    with app.app_context():
        return counts(db.session())


def test_the_commands_check_load_and_publish(app: Flask, folder: Path) -> None:
    assert run(app, "check", str(folder)) == (0, f"{folder}: no problem found.\n")
    assert set(committed(app).values()) == {0}
    code, said = run(app, "load", str(folder))
    assert code == 0, said
    assert "release 1 were published" in said
    before = committed(app)
    assert run(app, "load", str(folder)) == (0, "minimal-module: nothing has changed since it was last loaded.\n")
    assert committed(app) == before
    replace(folder, "article.md", "eye level", "the level of the eye")
    assert "made as a draft" in run(app, "load", str(folder))[1]
    code, said = run(app, "publish", SLUG)
    assert code == 1
    assert "Give a reason." in said
    assert "minor revision of release 1" in run(app, "publish", SLUG, "--reason", "Clearer.")[1]
    code, said = run(app, "publish", "nowhere")
    assert (code, "There is no module “nowhere”." in said) == (1, True)


def test_a_faulty_folder_changes_nothing_and_every_problem_is_printed(app: Flask, folder: Path) -> None:
    replace(folder, "article.md", "@third2021", "@thirst2021")
    replace(folder, "activity.toml", "number = 1", "number = 0")
    for command in ("check", "load"):
        code, said = run(app, command, str(folder))
        assert code == 1
        assert "article.md: line 18: “thirst2021” is cited but does not stand in references.yaml." in said
        assert "activity.toml: release.number: “number” must be a whole number from 1 to 10000." in said
        assert "nothing was changed." in said
    assert set(committed(app).values()) == {0}


def test_a_refusal_in_the_middle_leaves_nothing_behind(app: Flask, folder: Path) -> None:
    replace(folder, "activity.toml", 'key = "demonstration"', 'key = "society"')
    code, said = run(app, "load", str(folder))
    assert code == 1
    assert "there is no provider “society”" in said
    assert set(committed(app).values()) == {0}


def test_every_shipped_module_loads_and_a_second_start_does_nothing(app: Flask) -> None:
    code, said = run(app, "load-shipped")
    assert code == 0, said
    modules = len(list(SHIPPED.glob("*/activity.toml")))
    assert said.count("release 1 were published") == modules
    before = committed(app)
    code, said = run(app, "load-shipped")
    assert (code, said.count("nothing has changed")) == (0, modules)
    assert committed(app) == before
