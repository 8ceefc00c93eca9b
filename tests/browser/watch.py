"""What a browser complains about while a test uses it: policy violations, errors, foreign requests, dialogs."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, WebError

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
# The browser's own line for a page that answers 4xx: refusals are ordinary pages here, judged by the tests themselves.
REFUSAL = "Failed to load resource: the server responded with a status of 4"
# Chromium's guess that a preloaded font was not needed, made by the clock: on a busy machine it comes before the page has
# been drawn. That the preloaded addresses are those of the style sheet is tested without a clock.
TOO_SLOW = "was preloaded using link preload but not used within a few seconds"


class Watch:
    """Collects the complaints of one browser context, and counts the pages it loaded."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []
        self.loads: list[str] = []
        self.offline = False
        """While the server is stopped on purpose, requests may fail."""
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("dialog", self._dialog)

    def count_from_here(self) -> None:
        self.loads.clear()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or message.text.startswith(REFUSAL):
            return
        if TOO_SLOW in message.text:
            return
        if self.offline and "ERR_CONNECTION" in message.text:
            return
        self.problems.append(f"console {message.type} on {message.page and message.page.url}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"script error on {error.page and error.page.url}: {error.error}")

    def _request(self, request: Request) -> None:
        over_the_wire = urlsplit(request.url).scheme in {"http", "https", "ws", "wss"}
        if over_the_wire and not request.url.startswith(self.origin + "/"):
            self.problems.append(f"request to another origin: {request.url}")

    def _response(self, response: Response) -> None:
        kind, status = response.request.resource_type, response.status
        if status >= 500 or (status >= 400 and kind not in {"document", "fetch", "other"}):
            self.problems.append(f"{kind} {response.url} answered {status}")
        if kind == "document" and response.request.is_navigation_request() and not 300 <= status < 400:
            self.loads.append(f"{response.request.method} {status} {urlsplit(response.url).path}")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # the editor's question before leaving unsaved text
            self.problems.append(f"dialog {dialog.type}: {dialog.message}")
        dialog.accept()


def fits(page: Page) -> list[str]:
    """What is wider than the window; empty when nothing scrolls sideways."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    if wide <= width:
        return []
    culprits = page.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
          .map((one) => [one, Math.round(one.getBoundingClientRect().right)])
          .filter(([one, right]) => right > width + 1 && !one.closest(".table-scroll, .visually-hidden, pre"))
          .slice(0, 5).map(([one, right]) => `${one.tagName.toLowerCase()}.${one.className}: ${right}`)""",
        width,
    )
    return [f"{page.url} is {wide} px wide in a window of {width}: {culprits}"]
