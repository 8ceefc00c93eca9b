"""The module's page: what a visitor and an account holder see, and the start, inside and outside the term."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from cme.activities.models import FrontMatterView
from cme.activities.service import withdraw_release
from cme.audit.models import AuditEvent
from cme.credits.corrections import Correction, correct
from quizzes.models.attempt import Attempt
from tests.conftest import NOW
from tests.factories.modules import FRONT_MATTER, make_provider, make_release
from tests.support import journeys
from tests.support.client import Client
from tests.support.learning_pages import completed, new_learner, new_module, read, send, write

CLOSES = datetime(2027, 8, 10, 7, tzinfo=UTC)
OPENS = datetime(2024, 8, 9, 7, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HTML = "<script>alert(1)</script> {{7*7}} <b>bold</b>"


def seen(app: Flask) -> list[tuple[int, datetime]]:
    rows = read(app, lambda session: session.execute(select(FrontMatterView.person_id, FrontMatterView.seen_at)).all())
    return [(row.person_id, row.seen_at) for row in rows]


def test_a_visitor_sees_the_preview_and_an_invitation_but_no_front_matter(web_app: Flask, client: Client) -> None:
    module = new_module(web_app)
    page = client.get(f"/modules/{module.slug}")
    assert page.h1.startswith("Module")
    assert "Words about one." in page.main
    assert "Words about two." not in page.main
    assert "free account" in page.main
    assert "Before you start" not in page.main
    assert "Expires for CME 9 August 2027" in page.main
    assert not [form for form in page.tree.forms if "start" in (form.get("action") or "")]
    assert page.link("Create a free account").endswith(f"next=/modules/{module.slug}")


def test_an_account_holder_sees_the_front_matter_and_starts_with_one_button(web_app: Flask) -> None:
    module = new_module(web_app, maximum_quarters=3, questions=3, pass_points=2)
    client, person_id = new_learner(web_app)
    page = client.get(f"/modules/{module.slug}")
    said = [value for value in FRONT_MATTER.values() if isinstance(value, str)]
    for sentence in (
        *said,
        "Name one thing.",
        "At most 0.75 credits",
        "2 of 3 points",
        "45 minutes",
        "This provider is not accredited.",
        "No credit is designated.",
        "9 August 2027, 11:59 pm Los Angeles time",
    ):
        assert sentence in page.main, sentence
    article = client.send(page.form("/start"))
    assert article.response.request.path == f"/modules/{module.slug}/article"
    assert seen(web_app) == [(person_id, NOW)]


def test_a_start_is_recorded_once_with_the_version_that_was_seen(web_app: Flask, clock: time_machine.Traveller) -> None:
    module = new_module(web_app, front_matter_digest="ab" * 32)
    client, person_id = new_learner(web_app)
    send(client, f"/modules/{module.slug}/start", {})
    clock.shift(timedelta(hours=1))
    send(client, f"/modules/{module.slug}/start", {})
    assert seen(web_app) == [(person_id, NOW)]
    digests = read(web_app, lambda session: session.scalars(select(FrontMatterView.digest)).all())
    assert digests == ["ab" * 32]
    noted = read(
        web_app,
        lambda session: session.scalars(
            select(AuditEvent.details).where(AuditEvent.event == "learning.front_matter_seen")
        ).all(),
    )
    assert noted == [{"digest": "ab" * 32}]
    page = client.get(f"/modules/{module.slug}")
    assert "You have started" in page.main
    assert page.link("Continue").endswith("/article")


EDGES = {
    "a day before it opens": (OPENS - timedelta(days=1), False),
    "one microsecond before it opens": (OPENS - TICK, False),
    "the first instant": (OPENS, True),
    "one microsecond before the end": (CLOSES - TICK, True),
    "the end": (CLOSES, False),
    "a year later": (CLOSES + timedelta(days=365), False),
}


@pytest.mark.parametrize(("now", "allowed"), EDGES.values(), ids=EDGES.keys())
def test_start_is_offered_and_taken_inside_the_term_only(
    app: Flask, clock: time_machine.Traveller, now: datetime, allowed: bool
) -> None:
    clock.move_to(now)
    module = new_module(app)
    client, person_id = new_learner(app)
    page = client.get(f"/modules/{module.slug}")
    offered = [form for form in page.tree.forms if (form.get("action") or "").endswith("/start")]
    assert bool(offered) is allowed
    send(client, f"/modules/{module.slug}/start", {})
    assert seen(app) == ([(person_id, now)] if allowed else [])
    if not allowed:
        page = client.get(f"/modules/{module.slug}")
        assert "Los Angeles time" in page.main
        assert page.link("Read the article").endswith("/article")
        assert page.link("Self-test without credit").endswith("/quiz")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=40), "Credit closes in 40 minutes; this module takes about 60 minutes"),
        (timedelta(minutes=60), "Credit closes in 60 minutes, on"),
        (timedelta(seconds=30), "Credit closes in less than a minute; this module takes"),
        (timedelta(hours=5), "Credit closes in 5 hours"),
        (timedelta(days=10), "Credit closes in 10 days"),
        (timedelta(days=40), "Credit can be earned until"),
    ],
    ids=["less than it takes", "as long as it takes", "seconds", "hours", "days", "weeks"],
)
def test_the_page_warns_when_little_time_is_left(
    web_app: Flask, clock: time_machine.Traveller, left: timedelta, words: str
) -> None:
    clock.move_to(CLOSES - left)
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    main = client.get(f"/modules/{module.slug}").main
    assert words in main
    assert "9 August 2027, 11:59 pm Los Angeles time" in main


def test_before_the_term_the_page_says_when_it_opens(web_app: Flask, client: Client, clock) -> None:
    clock.move_to(OPENS - timedelta(days=3))
    module = new_module(web_app)
    assert "Credit opens on 9 August 2024, 12:00 am Los Angeles time." in client.get(f"/modules/{module.slug}").main


def test_in_the_days_of_grace_a_completed_module_leads_to_the_claim_and_no_start(web_app: Flask, clock) -> None:
    clock.move_to(CLOSES - timedelta(days=1))
    module = new_module(web_app, grace_days=7)
    client, person_id = new_learner(web_app)
    completed(web_app, person_id, module)
    clock.move_to(CLOSES + timedelta(days=2))
    page = client.get(f"/modules/{module.slug}")
    assert "16 August 2027, 11:59 pm Los Angeles time" in page.main
    assert page.link("Evaluate and claim").endswith(f"/modules/{module.slug}/claim")
    assert not [form for form in page.tree.forms if (form.get("action") or "").endswith("/start")]


def test_a_withdrawn_module_offers_reading_only_and_starts_nothing(app: Flask) -> None:
    module = new_module(app)
    client, _ = new_learner(app)
    write(app, lambda session: withdraw_release(session, module.release_id, "Unsafe.", by=None, now=NOW))
    page = client.get(f"/modules/{module.slug}")
    assert "withdrawn" in page.main
    assert "Self-test" not in page.main
    send(client, f"/modules/{module.slug}/start", {})
    assert seen(app) == []


def test_an_unconfirmed_account_is_told_that_claiming_needs_the_confirmation(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app, confirmed_at=None)
    page = client.get(f"/modules/{module.slug}")
    assert "claiming needs the confirmation" in page.main
    client.send(page.form("/start"))
    assert seen(web_app) == [(person_id, NOW)]


def test_the_format_keeps_the_letters_the_accreditor_writes(web_app: Flask) -> None:
    client, _ = new_learner(web_app)
    for written, shown in (
        ("journal-based CME activity", "Journal-based CME activity"),
        ("PI CME activity", "PI CME activity"),
        ("enduring material", "Enduring material"),
    ):
        module = new_module(web_app, learning_format=written)
        assert shown in client.get(f"/modules/{module.slug}").main


def test_a_joint_provider_is_named_before_the_start_and_before_the_claim(web_app: Flask) -> None:
    provider = write(
        web_app,
        lambda session: make_provider(session, now=NOW, mode="accredited", name="Society", joint_with="Riverside"),
    )
    module = new_module(web_app, provider=provider)
    client, person_id = new_learner(web_app)
    assert "Society and Riverside" in client.get(f"/modules/{module.slug}").main
    completed(web_app, person_id, module)
    assert "Society and Riverside" in client.get(f"/modules/{module.slug}/claim").main


@pytest.mark.parametrize(("mode", "shown"), [("demonstration", "Notice."), ("accredited", "Statement.")])
def test_a_modules_notices_stand_only_where_there_is_no_accreditation(web_app: Flask, mode: str, shown: str) -> None:
    texts = ("accreditation_statement", "designation_statement")
    provider = write(
        web_app, lambda session: make_provider(session, now=NOW, mode=mode, **dict.fromkeys(texts, "Statement."))
    )
    notices = dict.fromkeys(("accreditation_notice", "designation_notice"), "Notice.")
    module = new_module(web_app, provider=provider, front_matter={**FRONT_MATTER, **notices})
    client, _ = new_learner(web_app)
    page = client.get(f"/modules/{module.slug}")
    assert [text for text in ("Notice.", "Statement.") if text in page.main] == [shown]


@pytest.mark.parametrize("repeat_credit", [False, True], ids=["default", "may be earned again"])
def test_somebody_with_credit_for_an_earlier_release_is_told_before_they_work(
    web_app: Flask, repeat_credit: bool
) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    write(web_app, lambda session: journeys.earn(session, person_id, module.release_id, now=NOW - timedelta(days=9)))
    write(
        web_app,
        lambda session: make_release(
            session,
            module.activity_id,
            module.revision_id,
            make_provider(session, now=NOW),
            now=NOW,
            opens_on=date(2026, 11, 20),
            expires_on=date(2029, 8, 9),
            number=2,
            repeat_credit=repeat_credit,
        ),
    )
    page = client.get(f"/modules/{module.slug}")
    offered = [form for form in page.tree.forms if (form.get("action") or "").endswith("/start")]
    assert bool(offered) is repeat_credit
    assert ("already have credit for an earlier release" in page.main) is not repeat_credit
    assert ("Open your certificate" in page.main) is not repeat_credit
    before = len(seen(web_app))
    send(client, f"/modules/{module.slug}/start", {})
    assert len(seen(web_app)) - before == (1 if repeat_credit else 0)


def test_somebody_with_credit_sees_that_and_no_start(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    write(web_app, lambda session: journeys.earn(session, person_id, module.release_id, now=NOW))
    page = client.get(f"/modules/{module.slug}")
    assert "You have credit for this module" in page.main
    assert page.link("Open your certificate") == f"/modules/{module.slug}/certificate"
    assert not [form for form in page.tree.forms if (form.get("action") or "").endswith("/start")]


def test_whoever_is_no_physician_is_told_of_participation_and_never_of_credit_they_have(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app, profession="nurse")
    write(web_app, lambda session: journeys.earn(session, person_id, module.release_id, now=NOW))
    (code,) = read(web_app, lambda session: session.scalars(select(Attempt.code)).all())
    for path in (f"/modules/{module.slug}", f"/attempts/{code}/result", f"/modules/{module.slug}/article"):
        text = client.get(path).text
        assert "articipation" in text, path
        for words in ("You have credit", "Credit claimed", "awarded"):
            assert words not in text, (path, words)


def test_a_corrected_profession_is_what_the_page_speaks_of(web_app: Flask) -> None:
    module = new_module(web_app)
    client, person_id = new_learner(web_app)
    credit = write(web_app, lambda session: journeys.earn(session, person_id, module.release_id, now=NOW))
    assert "You have credit for this module" in client.get(f"/modules/{module.slug}").main
    wanted = Correction("Nora Nurse", "RN", "nurse", 4)
    write(web_app, lambda session: correct(session, credit, wanted, by=person_id, reason="Wrong.", now=NOW))
    assert "Your participation is recorded" in client.get(f"/modules/{module.slug}").main


def test_a_stranger_cannot_start_and_is_asked_to_sign_in(web_app: Flask, client: Client) -> None:
    module = new_module(web_app)
    token = client.get("/sign-in").form("/sign-in").fields["csrf_token"]
    page = client.post(f"/modules/{module.slug}/start", {"csrf_token": token})
    assert "/sign-in" in page.response.request.path
    assert seen(web_app) == []


def test_a_start_without_a_token_is_refused(web_app: Flask) -> None:
    module = new_module(web_app)
    client, _ = new_learner(web_app)
    client.post(f"/modules/{module.slug}/start", {}, status=400)
    client.post(f"/modules/{module.slug}/start", {"csrf_token": "x"}, status=400)
    assert seen(web_app) == []


@pytest.mark.parametrize(
    "path", ["/modules/no-such", "/modules/%00", "/modules/" + "x" * 5000, "/modules/%F0%9F%92%89"]
)
def test_an_unknown_module_is_not_found_on_either_database(both_client: Client, path: str) -> None:
    assert "nothing here" in both_client.get(path, status=404).h1.lower()


def test_words_of_a_module_are_shown_as_text(web_app: Flask) -> None:
    module = new_module(
        web_app,
        title=f"Title {HTML}",
        front_matter={**FRONT_MATTER, **dict.fromkeys(("purpose", "faculty", "contact"), HTML), "method": [HTML]},
        estimate_method=HTML,
        learning_format=HTML,
    )
    client, _ = new_learner(web_app)
    page = client.get(f"/modules/{module.slug}")
    assert HTML in page.h1
    assert page.main.count(HTML) >= 6
    assert "<b>bold" not in page.body
    assert page.main.count("7*7") >= 6  # said as it was typed, nowhere worked out
