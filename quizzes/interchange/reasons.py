"""Why something was lost or refused: a stable code and a sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is for programs and tests, `sentence` is shown as it is."""

    code: str
    sentence: str


class Losses:
    """What one question loses on its way; each thing is said once."""

    def __init__(self) -> None:
        self.found: list[Reason] = []

    def add(self, code: str, sentence: str) -> None:
        """Note a loss."""
        reason = Reason(code, sentence)
        if reason not in self.found:
            self.found.append(reason)


class ItemRefused(Exception):  # noqa: N818 - the reader works; this one question cannot be taken
    """One question of a file cannot be taken; the others go on."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(reason.sentence for reason in reasons))
        self.reasons = reasons


def refuse(code: str, sentence: str) -> ItemRefused:
    """The exception for one reason."""
    return ItemRefused(Reason(code, sentence))
