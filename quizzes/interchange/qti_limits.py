"""How far a number may differ from the right one, as the response processing of a QTI 2.x or 3.0 item says it."""

from decimal import Decimal

from quizzes.interchange.numbers_in import number_of
from quizzes.interchange.qti_names import attribute, below, name
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.xml_file import Element, text_of

_LIMITS = ("gte", "lte", "gt", "lt")
_TURNED = {"g": "l", "l": "g"}


def spread_of(value: Decimal, low: Decimal, high: Decimal, losses: Losses) -> Decimal:
    """The tolerance that takes in both limits; what is wider than they are is said."""
    if not low <= value <= high:
        raise refuse("key_contradicted", "The right number lies outside the limits that are accepted.")
    if value - low != high - value:
        losses.add("tolerance", "The tolerance differed below and above; the wider one was taken.")
    return max(value - low, high - value)


def edges_lost(losses: Losses) -> None:
    """A limit that itself was wrong."""
    losses.add("tolerance_edge", "A limit that did not itself count as right counts now.")


class Limits:
    """The limits that response processing sets to one response."""

    def __init__(self, root: Element, response: str, losses: Losses) -> None:
        self.rules = next((one for one in root if name(one) == "response-processing"), None)
        self.response = response
        self.losses = losses

    def around(self, said: Decimal | None) -> tuple[Decimal | None, Decimal]:
        """The right number and its tolerance. Refuses limits that cannot be read or said here."""
        if self.rules is None:
            return said, Decimal(0)
        for equal in self._about(below(self.rules, "equal")):
            if attribute(equal, "tolerance-mode") in {"absolute", "relative"}:
                value = said if said is not None else _base(equal)
                return value, self._tolerance(equal, value)
        if self._about(below(self.rules, "equal-rounded")):
            raise refuse(
                "tolerance",
                "The answer is compared after rounding, which cannot be said here; give a tolerance instead.",
            )
        return self._between(said)

    def _about(self, conditions: list[Element]) -> list[Element]:
        return [
            one
            for one in conditions
            if any(attribute(found, "identifier") == self.response for found in below(one, "variable"))
        ]

    def _tolerance(self, equal: Element, value: Decimal | None) -> Decimal:
        parts = [number_of(part) for part in attribute(equal, "tolerance").split()]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            raise refuse("tolerance", "How far an answer may differ cannot be read; write the tolerance as a number.")
        if len(set(known)) > 1:
            self.losses.add("tolerance", "The tolerance differed below and above; the wider one was taken.")
        if "false" in {attribute(equal, "include-lower-bound"), attribute(equal, "include-upper-bound")}:
            edges_lost(self.losses)
        if attribute(equal, "tolerance-mode") == "absolute":
            return max(known)
        return abs(value or Decimal(0)) * max(known) / 100

    def _between(self, said: Decimal | None) -> tuple[Decimal | None, Decimal]:
        assert self.rules is not None
        bounds: dict[str, Decimal] = {}
        for limit in self._about(below(self.rules, *_LIMITS)):
            number = _base(limit)
            if number is None:
                continue
            side = name(limit)[0] if name(limit[0]) != "base-value" else _TURNED[name(limit)[0]]
            if side in bounds and bounds[side] != number:
                self.losses.add("several_numbers", "Of several accepted ranges only the first was taken.")
            elif name(limit) in {"gt", "lt"}:
                edges_lost(self.losses)
            bounds.setdefault(side, number)
        if not bounds:
            return said, Decimal(0)
        if len(bounds) == 1:
            raise refuse("tolerance", "Right answers have a limit on one side only, which cannot be said here.")
        low, high = bounds["g"], bounds["l"]
        value = said if said is not None else (low + high) / 2
        return value, spread_of(value, low, high, self.losses)


def _base(condition: Element) -> Decimal | None:
    return next((number_of(text_of(one)) for one in below(condition, "base-value")), None)
