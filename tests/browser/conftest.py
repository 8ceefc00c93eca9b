"""A real Chromium and real servers for the tests of this folder, one of each per test process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.scene import Scene, set_up
from tests.browser.site import AFTER_TERM, INSIDE_TERM, Site, poppler_missing
from tests.browser.watch import Watch
from tests.conftest import POSTGRES_URL
from tests.support.serving import faketime_library

# Long enough for a page on a busy machine; a step that needs more has failed.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 640}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def lack(what: str) -> None:
    """Something is not installed: named here, and with CI set a failure."""
    sentence = f"{what} is missing; `sh script/test` installs it"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def chromium_path() -> str | None:
    """The browser; None where there is none, or `script/test` found that what is there is only a stub."""
    if os.environ.get("CME_TEST_SKIP_BROWSER"):
        return None
    path = os.environ.get("CME_CHROMIUM", CHROMIUM)
    return path if Path(path).exists() else None


def clean_environment() -> dict[str, str | float | bool]:
    """Of the browser: its clock is the machine's, also when the tests themselves run under a shifted one."""
    return {name: value for name, value in os.environ.items() if name not in {"LD_PRELOAD", "FAKETIME"}}


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=chromium_path(), args=list(ARGUMENTS), env=clean_environment(), headless=True
    )


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if chromium_path() is None:
        lack("Chromium")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@contextmanager
def serve(folder: Path, dialect: str = "sqlite", at: Any = INSIDE_TERM) -> Iterator[Site]:
    if faketime_library() is None:
        lack("libfaketime")
    if poppler_missing():
        lack("poppler-utils")
    site = Site(dialect, folder, os.environ.get(POSTGRES_URL), at)
    try:
        yield site
    finally:
        site.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Inside the module's term, on SQLite."""
    with serve(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture(scope="package")
def scene(site: Site) -> Scene:
    """People in every state, on the site inside the term."""
    return set_up(site)


@pytest.fixture(scope="module")
def site_on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Inside the module's term, on PostgreSQL."""
    with serve(tmp_path_factory.mktemp("served"), "postgresql") as found:
        yield found


@pytest.fixture(scope="module")
def late_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """After the module's term."""
    with serve(tmp_path_factory.mktemp("served"), at=AFTER_TERM) as found:
        yield found


class Visitors:
    """Browsers for one test; each is watched, and a complaint of any of them fails the test."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.watches: list[Watch] = []

    def open(self, site: Site, person_id: int | None = None, **options: Any) -> tuple[Page, Watch]:
        """A new browser, signed in by a session row when a person is named."""
        context = self.browser.new_context(base_url=site.url, **{"viewport": DESK, **options})
        context.set_default_timeout(PATIENCE_MS)
        watch = Watch(context, site.url)
        self.watches.append(watch)
        if person_id is not None:
            self.sign_in(context, site, person_id)
        return context.new_page(), watch

    @staticmethod
    def sign_in(context: Any, site: Site, person_id: int) -> None:
        cookies = site.server.cookie_of(person_id)
        context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])

    def close(self) -> list[str]:
        for context in list(self.browser.contexts):
            context.close()
        return [problem for watch in self.watches for problem in watch.problems]


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    found = Visitors(chromium)
    yield found
    problems = found.close()
    assert not problems, "\n".join(problems)


Opener = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def visit(visitors: Visitors) -> Opener:
    """Opens a browser: `page, watch = visit(site, person_id)`."""
    return visitors.open
