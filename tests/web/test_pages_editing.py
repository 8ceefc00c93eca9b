"""Site pages through the browser: shown to everybody, edited by administrators, two writers at once."""

import pytest
from flask import Flask

from tests.support.client import Client
from tests.support.office_pages import signed_in


@pytest.mark.parametrize(
    ("key", "heading"), [("privacy", "Privacy"), ("terms", "Terms of use"), ("contact", "Contact")]
)
def test_everybody_can_read_the_pages(client: Client, key: str, heading: str) -> None:
    page = client.get(f"/pages/{key}")
    assert page.h1 == heading
    assert not page.css("a[href*='/office/']")
    assert page.link(heading.split()[0]) == f"/pages/{key}"


def test_there_are_no_other_pages(client: Client) -> None:
    client.get("/pages/imprint", status=404)
    client.get("/pages/..%2Ftexts", status=404)


@pytest.mark.parametrize("address", ["/office/pages", "/office/pages/terms"])
def test_only_administrators_edit(web_app: Flask, address: str) -> None:
    for roles in ((), ("registrar",), ("editor", "reviewer")):
        signed_in(web_app, *roles)[0].get(address, status=403)
    signed_in(web_app, "administrator")[0].get(address)
    assert Client(web_app).raw.get(address).status_code == 302


def test_a_registrar_cannot_save_a_page_either(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    registrar, _ = signed_in(web_app, "registrar")
    token = registrar.get("/pages/terms").form("/sign-out").fields["csrf_token"]
    data = {"csrf_token": token, "edition": "0", "title": "Mine", "source": "Mine."}
    registrar.post("/office/pages/terms", data, status=403)
    assert chief.get("/pages/terms").h1 == "Terms of use"


def test_an_administrator_replaces_the_text_that_ships(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    page = chief.get(chief.get("/office/").link("Site pages"))
    assert page.main.count("Text that ships") == 3
    form = chief.get(page.link("Edit Contact")).form("/office/pages/contact")
    form["title"], form["source"] = "Contact us", "Write to **office@example.org**.\n\n<script>alert(1)</script>"
    shown = chief.send(form)
    assert shown.h1 == "Contact us"
    assert "was saved" in shown.text
    assert "<script>alert(1)" in shown.main, "HTML is shown as text"
    assert [strong.text for strong in shown.css("main strong")] == ["office@example.org"]
    assert chief.get("/office/pages").main.count("Text that ships") == 2


def test_a_missing_title_keeps_the_text_that_was_typed(web_app: Flask) -> None:
    chief, _ = signed_in(web_app, "administrator")
    form = chief.get("/office/pages/terms").form("/office/pages/terms")
    form["title"], form["source"] = " ", "A long day's work."
    page = chief.send(form, status=422)
    assert "Give the page a title" in page.main
    assert "A long day's work." in page.main
    assert chief.get("/pages/terms").h1 == "Terms of use"


def test_two_writers_see_both_texts_and_the_second_decides(web_app: Flask) -> None:
    ann, _ = signed_in(web_app, "administrator")
    ben, _ = signed_in(web_app, "administrator")
    first = ann.get("/office/pages/privacy").form("/office/pages/privacy")
    second = ben.get("/office/pages/privacy").form("/office/pages/privacy")
    first["source"] = "Ann's words."
    second["source"] = "Ben's words."
    ann.send(first)
    page = ben.send(second, status=409)
    assert "Ben's words." in page.main
    assert "Ann's words." in page.main
    assert "Ann's words." in ann.get("/pages/privacy").main
    again = page.form("/office/pages/privacy")
    assert again.fields["source"].strip() == "Ben's words."
    ben.send(again)
    assert "Ben's words." in ann.get("/pages/privacy").main


@pytest.mark.parametrize("edition", ["", "many", "-1", "99999999999999999999"])
def test_a_form_without_a_sound_edition_overwrites_nothing(web_app: Flask, edition: str) -> None:
    chief, _ = signed_in(web_app, "administrator")
    form = chief.get("/office/pages/terms").form("/office/pages/terms")
    form["edition"], form["source"] = edition, "Overwritten?"
    chief.send(form, status=409)
    assert "Overwritten?" not in chief.get("/pages/terms").main
