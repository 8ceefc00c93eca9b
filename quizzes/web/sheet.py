"""Answers as a form or a script sends them."""

import re
from typing import Any

from flask import Request

from cme.kernel.refusal import Invalid
from quizzes.rules.grading import AnswerSheet
from quizzes.rules.limits import CHOICE_KEY, MOST_POSITION

FIELD = re.compile(r"q-([1-9][0-9]{0,3})", re.ASCII)
UNREADABLE = "The answer that was sent cannot be read. Nothing was changed."


def sheet_of(request: Request) -> AnswerSheet:
    """Fields `q-3=b`, or JSON `{"position": 3, "choice": "b"}`. Refuses: Invalid for anything that is no answer."""
    if request.is_json:
        return AnswerSheet(dict([_from_json(request.get_json(silent=True))]))
    chosen: dict[int, str] = {}
    for name, value in request.form.items():
        match = FIELD.fullmatch(name)
        if match:
            chosen[_position(int(match.group(1)))] = _choice(value)
    return AnswerSheet(chosen)


def _from_json(body: Any) -> tuple[int, str]:
    if not isinstance(body, dict):
        raise Invalid("unreadable_answer", UNREADABLE)
    position, choice = body.get("position"), body.get("choice")
    if isinstance(position, bool) or not isinstance(position, int):
        raise Invalid("unreadable_answer", UNREADABLE)
    return _position(position), _choice(choice)


def _position(number: int) -> int:
    if not 1 <= number <= MOST_POSITION:
        raise Invalid("unreadable_answer", UNREADABLE)
    return number


def _choice(value: Any) -> str:
    if not isinstance(value, str) or not CHOICE_KEY.fullmatch(value):
        raise Invalid("unreadable_answer", UNREADABLE)
    return value
