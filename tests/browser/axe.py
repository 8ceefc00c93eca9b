"""axe-core on the page as it stands: WCAG 2.2 A and AA, in light and in dark."""

from typing import Any

from playwright.sync_api import Page

from tests.support.serving import PROJECT

SOURCE = (PROJECT / "tests" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async ([tags, only]) => {
  const runOnly = only ? { type: "rule", values: only } : { type: "tag", values: tags };
  const found = await axe.run(document, { runOnly, resultTypes: ["violations"], elementRef: false });
  return found.violations.map((one) => ({ id: one.id, help: one.help,
    nodes: one.nodes.slice(0, 4).map((node) =>
      `${node.target.join(" ")}: ${node.failureSummary.split("\\n").slice(1, 3).join(" ")}`) }));
}"""
# All that depends on colours.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """One line for each rule that is broken."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(SOURCE)
    found: list[dict[str, Any]] = page.evaluate(RUN, [TAGS, only])
    return [f"{one['id']} ({one['help']}): {'; '.join(one['nodes'])}" for one in found]


def in_both_schemes(page: Page) -> list[str]:
    """Every rule in light; in dark again every rule that depends on colours."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = [f"light: {line}" for line in violations(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {line}" for line in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found
