"""Delivery rules in words: what differs between two versions."""

from quizzes.rules.delivery import REVIEW_PARTS, DeliveryRules, Review

PART_WORDS = {
    "answers": "questions with the own answers",
    "verdicts": "right or wrong",
    "passages": "passages to read again",
    "keys": "right answers",
    "rationales": "reasons",
    "references": "references",
}
STAGE_WORDS = {
    "during": "Seen of a checked answer during the attempt",
    "after_try": "Seen after each attempt",
    "after_passing": "Seen in addition after passing",
    "after_term": "Seen in addition after the end of the term",
}


def delivery_changes(before: DeliveryRules, after: DeliveryRules) -> tuple[str, ...]:
    """A sentence for each rule that differs: "Attempts for credit: as many as wanted before, 3 now"."""
    endless = "as many as wanted"
    pairs = [
        ("Attempts for credit", _limit(before.attempts, endless), _limit(after.attempts, endless)),
        ("Hours between two attempts", _limit(before.wait_hours, "none"), _limit(after.wait_hours, "none")),
        ("Minutes for an attempt", _limit(before.minutes, "no limit"), _limit(after.minutes, "no limit")),
        ("Certainty", _asked(before.certainty), _asked(after.certainty)),
        ("Answers of others", _shown(before.peers), _shown(after.peers)),
    ]
    for stage, words in STAGE_WORDS.items():
        pairs.append((words, seen(getattr(before, stage)), seen(getattr(after, stage))))
    return tuple(f"{words}: {old} before, {new} now" for words, old, new in pairs if old != new)


def seen(review: Review) -> str:
    """The parts of a stage, by name."""
    return ", ".join(PART_WORDS[part] for part in REVIEW_PARTS if getattr(review, part)) or "nothing"


def _limit(number: int | None, without: str) -> str:
    return str(number) if number else without


def _asked(asked: bool) -> str:
    return "asked" if asked else "not asked"


def _shown(shown: bool) -> str:
    return "shown" if shown else "not shown"
