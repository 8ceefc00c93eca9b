"""A module whose provider wants its quiz approved first: nowhere for learners, whole for those who have to look."""

import shutil
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from cme.activities.library.loading import load_folder
from cme.activities.library.validating import validate_folder
from tests.conftest import NOW
from tests.factories.modules import make_provider
from tests.support.client import Client
from tests.support.learning_pages import new_learner, write

SLUG = "minimal-module"


def load(app: Flask, folder: Path) -> None:
    """Given to the installation under a provider that asks for one approval."""
    house = app.extensions["house"]

    def work(session: Session) -> None:
        make_provider(session, now=NOW, key="society", approvals=1)
        load_folder(session, validate_folder(folder, house.loaders), house.loaders, house.obstacles, now=NOW)

    write(app, work)


def test_a_waiting_module_is_whole_at_the_desk_and_nowhere_else(
    web_app: Flask, data_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / SLUG
    shutil.copytree(data_folder / SLUG, folder)
    activity = folder / "activity.toml"
    activity.write_text(activity.read_text().replace('key = "demonstration"', 'key = "society"'))
    load(web_app, folder)
    learner, _ = new_learner(web_app)
    learner.get(f"/modules/{SLUG}", status=404)
    learner.get(f"/modules/{SLUG}/quiz", status=404)
    assert "Taking a temperature" not in learner.get("/").main
    editor, _ = new_learner(web_app, roles=("editor", "reviewer"))
    page = editor.get("/desk/quizzes/1")
    assert "Draft of version 1" in page.main
    _every_link_leads_somewhere(editor, [a.get("href") for a in page.css("main a[href]")])


def _every_link_leads_somewhere(client: Client, addresses: list[str]) -> None:
    for address in {one.split("#")[0] for one in addresses if one.startswith("/")}:
        response = client.raw.get(address)
        assert response.status_code == 200, address
        response.close()
