"""A learner at a real server: the road from the module's page to the claim, through the forms of its pages."""

import re
from dataclasses import dataclass, field

from tests.factories.modules import EVALUATION
from tests.support.client import Form
from tests.support.visiting import Answer, Visitor

QUESTION = re.compile(r"q-([1-9][0-9]*)")
CODE = re.compile(r"/attempts/([^/?]+)")
RIGHT = "a"


class RefusedError(AssertionError):
    """The server answered, but not with what this step leads to."""


@dataclass
class Learner:
    """One signed-in person and the module they are in. `saved` holds what the server said it has saved."""

    visitor: Visitor
    slug: str
    saved: dict[tuple[str, int], str] = field(default_factory=dict)

    def start(self) -> None:
        """See the front matter."""
        form = self._page(f"/modules/{self.slug}").form("/start")
        _led(self.visitor.send(form, follow=False), 303, "/article")

    def start_if_not_yet(self) -> None:
        """As `start`, for somebody whose first try may have arrived without an answer."""
        if self._page(f"/modules/{self.slug}").has_form("/start"):
            self.start()

    def read(self) -> str:
        """Open the article and press the button under it, which begins the quiz; gives the attempt's code."""
        form = self._page(f"/modules/{self.slug}/article").form("/read")
        return _code(self.visitor.send(form, button=("go", "next")))

    def begin(self) -> str:
        """Begin another attempt, or resume, from the quiz's page."""
        form = self._page(f"/modules/{self.slug}/quiz").form("/quiz")
        return _code(self.visitor.send(form))

    def answered(self, code: str, key: str = RIGHT) -> Form:
        """The attempt's form with this choice made everywhere, not yet sent."""
        form = self._page(f"/attempts/{code}").form(f"/attempts/{code}/")
        for name in form.names:
            if QUESTION.fullmatch(name):
                form[name] = key
        return form

    def save_each(self, code: str, key: str = RIGHT) -> None:
        """Save the answers one by one, as the page's script does."""
        form = self.answered(code, key)
        for name in sorted(form.names):
            found = QUESTION.fullmatch(name)
            if found is None:
                continue
            position = int(found.group(1))
            content: dict[str, object] = {"position": position, "choice": key}
            answer = self.visitor.post_json(f"/attempts/{code}/answers", content, str(form.fields["csrf_token"]))
            _expect(answer, 200)
            self.saved[code, position] = key

    def submit(self, code: str, key: str = RIGHT) -> str:
        """Submit the attempt with this choice everywhere; gives the address of the result."""
        answer = self.send_submission(self.answered(code, key), code)
        return _led(answer, 303, "/result")

    def send_submission(self, form: Form, code: str) -> Answer:
        """Send a filled-in attempt, once."""
        return self.visitor.post(f"/attempts/{code}/submit", form.fields, follow=False)

    def result(self, code: str) -> Answer:
        return self._page(f"/attempts/{code}/result")

    def claim_form(self, amount: str = "1.00") -> Form:
        """The claim's form, filled in completely, not yet sent."""
        form = self._page(f"/modules/{self.slug}/claim").form("/claim")
        for name, value in EVALUATION.items():
            form[name] = value
        form["amount"] = amount
        form["attested"] = "y"
        return form

    def send_claim(self, form: Form) -> Answer:
        """Send a filled-in claim, once."""
        return self.visitor.send(form, follow=False)

    def claim(self, amount: str = "1.00") -> str:
        """Claim; gives the address the granted claim leads to."""
        return _led(self.send_claim(self.claim_form(amount)), 303, "/certificate")

    def whole_road(self) -> str:
        """From the module's page to the granted claim; gives the attempt's code."""
        self.start()
        code = self.read()
        self.save_each(code)
        self.submit(code)
        self.result(code)
        self.claim()
        return code

    def tab(self) -> "Learner":
        """The same browser once more."""
        return Learner(self.visitor.copy(), self.slug)

    def _page(self, path: str) -> Answer:
        answer = self.visitor.get(path)
        _expect(answer, 200)
        return answer


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        words = re.sub(rb"<[^>]*>", b" ", answer.body)[:2000].decode(errors="replace")
        raise RefusedError(f"{answer.path}: {answer.status} instead of {status}: {' '.join(words.split())[:400]}")


def _led(answer: Answer, status: int, end: str) -> str:
    _expect(answer, status)
    if not answer.location.split("?")[0].endswith(end):
        raise RefusedError(f"{answer.path} led to {answer.location} instead of …{end}")
    return answer.location


def _code(answer: Answer) -> str:
    _expect(answer, 200)
    found = CODE.match(answer.path)
    if found is None:
        raise RefusedError(f"no attempt was begun, but {answer.path} shown")
    return found.group(1)
