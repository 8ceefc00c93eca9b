"""Answers as a form or a script sends them, turned into their canonical texts."""

import re
from typing import Any

from flask import Request

from cme.kernel.refusal import Invalid
from quizzes.rules.answers import CERTAINTIES, MOST_ANSWER, text_of_parts
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.limits import CHOICE_KEY, MOST_POSITION

FIELD = re.compile(r"([qc])-([1-9][0-9]{0,3})(?:-([a-z0-9]{1,8}))?", re.ASCII)
UNREADABLE = "The answer that was sent cannot be read. Nothing was changed."


def sheet_of(request: Request) -> AnswerSheet:
    """What was answered. Refuses: Invalid for anything that is no answer.

    Fields `q-3=b` (several for several choices, an empty one where none is left), `q-3-part=b`, `c-3=low`; or JSON
    `{"position": 3, "choice": "b"}`, with a list for several choices, a group for parts, and `certainty`.
    """
    if request.is_json:
        return _from_json(request.get_json(silent=True))
    values: dict[int, list[str]] = {}
    parts: dict[int, dict[str, str]] = {}
    certainty: dict[int, str] = {}
    for name, value in request.form.items(multi=True):
        match = FIELD.fullmatch(name)
        if not match:
            continue
        letter, position, part = match[1], _position(int(match[2])), match[3]
        if letter == "c":
            certainty[position] = _certainty(value)
        elif part:
            given = parts.setdefault(position, {})
            if value:
                given[part] = _choice(value)
        else:
            kept = values.setdefault(position, [])
            if value:
                kept.append(_text(value))
    chosen = {position: " ".join(sorted(kept)) for position, kept in values.items()}
    return AnswerSheet(chosen | {position: text_of_parts(given) for position, given in parts.items()}, certainty)


def _from_json(body: Any) -> AnswerSheet:
    if not isinstance(body, dict):
        raise _unreadable()
    position = body.get("position")
    if isinstance(position, bool) or not isinstance(position, int):
        raise _unreadable()
    position = _position(position)
    certainty = {position: _certainty(body["certainty"])} if "certainty" in body else {}
    if "choice" not in body and certainty:
        return AnswerSheet({}, certainty)
    choice = body.get("choice")
    if isinstance(choice, list):
        text = " ".join(sorted(_choice(one) for one in choice))
    elif isinstance(choice, dict):
        text = text_of_parts({_choice(part): _choice(one) for part, one in choice.items() if one})
    else:
        text = _text(choice)
        if not text:
            raise _unreadable()
    return AnswerSheet({position: text}, certainty)


def _position(number: int) -> int:
    if not 1 <= number <= MOST_POSITION:
        raise _unreadable()
    return number


def _choice(value: Any) -> str:
    if not isinstance(value, str) or not CHOICE_KEY.fullmatch(value):
        raise _unreadable()
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_ANSWER or not value.isprintable():
        raise _unreadable()
    return value.strip()


def _certainty(value: Any) -> str:
    if value not in CERTAINTIES:
        raise _unreadable()
    return value


def _unreadable() -> Invalid:
    return Invalid("unreadable_answer", UNREADABLE)
