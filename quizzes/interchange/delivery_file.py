"""The `delivery` part of quiz.yaml: attempts, waiting, time, certainty, peers, and what is seen when."""

from dataclasses import asdict
from typing import Any

from quizzes.interchange.yaml_reader import FolderReader
from quizzes.rules.delivery import (
    MOST_ATTEMPTS,
    MOST_MINUTES,
    MOST_WAIT_HOURS,
    REVIEW_PARTS,
    TODAY,
    DeliveryRules,
    Review,
)
from quizzes.rules.stored import STAGES

KEYS = {"attempts", "wait_hours", "minutes", "certainty", "peers", *STAGES}
PATH = ("delivery",)


def delivery_of(reader: FolderReader, top: dict[str, Any]) -> DeliveryRules:
    """The rules; without the part, those of today. A stage is a list of what is seen."""
    if "delivery" not in top:
        return TODAY
    entry = reader.mapping(top["delivery"], PATH, KEYS)
    return DeliveryRules(
        attempts=_limit(reader, entry, "attempts", MOST_ATTEMPTS),
        wait_hours=_limit(reader, entry, "wait_hours", MOST_WAIT_HOURS) or 0,
        minutes=_limit(reader, entry, "minutes", MOST_MINUTES),
        certainty=reader.truth(entry, PATH, "certainty"),
        peers=reader.truth(entry, PATH, "peers"),
        **{stage: _review(reader, entry, stage) for stage in STAGES},
    )


def _limit(reader: FolderReader, entry: dict[str, Any], key: str, most: int) -> int | None:
    if entry.get(key) is None:
        return None
    number = reader.number(entry, PATH, key)
    if not 1 <= number <= most:
        reader.document.report((*PATH, key), f"“{key}” must be a whole number from 1 to {most}.")
        return None
    return number


def _review(reader: FolderReader, entry: dict[str, Any], stage: str) -> Review:
    usual: Review = getattr(TODAY, stage)
    if stage not in entry:
        return usual
    wanted = reader.names(entry, PATH, stage)
    for name in wanted:
        if name not in REVIEW_PARTS:
            known = ", ".join(REVIEW_PARTS)
            reader.document.report((*PATH, stage), f"“{name}” is not known here; the known ones are {known}.")
    return Review(**{**asdict(usual), **{part: part in wanted for part in REVIEW_PARTS}})
