"""Aiken: one question per block, lettered choices, one line that names the right one; plain words only."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from quizzes.interchange.carrying import Capacity, carried
from quizzes.interchange.entry import Choice, Entry, Kind, letter
from quizzes.interchange.escaping import plain_to_markdown
from quizzes.interchange.html_out import to_line
from quizzes.interchange.reasons import Losses, refuse
from quizzes.interchange.rekeying import truth_of
from quizzes.interchange.report import Gathering, Report
from quizzes.interchange.text_file import decode, tidy

_CHOICE = re.compile(r"([A-Za-z])\s?[.)]\s+(.*)")
_ANSWER = re.compile(r"ANSWER\s*:(.*)", re.IGNORECASE)
_TOLD = re.compile(r"(?:ANSWER_)?(?:FEEDBACK|EXPLANATION|RATIONALE)\s*:\s*(.*)", re.IGNORECASE)
_BESIDE = re.compile(r"(SCORE|TAGS?|DIFFICULTY|CATEGORY|POINTS|DESCRIPTION)\s*:.*", re.IGNORECASE)
MOST_LETTERS = 26


def _settle(entry: Entry) -> Entry:
    if entry.kind is Kind.TRUE_FALSE:
        texts = ("True", "False")
        return replace(entry, choices=tuple(replace(c, text=t) for c, t in zip(entry.choices, texts, strict=True)))
    return entry


CAPACITY = Capacity(kinds=frozenset({Kind.SINGLE, Kind.TRUE_FALSE}), parts=frozenset(), settle=_settle)


def write(entries: Sequence[Entry], title: str, media: Mapping[str, bytes] | None = None) -> bytes:
    """One text file; what Aiken cannot hold is left out, see `carrying`."""
    del title, media
    blocks: list[str] = []
    for entry in entries:
        found, _ = carried(entry, CAPACITY)
        if found is None or len(found.choices) > MOST_LETTERS:
            continue
        lines = [_guarded(to_line(found.stem))]
        lines += [f"{chr(ord('A') + index)}. {to_line(choice.text)}" for index, choice in enumerate(found.choices)]
        right = next(index for index, choice in enumerate(found.choices) if choice.correct)
        blocks.append("\n".join([*lines, f"ANSWER: {chr(ord('A') + right)}"]))
    return ("\n\n".join(blocks) + "\n").encode()


def _guarded(stem: str) -> str:
    """A question that begins like a choice or an answer would not be read as one."""
    return f"– {stem}" if _CHOICE.fullmatch(stem) or _ANSWER.match(stem) else stem


def read(data: bytes, name: str) -> Report:
    """A file of questions; each ends with its ANSWER line."""
    del name
    gathering = Gathering("aiken")
    stem: list[str] = []
    choices: list[tuple[str, str]] = []
    start = 0
    answered: _Question | None = None

    def settle() -> None:
        """What follows an answer may still belong to it."""
        nonlocal answered
        if answered is not None:
            gathering.take(answered.place, answered.entry, label=answered.stem[:80])
        answered = None

    def close(answer: str | None) -> None:
        nonlocal start, answered
        settle()
        if stem or choices or answer is not None:
            answered = _Question(" ".join(stem), list(choices), answer, f"line {start or 1}")
        stem.clear()
        choices.clear()
        start = 0

    for number, raw in enumerate(decode(data).split("\n"), 1):
        line = raw.strip()
        if not line:
            continue
        answer = _ANSWER.fullmatch(line)
        choice = _CHOICE.fullmatch(line)
        if answered and answered.answer is not None and not stem and answered.follows(line):
            continue
        start = start or number
        if answer and (stem or choices):
            close(answer.group(1).strip())
        elif choice and stem and choice.group(1).upper() == chr(ord("A") + len(choices)):
            choices.append((choice.group(1).upper(), choice.group(2)))
        elif choices:
            # A new question begins although the one before has no answer.
            close(None)
            start = number
            stem.append(line)
        else:
            stem.append(line)
    close(None)
    settle()
    return gathering.report()


class _Question:
    def __init__(self, stem: str, choices: list[tuple[str, str]], answer: str | None, place: str) -> None:
        self.stem = stem
        self.choices = choices
        self.answer = answer
        self.place = place
        self.told: list[str] = []
        self.beside: list[str] = []

    def follows(self, line: str) -> bool:
        """Take a line that some programs write below the answer: an explanation, or what cannot be taken."""
        told, beside = _TOLD.fullmatch(line), _BESIDE.fullmatch(line)
        if told and told.group(1):
            self.told.append(told.group(1))
        if beside:
            self.beside.append(line)
        return bool(told or beside)

    def entry(self, losses: Losses) -> Entry:
        for line in self.beside:
            losses.add("line", f"“{line[:60]}” is not part of an Aiken question and was left out.")
        if self.answer is None:
            raise refuse("no_answer", "There is no line such as “ANSWER: B” after the choices.")
        right = self.answer.rstrip(".)").upper()
        letters = [key for key, _ in self.choices]
        if right not in letters:
            raise refuse("no_answer", f"The answer “{self.answer[:20]}” is not the letter of one choice.")
        choices = tuple(
            Choice(letter(index), tidy(plain_to_markdown(text)), key == right)
            for index, (key, text) in enumerate(self.choices)
        )
        truth = truth_of(choices)
        stem, told = tidy(plain_to_markdown(self.stem)), tidy(plain_to_markdown("\n".join(self.told)))
        kind = Kind.TRUE_FALSE if truth else Kind.SINGLE
        return Entry(kind, "", stem, truth or choices, rationale=told)
