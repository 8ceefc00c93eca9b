"""Releases and providers in the office: withdrawing with a reason; providers that act on new releases only."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from cme.activities.models import Provider, Release
from cme.activities.service import provider_snapshot
from cme.audit.models import AuditEvent
from cme.credits.models import Credit
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.modules import Module, make_module, make_release
from tests.factories.people import make_person
from tests.support import journeys
from tests.support.client import Client, Form
from tests.support.office_pages import signed_in

TEXTS = {
    "key": "st-anne",
    "name": "St Anne Hospital",
    "mode": "accredited",
    "accreditation_statement": "St Anne is accredited.",
    "designation_statement": "[provider] designates this [format] for a maximum of [credits].",
    "participation_statement": "Participated.",
    "contact": "cme@example.org",
    "correction_days": "45",
    "approvals": "2",
}

AMA = "The [provider] designates this [format] for a maximum of [credits] AMA PRA Category 1 Credit(s)™."
SECOND = "Physicians should claim only the credit commensurate with the extent of their participation in the activity."


@pytest.fixture
def module(web_app: Flask) -> Module:
    with web_app.app_context(), transaction() as session:
        made = make_module(session, now=NOW, title="Night cramps")
        make_module(session, now=NOW, title="Noise")
        return made


def release(app: Flask, release_id: int) -> Release:
    with app.app_context():
        return db.session.get_one(Release, release_id)


def events(app: Flask, name: str) -> list[AuditEvent]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == name)))


def withdrawal(client: Client, module: Module) -> Form:
    return client.get(f"/office/releases/{module.release_id}").form("/withdraw")


@pytest.mark.parametrize("role", ["registrar", "administrator"])
def test_the_office_withdraws_a_release_with_a_reason(web_app: Flask, module: Module, role: str) -> None:
    office, person_id = signed_in(web_app, role)
    page = office.get(office.get("/office/releases").link("Night cramps, release 1"))
    assert "Credit earned before (0 entries) stays valid" in page.main
    form = page.form("/withdraw")
    form["reason"], form["understood"] = "A dose was wrong.", "y"
    done = office.send(form)
    assert "was withdrawn" in done.text
    assert "A dose was wrong." in done.main
    assert not done.css("form[action*='/withdraw']")
    stored = release(web_app, module.release_id)
    assert (stored.state, stored.withdrawn_at, stored.withdrawn_by, stored.withdrawal_reason) == (
        "withdrawn", NOW, person_id, "A dose was wrong.",
    )  # fmt: skip
    assert [event.person_id for event in events(web_app, "release.withdrawn")] == [person_id]
    assert office.get("/office/releases").main.count("Withdrawn") == 1


@pytest.mark.parametrize(
    ("reason", "understood", "sentence"),
    [
        ("\u200b\u2060", True, "Say why the release is withdrawn."),
        ("", True, "Say why the release is withdrawn."),
        (" \n ", True, "Say why"),
        ("A dose was wrong.", False, "Confirm this to withdraw."),
    ],
)
def test_nothing_is_withdrawn_without_reason_and_confirmation(
    web_app: Flask, module: Module, reason: str, understood: bool, sentence: str
) -> None:
    office, _ = signed_in(web_app, "registrar")
    form = withdrawal(office, module)
    form["reason"] = reason
    if understood:
        form["understood"] = "y"
    page = office.send(form, status=422)
    assert sentence in page.text
    assert release(web_app, module.release_id).state == "published"


def test_a_second_withdrawal_keeps_the_first_reason(web_app: Flask, module: Module) -> None:
    office, _ = signed_in(web_app, "registrar")
    first, second = withdrawal(office, module), withdrawal(office, module)
    for form, reason in ((first, "First."), (second, "Second.")):
        form["reason"], form["understood"] = reason, "y"
    office.send(first)
    assert "its reason stands" in office.send(second, status=409).text
    assert release(web_app, module.release_id).withdrawal_reason == "First."


def test_earned_credit_stays_after_a_withdrawal(web_app: Flask, module: Module) -> None:
    office, _ = signed_in(web_app, "registrar")
    with web_app.app_context(), transaction() as session:
        person = make_person(session, now=NOW, name="Ann Lee")
        journeys.earn(session, person.id, module.release_id, now=NOW)
    form = withdrawal(office, module)
    form["reason"], form["understood"] = "A dose was wrong.", "y"
    office.send(form)
    assert "Ann Lee" in office.get("/office/credits").main
    with web_app.app_context():
        assert len(db.session.scalars(select(Credit)).all()) == 1


def test_learners_and_editors_cannot_withdraw(web_app: Flask, module: Module) -> None:
    for roles in ((), ("editor", "reviewer")):
        somebody, _ = signed_in(web_app, *roles)
        token = somebody.get("/pages/terms").form("/sign-out").fields["csrf_token"]
        data = {"csrf_token": token, "reason": "Because.", "understood": "y"}
        somebody.post(f"/office/releases/{module.release_id}/withdraw", data, status=403)
    assert release(web_app, module.release_id).state == "published"


def test_a_release_that_does_not_exist_is_not_found(web_app: Flask, module: Module) -> None:
    office, _ = signed_in(web_app, "registrar")
    for number in ("0", "99999", "99999999999999999999"):
        office.get(f"/office/releases/{number}", status=404)


def test_drafts_are_not_listed(web_app: Flask, module: Module) -> None:
    with web_app.app_context(), transaction() as session:
        draft = make_release(
            session, module.activity_id, module.revision_id, session.scalars(select(Provider)).first(), now=NOW,
            number=2, state="draft", published_at=None, opens_on=date(2027, 1, 1),
        )  # fmt: skip
    office, _ = signed_in(web_app, "registrar")
    assert "release 2" not in office.get("/office/releases").main
    office.get(f"/office/releases/{draft}", status=404)


# --- providers --------------------------------------------------------------------------------------------------------


def fill(form: Form, **changes: str) -> Form:
    for name, value in {**TEXTS, **changes}.items():
        if name in form.names:
            form[name] = value
    return form


def provider(app: Flask, key: str = "st-anne") -> Provider | None:
    with app.app_context():
        return db.session.scalar(select(Provider).where(Provider.key == key))


def test_an_administrator_enters_an_accredited_provider(web_app: Flask) -> None:
    chief, person_id = signed_in(web_app, "administrator")
    page = chief.get(chief.get("/office/providers").link("Enter a provider"))
    assert "Nothing that is public now, and no certificate, changes by this." in page.main
    shown = chief.send(fill(page.form("/office/providers/new")))
    assert shown.h1 == "St Anne Hospital"
    stored = provider(web_app)
    assert stored is not None
    assert {name: str(getattr(stored, name)) for name in TEXTS} == TEXTS
    (event,) = events(web_app, "provider.changed")
    assert (event.person_id, event.subject_id, event.details) == (
        person_id, "st-anne", {"mode": "accredited", "approvals": 2, "item_policy": "standard", "new": True},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"key": ""}, "Use small letters"),
        ({"key": "St Anne"}, "Use small letters"),
        ({"key": "a/b"}, "Use small letters"),
        ({"key": "a" * 61}, "Use small letters"),
        ({"name": " "}, "This text is needed"),
        ({"name": "n" * 201}, "longer than 200"),
        ({"mode": "royal"}, "Choose one of the two"),
        ({"accreditation_statement": ""}, "This text is needed"),
        ({"designation_statement": "One credit, always."}, "Write [credits]"),
        ({"designation_statement": AMA}, "The AMA's second sentence is missing"),
        ({"designation_statement": f"{AMA} {SECOND}".replace("[format]", "educational activity")}, "[format]"),
        ({"accreditation_statement": "Through the joint sponsorship of [provider]."}, "The word is “providership”"),
        ({"contact": "x" * 4001}, "longer than 4000"),
        ({"joint_with": "n" * 201}, "longer than 200"),
        ({"joint_with": "Riverside Hospital"}, "through the joint providership of"),
        (
            {"accreditation_statement": "Through the joint providership of [provider] and [joint provider]."},
            "speaks of a joint provider",
        ),
        ({"correction_days": "0"}, "from 1 to 365"),
        ({"correction_days": "366"}, "from 1 to 365"),
        ({"correction_days": "soon"}, "from 1 to 365"),
        ({"approvals": "6"}, "from 0 to 5"),
        ({"approvals": "-1"}, "from 0 to 5"),
        ({"approvals": "two"}, "from 0 to 5"),
    ],
)
def test_a_provider_that_makes_no_sense_is_not_saved(web_app: Flask, change: dict[str, str], sentence: str) -> None:
    chief, _ = signed_in(web_app, "administrator")
    page = chief.send(fill(chief.get("/office/providers/new").form("/new"), **change), status=422)
    assert sentence in page.main
    with web_app.app_context():
        assert db.session.scalars(select(Provider)).all() == []


def test_the_edges_of_a_provider_are_saved(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    changes = {"key": "a" * 60, "name": "n" * 200, "contact": "x" * 4000, "correction_days": "365"}
    chief.send(fill(chief.get("/office/providers/new").form("/new"), **changes))
    assert provider(web_app, "a" * 60) is not None


def test_a_joint_provider_is_saved_with_the_statement_that_names_both(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    statement = "Planned through the joint providership of [provider] and [joint provider]. [provider] is accredited."
    changes = {"joint_with": "Riverside Hospital", "accreditation_statement": statement}
    page = chief.send(fill(chief.get("/office/providers/new").form("/new"), **changes))
    assert "Riverside Hospital" in page.main
    stored = provider(web_app)
    assert stored is not None
    assert provider_snapshot(stored, "enduring material", 4)["accreditation_statement"] == (
        "Planned through the joint providership of St Anne Hospital and Riverside Hospital. St Anne Hospital is accredited."
    )


@pytest.mark.parametrize(
    ("written", "frozen"),
    [
        (f"{AMA} {SECOND}", "for a maximum of 0.75 AMA PRA Category 1 Credit(s)™."),
        (AMA.replace("[credits]", "[number of credits]") + SECOND, "maximum of 0.75 AMA PRA Category 1 Credit(s)™."),
        (AMA.replace("[credits] AMA", "[credits] *AMA") + SECOND, "maximum of 0.75 *AMA PRA Category 1 Credit(s)™."),
        ("[format], [credits].", "enduring material, 0.75 credits."),
        ("The maximum of [credits] shown here.", "The maximum of 0.75 credits shown here."),
    ],
)
def test_before_the_name_of_a_credit_stands_the_number_alone(web_app: Flask, written: str, frozen: str) -> None:
    chief, _ = signed_in(web_app, "administrator")
    chief.send(fill(chief.get("/office/providers/new").form("/new"), designation_statement=written))
    stored = provider(web_app)
    assert stored is not None
    assert frozen in provider_snapshot(stored, "enduring material", 3)["designation_statement"]


def test_a_key_is_given_once(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    chief.send(fill(chief.get("/office/providers/new").form("/new")))
    form = fill(chief.get("/office/providers/new").form("/new"), name="Another")
    assert "a provider with this key already" in chief.send(form, status=422).main
    stored = provider(web_app)
    assert stored is not None
    assert stored.name == "St Anne Hospital"


def test_a_changed_provider_leaves_public_releases_as_they_are(web_app: Flask, module: Module) -> None:
    chief, _ = signed_in(web_app, "administrator")
    before = release(web_app, module.release_id)
    key = before.provider_snapshot["key"]
    form = fill(chief.get(f"/office/providers/{key}/change").form("/change"), name="Renamed")
    assert chief.send(form).h1 == "Renamed"
    after = release(web_app, module.release_id)
    assert (after.provider_snapshot, after.provider_mode) == (before.provider_snapshot, "demonstration")
    assert "Renamed" not in chief.get("/office/releases").main
    stored = provider(web_app, key)
    assert stored is not None
    assert (stored.mode, stored.changed_at) == ("accredited", NOW)


def test_two_who_change_a_provider_see_both_texts(web_app: Flask, clock: object) -> None:
    ann, _ = signed_in(web_app, "administrator")
    ben, _ = signed_in(web_app, "administrator")
    ann.send(fill(ann.get("/office/providers/new").form("/new")))
    first = ann.get("/office/providers/st-anne/change").form("/change")
    second = ben.get("/office/providers/st-anne/change").form("/change")
    first["name"], second["name"] = "Ann's name", "Ben's name"
    clock.shift(60)  # type: ignore[attr-defined]
    ann.send(first)
    page = ben.send(second, status=409)
    assert "Ann's name" in page.main
    assert page.form("/change").fields["name"] == "Ben's name"
    ben.send(page.form("/change"))
    stored = provider(web_app)
    assert stored is not None
    assert stored.name == "Ben's name"


@pytest.mark.parametrize("seen", ["", "long ago", "2026-11-23T15:00:00"])
def test_a_form_that_does_not_say_what_it_saw_changes_nothing(web_app: Flask, seen: str) -> None:
    chief, _ = signed_in(web_app, "administrator")
    chief.send(fill(chief.get("/office/providers/new").form("/new")))
    form = chief.get("/office/providers/st-anne/change").form("/change")
    form["seen"], form["name"] = seen, "Overwritten"
    chief.send(form, status=409)
    stored = provider(web_app)
    assert stored is not None
    assert stored.name == "St Anne Hospital"


def test_a_registrar_sees_providers_and_changes_none(web_app: Flask, module: Module) -> None:
    office, _ = signed_in(web_app, "registrar")
    key = release(web_app, module.release_id).provider_snapshot["key"]
    page = office.get(f"/office/providers/{key}")
    assert "This provider is not accredited." in page.main
    assert not page.css("main a[href$='/change']")
    for address in ("/office/providers/new", f"/office/providers/{key}/change"):
        office.get(address, status=403)
        token = office.get("/pages/terms").form("/sign-out").fields["csrf_token"]
        office.post(address, {**TEXTS, "csrf_token": token}, status=403)
    office.get("/office/providers/unknown", status=404)
