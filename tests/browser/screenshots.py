"""Pictures of every page in every state, to be looked at: python -m tests.browser.screenshots FOLDER [WORDS…]."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import Visitors, launch
from tests.browser.pages import ERRORS, PAGES, names_in, pages_of
from tests.browser.scene import Persona, Scene, set_up
from tests.browser.site import AFTER_TERM, INSIDE_TERM, SLUG, Site

WIDTHS = {1280: 900, 390: 844}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
LATE = ("/", f"/modules/{SLUG}", f"/modules/{SLUG}/article", f"/modules/{SLUG}/quiz", f"/modules/{SLUG}/claim")


def main(target: Path, wanted: list[str]) -> None:
    """Every page for those whose view of it differs; with words, only addresses that contain one of them."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        site = Site("sqlite", Path(folder) / "inside", None, INSIDE_TERM)
        try:
            scene = set_up(site)
            shown: set[str] = set()
            for persona in sorted(scene.personas, key=_richest_last):
                for address in pages_of(site, scene, persona):
                    pattern = _pattern(address, persona, scene)
                    if pattern not in shown and _asked_for(address, wanted):
                        shown.add(pattern)
                        _take(browser, site, persona, address, target)
        finally:
            site.close()
        late = Site("sqlite", Path(folder) / "late", None, AFTER_TERM)
        try:
            for persona in (Persona("late visitor", None), Persona("late learner", late.person())):
                for address in LATE:
                    if _asked_for(address, wanted) and (persona.person_id or address in LATE[:2]):
                        _take(browser, late, persona, address, target)
        finally:
            late.close()
        browser.close()


def _richest_last(persona: Persona) -> int:
    order = ("fresh", "midway", "learner", "signed out", "editor", "reviewer", "registrar", "administrator")
    return order.index(persona.name)


def _pattern(address: str, persona: Persona, scene: Scene) -> str:
    """Equal for two people who would see the same page."""
    if persona.name in {"editor", "registrar", "administrator"}:
        values = {**scene.places, **persona.own}
        of_learners = [page for page in _of_learners() if names_in(page) <= set(values)]
        general = any(address.split("?")[0] == page.format(**values) for page in of_learners)
        return "shown before" if general else address
    return f"{persona.name} {address}"


def _of_learners() -> list[str]:
    return [
        page.split("?")[0]
        for name, pages in PAGES.items()
        if not name.startswith(("office.", "desk.", "people_office.", "pages."))
        for page in pages
    ] + list(ERRORS)


def _asked_for(address: str, wanted: list[str]) -> bool:
    return not wanted or any(word in address for word in wanted)


def _take(browser: Browser, site: Site, persona: Persona, address: str, target: Path) -> None:
    name = "".join(char if char.isalnum() else "-" for char in f"{persona.name}{address}").strip("-")[:100]
    visitors = Visitors(browser)
    page, _watch = visitors.open(site, persona.person_id, reduced_motion="reduce")
    page.goto(address, timeout=60_000)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=target / f"{name}-{width}-{scheme}.png", full_page=True)
    for problem in visitors.close():
        print(f"{persona.name} {address}: {problem}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
