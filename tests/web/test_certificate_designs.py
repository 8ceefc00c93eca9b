"""Designs in the office: made by choosing, previewed, uploaded, published, given to providers; and what stays frozen."""

import hashlib
import io
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from certificates import apart
from certificates.design import design
from certificates.files import FolderStore
from certificates.models import CertificateDesign, DesignVersion
from certificates.web import turns
from cme.activities.models import Activity, Release
from cme.audit.models import AuditEvent
from cme.people.models import Person
from cme.store.database import db
from cme.store.session import transaction
from tests.conftest import NOW
from tests.factories.issued import issue
from tests.factories.modules import make_provider
from tests.factories.people import PASSWORD
from tests.support.client import Client, Form, Page
from tests.support.designs import good, picture, with_html, zipped
from tests.support.office_pages import signed_in

ADDRESS = "/office/certificates/designs"


@pytest.fixture
def chief(web_app: Flask) -> Client:
    return signed_in(web_app, "administrator")[0]


def rows(app: Flask, table: type) -> list:
    with app.app_context():
        return list(db.session.scalars(select(table).order_by(table.id)))


def filled(form: Form, **changes: object) -> Form:
    for name, value in changes.items():
        form[name] = value
    return form


def file(body: bytes, name: str = "any-name.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(body), name


def made(chief: Client, **changes: object) -> Page:
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    return chief.send(filled(form, name="Ours", **changes), button=("do", "save"))


@pytest.mark.parametrize("role", ["registrar", "editor"])
@pytest.mark.parametrize("path", ["", "/new", "/upload"])
def test_designs_are_the_administrators(web_app: Flask, role: str, path: str):
    client, _ = signed_in(web_app, role)
    client.get(f"{ADDRESS}{path}", status=403)
    assert Client(web_app).raw.get(f"{ADDRESS}{path}").status_code in {302, 303}


def test_a_design_is_made_previewed_saved_published_and_given(web_app: Flask, chief: Client):
    with web_app.app_context(), transaction() as session:
        make_provider(session, now=NOW, name="Oak Society")
    form = chief.get(chief.get(ADDRESS).link("Make a design")).form("/designs/new")
    filled(
        form,
        name="Ours",
        accent="#7a1f3d",
        ornament="#a08050",
        closing="With our thanks.",
        logo=file(picture()),
        logo_alt="An oak",
        signer_1="Maria Example",
        role_1="Director",
        signature_1=file(picture(200, 60, "JPEG"), "x.exe"),
    )
    page = chief.send(form, button=("do", "preview"))
    assert page.css("img[data-preview-picture]")[0].get("src", "").startswith("data:image/png;base64,")
    assert rows(web_app, DesignVersion) == []
    again = page.form("/designs/new")
    assert (again.fields["closing"], again.fields["accent"]) == ("With our thanks.", "#7a1f3d")
    assert len(again.fields["kept_logo"]) == len(again.fields["kept_signature_1"]) == 64  # handed in once is enough
    page = chief.send(again, button=("do", "save"))
    assert "Saved as version 1" in page.text
    assert "Not published" in page.main
    for image in page.css("figure img"):
        shown = chief.raw.get(image.get("src"))
        assert (shown.status_code, shown.mimetype) == (200, "image/png")
    (version,) = rows(web_app, DesignVersion)
    assert version.choices["form"]["signatures"][0] == ["Maria Example", "Director"]
    assert set(version.choices["form"]["images"]) == {"logo", "signature-1"}
    page = chief.send(page.form("/publish"))
    form = page.form("/looks")
    form["version"], form["paper"] = str(version.id), "a4"
    page = chief.send(form)
    assert "Ours, version 1" in page.main
    with web_app.app_context():
        names = [
            one.event
            for one in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
            if one.event.startswith("certificate.")
        ]
    assert names == [
        "certificate.design_made",
        "certificate.design_saved",
        "certificate.design_published",
        "certificate.look_chosen",
    ]


def test_a_change_is_another_version_and_the_pictures_stay(web_app: Flask, chief: Client):
    page = made(chief, logo=file(picture()), logo_alt="An oak")
    form = chief.get(page.link("Change")).form("/change")
    assert len(form.fields["kept_logo"]) == 64
    page = chief.send(filled(form, accent="#203060"), button=("do", "save"))
    assert "Saved as version 2" in page.text
    first, second = rows(web_app, DesignVersion)
    assert first.digest != second.digest
    assert second.choices["form"]["images"] == first.choices["form"]["images"]
    form = chief.get(page.link("Change")).form("/change")
    page = chief.send(form, button=("do", "save"))
    assert "Saved as version 2" in page.text  # nothing changed, so there is no third
    form = chief.get(page.link("Change")).form("/change")
    chief.send(filled(form, without_images="y", logo_alt=""), button=("do", "save"))
    assert rows(web_app, DesignVersion)[-1].choices["form"]["images"] == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Give the design a name."),
        ({"name": "n" * 61}, "longer than 60"),
        ({"accent": "#999999"}, "its contrast is 2.8 to 1, and 4.5 to 1 is needed"),
        ({"accent": "teal"}, "Write a colour as #rrggbb"),
        ({"ornament": "#eeeeee"}, "2 to 1 is needed"),
        ({"closing": "c" * 161}, "longer than 160"),
        ({"closing": "\U0001f600"}, "cannot print the character"),
        ({"role_1": "Director"}, "Give the name of whoever signs."),
        ({"base": "marble"}, "Choose one of the two."),
    ],
)
def test_what_makes_no_design_is_said_and_nothing_is_lost(web_app: Flask, chief: Client, changes: dict, sentence: str):
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    page = chief.send(
        filled(form, **{"name": "Ours", "certifies": "We certify that", **changes}), status=422, button=("do", "save")
    )
    assert sentence in page.main
    assert page.form("/designs/new").fields["certifies"] == "We certify that"
    assert rows(web_app, CertificateDesign) == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"no picture", "not well-formed XML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><script/></svg>", "script"),
        (b"\x89PNG" + b"\0" * 420_000, "larger than 400 KB"),
        (picture(3000, 3000), "million pixels"),
    ],
)
def test_a_picture_that_is_none_is_refused(chief: Client, body: bytes, sentence: str):
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    filled(form, name="Ours", logo=file(body), logo_alt="An oak")
    assert sentence in chief.send(form, status=422, button=("do", "save")).main


