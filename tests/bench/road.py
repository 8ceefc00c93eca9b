"""One learner's road through the application, every request measured by its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from cme.outbox import runner
from tests.bench.caller import Caller, Environ, Reply
from tests.bench.meter import NOTHING, Cost, Meter
from tests.factories.people import PASSWORD

RightAnswers = Callable[[str], dict[int, str]]
"""The right choice for every position of the attempt with this code."""
ATTEMPT = ("quiz begun", "attempt page", "answer saved", "submit", "result")


@dataclass
class Road:
    """Walks once from the sign-in to the stored certificate. `costs` holds (name, cost) in the order walked."""

    caller: Caller
    meter: Meter
    slug: str
    costs: list[tuple[str, Cost]] = field(default_factory=list)

    def step(self, name: str, environ: Environ, *expected: int) -> Reply:
        """One measured request."""
        reply, cost = self.meter.measure(lambda: self.caller.call(environ))
        self.caller.keep_cookies(reply)
        if reply.status not in (expected or (200,)):
            words = " ".join(re.sub(rb"<[^>]*>", b" ", reply.body).decode(errors="replace").split())
            raise AssertionError(f"{name}: {reply.status} {reply.location} {words[:300]}")
        self.costs.append((name, cost))
        return reply

    def walk(self, email: str, right_answers: RightAnswers) -> None:
        """Sign-in, module, start, article, quiz, ten saved answers, result, claim, certificate."""
        caller, slug = self.caller, self.slug
        form = self.step("sign-in page", caller.get("/sign-in")).form("/sign-in")
        form["email"], form["password"] = email, PASSWORD
        self.step("sign-in", caller.post("/sign-in", form.fields), 303)
        start = self.step("module page", caller.get(f"/modules/{slug}")).form("/start")
        self.step("start", caller.post(start.action, start.fields), 303)
        read = self.step("article", caller.get(f"/modules/{slug}/article")).form("/read")
        fields = {**read.fields, "go": "next"}
        self.step("article read", caller.post(read.action, fields), 303, 307)
        begun = self.step("quiz begun", caller.post(f"/modules/{slug}/quiz", fields), 303)
        self._answer(begun.location.split("/")[2], right_answers)
        page = self.step("claim page", caller.get(f"/modules/{slug}/claim"))
        form, said = page.form("/claim"), {**page.first_choices(), "amount": "1.00", "attested": "y"}
        self.step("claim", caller.post(form.action, {**form.fields, **said}), 303)
        self._certificate()

    def _answer(self, code: str, right_answers: RightAnswers) -> None:
        caller = self.caller
        form = self.step("attempt page", caller.get(f"/attempts/{code}")).form(f"/attempts/{code}/")
        token = str(form.fields["csrf_token"])
        for position, key in sorted(right_answers(code).items()):
            assert f"q-{position}" in form.names
            body = f'{{"position": {position}, "choice": "{key}"}}'.encode()
            headers = {"HTTP_X_CSRFTOKEN": token, "HTTP_ACCEPT": "application/json"}
            path = f"/attempts/{code}/answers"
            self.step("answer saved", caller.request("POST", path, body, "application/json", **headers))
        fields = {"csrf_token": token} | {f"q-{place}": key for place, key in right_answers(code).items()}
        self.step("submit", caller.post(f"/attempts/{code}/submit", fields), 303)
        self.step("result", caller.get(f"/attempts/{code}/result"))

    def _certificate(self) -> None:
        """Cold: the outbox makes document and picture. Stored: the owner's page, and the same bytes again."""
        caller = self.caller
        to = self.step("to the certificate", caller.get(f"/modules/{self.slug}/certificate"), 302, 303).location
        jobs = caller.app.extensions["house"].jobs
        with caller.app.app_context():
            _, cost = self.meter.measure(lambda: runner.drain_all(jobs))
        self.costs.append(("certificate made", cost))
        self.step("certificate page", caller.get(to))
        pdf = self.step("certificate stored", caller.get(f"{to}.pdf"))
        assert pdf.body.startswith(b"%PDF"), "no PDF came"

    def of(self, name: str) -> list[Cost]:
        """The costs of every request of that name."""
        return [cost for known, cost in self.costs if known == name]

    def total(self, *names: str) -> Cost:
        """The sum over everything, or over these names."""
        chosen = [cost for name, cost in self.costs if not names or name in names]
        return sum(chosen, NOTHING)
