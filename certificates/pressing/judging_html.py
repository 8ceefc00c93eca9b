"""Judges the page of an uploaded design: allow-listed elements, a closed list of words, and little nesting.

It is read by the parser that lays it out later, so that both see the same page, and what is kept is written anew.
"""

import re
from collections import Counter
from typing import cast
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

import tinyhtml5

from certificates.rules.uploads import (
    ATTRIBUTES,
    ELEMENTS,
    MOST_ELEMENTS,
    MOST_NESTING,
    MOST_SPAN,
    NEEDED,
    PLACEHOLDER,
    SLOTS,
    VERIFY,
    WORDS,
)

_SPACE = "{http://www.w3.org/1999/xhtml}"
_VOID = {"br", "hr", "img"}
_SKIPPED = {"html", "head", "body", "title", "meta"}
_NAME = re.compile(r"[A-Za-z][\w-]*")
_WHY = {
    "script": "scripts do not run on paper",
    "link": "style sheets of the folder are used without it",
    "style": "put the styles into a .css file of the folder",
}


class _Reader:
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.problems: list[str] = []
        self.words: Counter[str] = Counter()
        self.count = 0

    def problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    def write(self, element: Element) -> str:
        """The page's body anew; without recursion, because nesting is what is judged."""
        parts: list[str] = []
        stack: list[tuple[Element, int, bool]] = [(element, 0, False)]
        while stack:
            one, depth, closing = stack.pop()
            name = str(one.tag).removeprefix(_SPACE)
            if closing:
                parts.append(f"</{name}>" if name in ELEMENTS and name not in _VOID else "")
                parts.append(self.text(one.tail))
                continue
            self.count += 1
            if depth > MOST_NESTING or self.count > MOST_ELEMENTS:
                self.problem(
                    f"Elements are nested more than {MOST_NESTING} deep, or there are more than {MOST_ELEMENTS}."
                )
                return ""
            if isinstance(one.tag, str) and not one.tag.startswith(_SPACE):
                self.problem(f"<{one.tag.rpartition('}')[2]}> is not taken.")
                continue
            if isinstance(one.tag, str):
                parts.append(self.opening(name, one))
                if name not in {"head", "title"}:
                    parts.append(self.text(one.text))
            stack.append((one, depth, True))
            stack.extend((child, depth + 1, False) for child in reversed(list(one)))
        return "".join(parts)

    def opening(self, name: str, element: Element) -> str:
        if name in _SKIPPED:
            if name == "meta" and set(element.attrib) - {"charset"}:
                self.problem("<meta> is not taken.")
            return ""
        if name not in ELEMENTS:
            why = f": {_WHY[name]}" if name in _WHY else ""
            self.problem(f"<{name}> is not taken{why}.")
            return ""
        written = "".join(self.attribute(name, str(key), value) for key, value in element.attrib.items())
        if name == "img" and "alt" not in element.attrib:
            self.problem("Every <img> needs an alt text; an ornament belongs into the style sheet as a background.")
        if name == "a" and element.attrib.get("href") != VERIFY:
            self.problem(f'A link can only lead to the verification: write <a href="{VERIFY}">.')
        return f"<{name}{written}>"

    def attribute(self, element: str, key: str, value: str) -> str:
        if key not in ATTRIBUTES:
            self.problem(f"The attribute “{key}” is not taken.")
        elif "{{" in value:
            self.problem(f"Words in braces stand in running text, not in the attribute “{key}”.")
        elif key == "src" and (element != "img" or value not in self.names):
            self.problem(f"The picture “{value[:80]}” is not a file of the folder.")
        elif key in {"colspan", "rowspan"} and not (
            value.isascii() and value.isdigit() and 1 <= int(value) <= MOST_SPAN
        ):
            self.problem(f"“{key}” is a number from 1 to {MOST_SPAN}.")
        elif key == "href" and (element != "a" or value != VERIFY):
            self.problem(f'The address “{value[:80]}” is not taken: a link can only be <a href="{VERIFY}">.')
        elif key == "id" and not _NAME.fullmatch(value):
            self.problem("An id is a plain word.")
        else:
            return f" {key}={quoteattr(value)}"
        return ""

    def text(self, text: str | None) -> str:
        if not text:
            return ""
        for match in re.finditer(PLACEHOLDER, text):
            self.words[match.group(1)] += 1
        rest = re.sub(PLACEHOLDER, "", text)
        if any(mark in rest for mark in ("{{", "}}", "{%", "{#")):
            self.problem("In braces stands one word of the list only, such as {{ title }}; nothing can be computed.")
        return escape(text)


def judge(text: str, names: frozenset[str]) -> tuple[list[str], str]:
    """Problems as sentences, and the page's body as it is kept."""
    reader = _Reader(names)
    if text.count("<") > 20 * MOST_ELEMENTS:
        return [f"There are more than {MOST_ELEMENTS} elements."], ""
    body = reader.write(cast("Element", tinyhtml5.parse(text)))
    problems = reader.problems
    if unknown := sorted(set(reader.words) - WORDS):
        problems.append(f"These words are not known: {', '.join(unknown)}.")
    if missing := sorted(NEEDED - set(reader.words)):
        problems.append(f"These words are missing: {', '.join(missing)}.")
    if twice := sorted(word for word in SLOTS if reader.words[word] > 1):
        problems.append(f"These words can stand on the page once only: {', '.join(twice)}.")
    return problems, body