def test_a_picture_that_is_gone_is_asked_for_again(chief: Client):
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    filled(form, name="Ours", kept_logo="ab" * 32, logo_alt="An oak", closing="Thanks.")
    page = chief.send(form, status=422, button=("do", "save"))
    assert "A picture from before is no longer there." in page.main
    again = page.form("/designs/new")
    assert (again.fields["kept_logo"], again.fields["closing"]) == ("", "Thanks.")
    page = chief.send(filled(again, logo=file(picture())), button=("do", "save"))
    assert "Saved as version 1" in page.text


def test_two_designs_do_not_share_a_name(chief: Client):
    made(chief)
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    page = chief.send(filled(form, name="Ours"), status=422, button=("do", "save"))
    assert "a design with this name already" in page.main


def test_the_script_is_given_a_picture_or_sentences(chief: Client):
    form = chief.get(f"{ADDRESS}/new").form("/designs/new")
    answer = chief.raw.post(f"{ADDRESS}/preview", data={**form.fields, "do": "preview"})
    assert answer.get_json()["picture"].startswith("data:image/png;base64,")
    answer = chief.raw.post(f"{ADDRESS}/preview", data={**form.fields, "do": "preview", "accent": "#ffffff"})
    assert answer.status_code == 422
    assert "contrast" in answer.get_json()["problems"][0]


