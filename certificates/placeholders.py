"""The language of uploaded designs: {{ word }} in running text, from a closed list, and nothing that could compute."""

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from certificates.rules.uploads import BLOCKS, PLACEHOLDER, SLOTS, TEXTS, VERIFY

_LETTERS = "letters"
_NAME = "name"


class Placeholders:
    """The body of a page, judged and written anew before it was kept; renders by replacing one word at a time."""

    def __init__(self, body: str) -> None:
        self._body = body

    def render(self, **context: Any) -> str:
        """The whole page. What is put in is escaped and not looked at again."""
        body = self._body.replace(f'href="{VERIFY}"', f'href="{context["verify_link"]}"')
        filled = re.sub(PLACEHOLDER, lambda match: _value(match.group(1), context), body)
        head = Markup(
            '<!doctype html>\n<html lang="en" class="{} {}">\n<head><meta charset="utf-8"><title>{}</title></head>\n'
        )
        words = context["words"]
        demonstration = "is-demonstration" if words.demonstration else ""
        return (
            head.format(context["paper"], context["tightness"], words.heading)
            + Markup('<body class="{} {}">').format(context["tightness"], demonstration)
            + Markup(filled)  # noqa: S704 - the page was judged and written anew, and what is put in is escaped
            + Markup("</body>\n</html>\n")
        )


def _value(word: str, context: dict[str, Any]) -> str:
    slot: Callable[[str], Markup] = context["slot"]
    if word == _NAME:
        return Markup('<span class="name-place lines-{}" dir="{}">{}</span>').format(
            context["name_lines"], context["name_direction"], slot(word)
        )
    if word == _LETTERS:
        return Markup('<span class="letters-place">{}</span>').format(slot(word)) if context["letters_apart"] else ""
    if word in SLOTS:
        return Markup('<span class="{}-place">{}</span>').format(word, slot(word))
    protected: Callable[[str], Markup] = context["protected"]
    if word in BLOCKS:
        return Markup("").join(
            Markup('<span class="statement">{}</span> ').format(protected(text)) for text in context["words"].statements
        )
    return protected(_text(word, context)) if word in TEXTS else ""


def _text(word: str, context: dict[str, Any]) -> str:
    words = context["words"]
    amount, completed, maximum = words.figures
    return {
        "heading": words.heading,
        "demonstration": words.demonstration,
        "provider": context["providers"],
        "certifies": words.certifies,
        "did": words.did,
        "title": context["certificate"]["title"],
        "contact": context["certificate"]["provider_contact"],
        "others": words.others,
        "amount_label": amount.label,
        "amount_note": amount.note,
        "completed_label": completed.label,
        "completed_note": completed.note,
        "maximum_label": maximum.label,
        "maximum": maximum.value,
        "maximum_note": maximum.note,
        "term": words.small_print[1],
        "released": words.small_print[2],
        "address": context["verify_base"],
    }[word]
