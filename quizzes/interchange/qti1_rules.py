"""Response processing of a QTI 1.2 item: what scores, what must be chosen and what not, and which feedback it shows."""

from collections.abc import Callable
from decimal import Decimal

from quizzes.interchange.numbers_in import answer_of, number_of
from quizzes.interchange.qti_limits import edges_lost, spread_of
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.xml_file import Element, child, children, descendants, local, text_of

_JOINED = ("correct_fb", "general_incorrect_fb", "correct", "incorrect", "Correct", "InCorrect")


class Rules:
    """The conditions of one item, and its feedback by identifier."""

    def __init__(self, item: Element, words: Callable[[Element], str]) -> None:
        self._conditions = list(descendants(item, "respcondition"))
        most = [number_of(str(one.get("maxvalue") or "")) for one in descendants(item, "decvar")]
        self._most = next((one for one in most if one is not None and one > 0), None)
        self._feedback: dict[str, str] = {}
        for one in children(item, "itemfeedback"):
            text = words(one)
            if text:
                self._feedback[str(one.get("ident") or "")] = text
        self._links = self._linked()
        self._taken: set[str] = set()

    # -- points

    def _scoring(self) -> list[tuple[Element, Decimal, str]]:
        """Conditions that give points, the points in percent where they say so, and how they are given."""
        found: list[tuple[Element, Decimal, str]] = []
        for rule in self._conditions:
            condition = child(rule, "conditionvar")
            points = child(rule, "setvar")
            if condition is None:
                continue
            if points is None:
                shown = {str(one.get("linkrefid")).lower() for one in children(rule, "displayfeedback")}
                if str(rule.get("title")).lower() == "correct" or "correct" in shown:
                    found.append((condition, Decimal(100), "set"))
                continue
            text = text_of(points)
            amount = Decimal(100) if text.upper().endswith("SCORE.MAX") else number_of(text)
            if amount is not None and str(points.get("varname") or points.get("variablename") or "SCORE").upper() in {
                "SCORE",
                "QUE_SCORE",
            }:
                found.append((condition, amount, str(points.get("action") or "Set").lower()))
        return found

    def adds(self) -> bool:
        """Whether parts of the answer count by themselves."""
        return sum(amount > 0 for _, amount, _ in self._scoring()) > 1

    def correct(self, *, several: bool) -> tuple[set[str], dict[str, Decimal]]:
        """What must be chosen, and the share of each choice where shares are added."""
        scoring = [
            (condition, amount, action) for condition, amount, action in self._scoring() if not _catches_all(condition)
        ]
        if several:
            added = [
                (c, amount) for c, amount, action in scoring if action in {"add", "subtract"} and len(_asked(c)) == 1
            ]
            if len(added) > 1 or (added and len(added) == len(scoring)):
                shares = {_asked(c)[0][1]: amount if amount else Decimal(0) for c, amount in added}
                full = self._most or sum((share for share in shares.values() if share > 0), Decimal(0))
                scaled = {key: share * 100 / full for key, share in shares.items()} if full else shares
                return {key for key, share in scaled.items() if share > 0}, scaled
            best = max(scoring, key=lambda one: one[1], default=None)
            return ({value for _, value in _asked(best[0])} if best and best[1] > 0 else set()), {}
        shares = {}
        for condition, amount, _ in scoring:
            for _, value in _asked(condition):
                shares[value] = max(amount, shares.get(value, amount))
        most = max(shares.values(), default=Decimal(0))
        if most <= 0:
            return set(), {}
        right = {value for value, amount in shares.items() if amount == most}
        scaled = {value: amount * 100 / most for value, amount in shares.items()}
        return right, scaled if any(0 < share < 100 for share in scaled.values()) else {}

    def sequence(self) -> list[str]:
        """The right order."""
        best = max(self._scoring(), key=lambda one: one[1], default=None)
        return [value for _, value in _asked(best[0])] if best else []

    def matches(self, losses: Losses) -> dict[str, str]:
        """The right option of each thing to match."""
        found: dict[str, str] = {}
        scoring = [(condition, amount) for condition, amount, _ in self._scoring() if amount > 0]
        amounts = [amount for _, amount in scoring]
        if amounts and max(amounts) - min(amounts) > Decimal("0.1"):
            losses.add("weight_lost", "Pairs that gave different points count alike here.")
        for condition, _ in scoring:
            for asked, value in _asked(condition):
                found.setdefault(asked, value)
        return found

    def number(self, losses: Losses) -> tuple[Decimal | None, Decimal, bool]:
        """The value, its tolerance, and whether there were others."""
        found: list[tuple[Decimal, Decimal]] = []
        for condition, amount, _ in self._scoring():
            if amount <= 0:
                continue
            exact = [answer_of(text_of(one)) for one in descendants(condition, "varequal")]
            low = [number_of(text_of(one)) for one in descendants(condition, "vargte", "vargt")]
            high = [number_of(text_of(one)) for one in descendants(condition, "varlte", "varlt")]
            values = [one for one in exact if one is not None]
            lows, highs = [one for one in low if one is not None], [one for one in high if one is not None]
            if lows and highs:
                middle = values[0] if values else (lows[0] + highs[0]) / 2
                if not found:
                    spread = spread_of(middle, lows[0], highs[0], losses)
                    # An exact value that is accepted beside its limits says nothing new about them.
                    if any(True for _ in descendants(condition, "vargt", "varlt")) and spread:
                        edges_lost(losses)
                    found.append((middle, spread))
                else:
                    found.append((middle, Decimal(0)))
            elif lows or highs:
                raise refuse("tolerance", "Right answers have a limit on one side only, which cannot be said here.")
            elif values:
                found.append((values[0], Decimal(0)))
        return (found[0][0], found[0][1], len(found) > 1) if found else (None, Decimal(0), False)

    # -- feedback

    def _linked(self) -> dict[str, str]:
        """Feedback shown for exactly one choice."""
        found: dict[str, str] = {}
        for rule in self._conditions:
            condition = child(rule, "conditionvar")
            asked = _asked(condition) if condition is not None else []
            for shown in children(rule, "displayfeedback"):
                name = str(shown.get("linkrefid") or "")
                if len(asked) == 1 and name not in _JOINED:
                    found.setdefault(asked[0][1], name)
        return found

    def settle(self, right: set[str]) -> None:
        """What is shown for the one right choice explains it, when nothing else does."""
        if len(right) == 1:
            (only,) = right
            name = next((one for one in ("correct_fb",) if one in self._feedback), None)
            if name and only not in self._links and only not in self._feedback:
                self._links[only] = name

    def told(self, ident: str) -> str:
        """The rationale of one choice."""
        for name in (self._links.get(ident, ""), ident, f"{ident}_fb"):
            if name and name in self._feedback:
                self._taken.add(name)
                return self._feedback[name]
        return ""

    def rest(self, losses: Losses) -> str:
        """What belongs to the question as a whole."""
        left = {name: text for name, text in self._feedback.items() if name not in self._taken}
        if set(left) - {"general_fb", "general", "solution"}:
            losses.add("feedback_joined", "Feedback that depends on the answer was joined into the general rationale.")
        return "\n\n".join(dict.fromkeys(left.values()))


def _asked(condition: Element) -> list[tuple[str, str]]:
    """Which response must have which value; what stands inside “not” must not."""
    found: list[tuple[str, str]] = []

    def walk(element: Element) -> None:
        for one in element:
            if local(one) == "not":
                continue
            if local(one) == "varequal":
                found.append((str(one.get("respident") or ""), text_of(one)))
            else:
                walk(one)

    walk(condition)
    return found


def _catches_all(condition: Element) -> bool:
    return any(local(one) == "other" for one in condition)
