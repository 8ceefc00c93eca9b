"""Shapes and sizes that an item's parts may have; the columns hold as much."""

import re
from collections.abc import Iterator

from cme.people.rules import MINUTE, Limit
from quizzes.rules.item import Item
from quizzes.rules.shapes import MOST_ITEM_POINTS

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}", re.ASCII)
CHOICE_KEY = re.compile(r"[a-z0-9]{1,8}", re.ASCII)
MOST_TITLE = 200
MOST_SHORT_NAME = 40
MOST_LINE = 120
MOST_TEXT = 20_000
MOST_NAMES = 100
MOST_POSITION = 1_000
VIEW_LIMITS = (Limit(MINUTE, 60),)
"""How often one editor may ask for the learner's view of what is typed: a script asks when typing pauses."""


def storage_problems(item: Item) -> dict[str, list[str]]:
    """What cannot even be kept in a draft, by form field; everything else is an obstacle at publishing."""
    problems: dict[str, list[str]] = {}
    for field, sentence in _problems(item):
        problems.setdefault(field, []).append(sentence)
    return problems


def _problems(item: Item) -> Iterator[tuple[str, str]]:
    if not NAME.fullmatch(item.lineage):
        yield "lineage", "Use lower-case letters, digits and hyphens, at most 80."
    for field in ("topic", "objective"):
        value = getattr(item, field)
        if value and (len(value) > MOST_SHORT_NAME or not NAME.fullmatch(value)):
            yield field, f"Use lower-case letters, digits and hyphens, at most {MOST_SHORT_NAME}."
    for field in ("tags", "apart", "passages", "references"):
        names = getattr(item, field)
        if len(names) > MOST_NAMES:
            yield field, f"At most {MOST_NAMES} entries."
        for name in names:
            if not NAME.fullmatch(name):
                yield field, f"“{name}” is not a name: use lower-case letters, digits and hyphens."
    if len(item.stem) > MOST_TEXT:
        yield "stem", f"At most {MOST_TEXT} characters."
    if item.kind.has_one_key and len(item.correct_keys) > 1:
        yield "choices", "Mark one choice as the key."
    keys = [choice.key for choice in item.choices]
    if len(set(keys)) != len(keys) or not all(CHOICE_KEY.fullmatch(key) for key in keys):
        yield "choices", "Each choice needs a short key of its own, such as a or b."
    yield from _kind_problems(item)
    if any(len(choice.text) > MOST_TEXT or len(choice.rationale) > MOST_TEXT for choice in item.choices):
        yield "choices", f"At most {MOST_TEXT} characters for a choice or a rationale."


def _kind_problems(item: Item) -> Iterator[tuple[str, str]]:
    stems = [stem.key for stem in item.stems]
    if len(set(stems)) != len(stems) or not all(CHOICE_KEY.fullmatch(key) for key in stems):
        yield "stems", "Each part needs a short name of its own."
    if not 1 <= item.points <= MOST_ITEM_POINTS:
        yield "points", f"From 1 to {MOST_ITEM_POINTS}."
    if item.vignette and (len(item.vignette) > MOST_SHORT_NAME or not NAME.fullmatch(item.vignette)):
        yield "vignette", f"Use lower-case letters, digits and hyphens, at most {MOST_SHORT_NAME}."
    if len(item.rationale) > MOST_TEXT or any(len(stem.text) > MOST_TEXT for stem in item.stems):
        yield "rationale", f"At most {MOST_TEXT} characters for a part or a rationale."