def test_looking_at_designs_waits_for_one_of_the_few_places(
    web_app: Flask, chief: Client, monkeypatch: pytest.MonkeyPatch
):
    """However many preview, try or upload at once, the machine is not filled; what was typed stays."""
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)
    taken: list[int] = []
    free: threading.BoundedSemaphore = web_app.extensions[turns.PLACES]

    def counted(ask: Any) -> Any:
        def asked(*arguments: Any) -> Any:
            taken.append(free._value)
            return ask(*arguments)

        return asked

    monkeypatch.setattr(apart, "_ask", counted(apart._ask))
    form = filled(chief.get(f"{ADDRESS}/new").form("/designs/new"), name="Ours", logo=file(picture()), logo_alt="Oak")
    upload = filled(chief.get(f"{ADDRESS}/upload").form("/upload"), name="Theirs", folder=file(zipped(good())))
    for _ in range(turns.AT_ONCE):
        assert free.acquire(timeout=0)
    try:
        page = chief.send(form, status=429, button=("do", "save"))
        assert "Many designs and files are being looked at" in page.main
        assert "What you typed is still here" in page.main
        again = page.form("/designs/new")
        assert (again.fields["name"], again.fields["logo_alt"]) == ("Ours", "Oak")
        preview = chief.raw.post(f"{ADDRESS}/preview", data={**again.fields, "do": "preview"})
        assert (preview.status_code, preview.headers["Retry-After"]) == (429, "10")
        assert "try again" in preview.get_json()["problems"][0]
        assert "Please try again soon." in chief.send(upload, status=429).main
        assert taken == []
    finally:
        for _ in range(turns.AT_ONCE):
            free.release()
    again["logo"] = file(picture())
    page = chief.send(again, button=("do", "preview"))
    assert page.css("img[data-preview-picture]")[0].get("src", "").startswith("data:image/png;base64,")
    chief.raw.post(f"{ADDRESS}/preview", data={**again.fields, "logo": "", "do": "preview"})
    chief.send(filled(chief.get(f"{ADDRESS}/upload").form("/upload"), name="x", folder=file(b"none")), status=422)
    assert len(taken) >= 5
    assert set(taken) == {turns.AT_ONCE - 1}
    assert free._value == turns.AT_ONCE


def test_an_upload_is_taken_or_refused_in_words(web_app: Flask, chief: Client):
    form = chief.get(chief.get(ADDRESS).link("Upload a design")).form("/upload")
    page = chief.send(filled(form, name="Theirs", folder=file(zipped(with_html("<script>x</script>")))), status=422)
    assert "certificate.html: <script> is not taken: scripts do not run on paper." in page.main
    assert rows(web_app, CertificateDesign) == []
    page = chief.send(filled(page.form("/upload"), folder=""), status=422)
    assert "Choose the ZIP." in page.main
    page = chief.send(filled(page.form("/upload"), folder=file(zipped(good()))))
    assert page.h1 == "Theirs"
    (version,) = rows(web_app, DesignVersion)
    assert set(version.choices["files"]) == set(good())
    next_one = chief.get(page.link("Upload the next version")).form("/change")
    assert "name" not in next_one.names
    assert "Version 1, saved" in chief.send(filled(next_one, folder=file(zipped(good())))).main


def test_the_old_certificate_stays_as_it_was_and_new_ones_follow(web_app: Flask, chief: Client):
    """A design is chosen, changed and chosen again: each certificate keeps the one that it was granted with."""
    with web_app.app_context(), transaction() as session:
        provider = make_provider(session, now=NOW, name="Oak Society", mode="accredited")
        key = provider.key
    old = issue(web_app, by=key)
    before = hashlib.sha256(old.file()).hexdigest()
    page = made(chief)
    page = chief.send(page.form("/publish"))
    (version,) = rows(web_app, DesignVersion)
    form = filled(page.form("/looks"), provider=key, version=str(version.id), paper="a4")
    chief.send(form)
    new = issue(web_app, by=key)
    with web_app.app_context(), transaction() as session:
        session.get_one(Person, old.facts.person_id).name = "Somebody Else"
        release = session.scalars(select(Release).join(Activity).where(Activity.slug == old.slug)).one()
        release.state, release.withdrawn_at, release.withdrawal_reason = "withdrawn", NOW, "An error in the text."
    owner = Client(web_app)
    owner.sign_in(old.email, PASSWORD)
    assert hashlib.sha256(owner.raw.get(f"/certificates/{old.code}.pdf").get_data()).hexdigest() == before
    verified = Client(web_app).get(f"/verify/{old.code}")
    assert verified.h1.startswith("Valid ")
    assert "Jane Doe" in verified.main
    assert hashlib.sha256(old.file()).hexdigest() == before
    assert old.facts.snapshot["design_digest"] == design("credit").digest
    assert new.facts.snapshot["design_digest"] == version.digest
    assert new.facts.snapshot["paper"] == "a4"
    store = FolderStore(web_app.extensions["settings"].files_folder)
    assert hashlib.sha256(store.get(version.digest)).hexdigest() == version.digest
