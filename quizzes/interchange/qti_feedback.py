"""Feedback of a QTI item: which text belongs to which choice, and what is left for the whole question."""

from collections.abc import Callable

from quizzes.interchange.qti_names import attribute, below, name
from quizzes.interchange.reasons import Losses
from quizzes.interchange.xml_file import Element, text_of


class Feedback:
    """Modal feedback by identifier; `take` gives a choice its text, `rest` what nobody took."""

    def __init__(self, root: Element, html: Callable[[Element], str]) -> None:
        self._texts: dict[str, str] = {}
        self._hidden = False
        for modal in root:
            if name(modal) == "modal-feedback":
                holder = next((one for one in modal if name(one) == "content-body"), modal)
                text = html(holder)
                if text and attribute(modal, "show-hide") == "hide":
                    self._hidden = True
                elif text:
                    key = attribute(modal, "identifier")
                    self._texts[key] = f"{self._texts[key]}\n\n{text}" if key in self._texts else text
        self._of_choice = _rules(root)

    def settle(self, correct: set[str]) -> None:
        """Text that is shown when the one right choice is made explains that choice."""
        if len(correct) == 1:
            (only,) = correct
            for key in ("correct", "CORRECT", "Correct", "correct_fb"):
                if key in self._texts:
                    self._of_choice.setdefault(only, key)

    def take(self, identifier: str) -> str:
        """The text for this choice."""
        for key in (identifier, self._of_choice.get(identifier, ""), f"{identifier}_fb", f"feedback_{identifier}"):
            if key and key in self._texts:
                return self._texts.pop(key)
        return ""

    def rest(self, losses: Losses) -> str:
        """Everything else, as the rationale of the whole question."""
        if self._hidden:
            losses.add("feedback_hidden", "Feedback that is shown unless a certain answer is given was not taken.")
        if not self._texts:
            return ""
        if set(self._texts) - {"general", "GENERAL", "general_fb", "solution", "SOLUTION", "Solution"}:
            losses.add("feedback_joined", "Feedback that depends on the answer was joined into the general rationale.")
        return "\n\n".join(self._texts.values())


def _rules(root: Element) -> dict[str, str]:
    """Conditions such as: the answer is A, so show f1."""
    found: dict[str, str] = {}
    for branch in below(root, "response-if", "response-else-if"):
        conditions = [one for one in branch if name(one) in {"match", "member", "equal"}]
        if len(conditions) != 1:
            continue
        asked = [text_of(one) for one in below(conditions[0], "base-value")]
        shown = [
            text_of(value)
            for rule in branch
            if name(rule) == "set-outcome-value" and attribute(rule, "identifier") != "SCORE"
            for value in below(rule, "base-value")
        ]
        if len(asked) == 1 and shown:
            found.setdefault(asked[0], shown[0])
    return found
