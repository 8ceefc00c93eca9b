"""Judges a style sheet of an uploaded design: no imports, no addresses, no words of its own, no other paper."""

from collections.abc import Iterable
from typing import Any

import tinycss2

from certificates.rules.uploads import AT_RULES, FUNCTIONS, PROPERTIES_REFUSED

MOST_RULES = 1000
MOST_DEPTH = 12


class _Sheet:
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.problems: list[str] = []

    def problem(self, line: int, sentence: str) -> None:
        self.problems.append(f"line {line}: {sentence}")

    def rules(self, nodes: Iterable[Any]) -> None:
        for number, node in enumerate(nodes):
            if number > MOST_RULES:
                self.problem(node.source_line, f"There are more than {MOST_RULES} rules.")
                return
            if node.type == "error":
                self.problem(node.source_line, f"This is not CSS: {node.message}.")
            elif node.type == "at-rule":
                self.at_rule(node)
            elif node.type == "qualified-rule":
                self.selector(node.prelude, node.source_line)
                self.declarations(node.content, node.source_line)

    def at_rule(self, node: Any) -> None:
        name = node.lower_at_keyword
        if name not in AT_RULES or node.content is None:
            self.problem(node.source_line, f"@{name} is not taken; only @page and @font-face are.")
            return
        self.declarations(node.content, node.source_line)

    def selector(self, tokens: Iterable[Any], line: int) -> None:
        if any(token.type == "function" for token in tokens):
            self.problem(line, "Selectors with functions, such as :not() or :is(), are not taken.")

    def declarations(self, content: Any, line: int) -> None:
        for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
            if node.type == "error":
                self.problem(node.source_line, f"This is not CSS: {node.message}.")
            elif node.type == "declaration":
                self.declaration(node)
            else:
                self.problem(node.source_line, "Rules inside rules are not taken.")

    def declaration(self, node: Any) -> None:
        name = node.lower_name
        if name in PROPERTIES_REFUSED or name.startswith(("-", "--")):
            self.problem(node.source_line, f"“{name}” is not taken.")
            return
        self.values(node.value, node.source_line, 0)

    def values(self, tokens: Iterable[Any], line: int, depth: int) -> None:
        if depth > MOST_DEPTH:
            self.problem(line, "Brackets are nested too deeply.")
            return
        for token in tokens:
            if token.type == "url":
                self.address(token.value, line)
            elif token.type == "function":
                self.function(token, line, depth)
            elif token.type in {"() block", "[] block", "{} block"}:
                self.values(token.content, line, depth + 1)

    def function(self, token: Any, line: int, depth: int) -> None:
        if token.lower_name not in FUNCTIONS:
            self.problem(line, f"The function {token.lower_name}() is not taken.")
        elif token.lower_name == "url":
            strings = [one for one in token.arguments if one.type == "string"]
            self.address(strings[0].value if strings else "", line)
        else:
            self.values(token.arguments, line, depth + 1)

    def address(self, value: str, line: int) -> None:
        if value not in self.names:
            self.problem(line, f"“{value[:80]}” is not a file of the folder; nothing else can be reached.")


def judge(text: str, names: frozenset[str]) -> list[str]:
    """Problems as sentences."""
    sheet = _Sheet(names)
    sheet.rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))
    return sheet.problems[:5]
