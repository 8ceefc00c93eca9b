"""Questions as GIFT: a name and tags in the comment above each, Markdown texts with GIFT's own signs escaped."""

import re
from collections.abc import Sequence
from decimal import Decimal

from quizzes.interchange.carrying import Capacity, carried
from quizzes.interchange.entry import Choice, Entry, Kind
from quizzes.interchange.lineage import NO_TOPIC
from quizzes.interchange.shares import percent_shares

HEADER = "// Questions in GIFT format: texts in Markdown, each question with its name in the bank it came from.\n"
_SIGNS = re.compile(r"([\\:#={}~])")


def write_file(entries: Sequence[Entry], title: str, capacity: Capacity) -> bytes:
    """The file; questions that GIFT has no kind for are left out."""
    parts = [HEADER]
    topic: str | None = None
    for entry in entries:
        found, _ = carried(entry, capacity)
        if found is None:
            continue
        if found.topic != topic:
            topic = found.topic
            parts.append(f"$CATEGORY: $course$/top/{'/'.join(filter(None, (_title(title), topic or NO_TOPIC)))}\n")
        parts.append(_question(found))
    return "\n".join(parts).encode()


def _title(title: str) -> str:
    return " ".join(re.sub(r"[/\\{}~=#:]", " ", title).split())


def _escape(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text).replace("\n", "\\n")


def _question(entry: Entry) -> str:
    marks = "".join(f" [tag:{tag}]" for tag in entry.tags)
    answers = "\n".join(f"\t{line}" for line in _answers(entry))
    told = f"\n\t####{_escape(entry.rationale)}" if entry.rationale else ""
    return (
        f"// [id:{entry.lineage}]{marks}\n::{entry.lineage}::[markdown]{_escape(entry.stem)} {{\n{answers}{told}\n}}\n"
    )


def _answers(entry: Entry) -> list[str]:
    match entry.kind:
        case Kind.NUMERIC:
            assert entry.numeric is not None
            spread = f":{entry.numeric.tolerance:f}" if entry.numeric.tolerance else ""
            return [f"#{entry.numeric.value:f}{spread}"]
        case Kind.TRUE_FALSE:
            true, false = entry.choices
            right, wrong = (true, false) if true.correct else (false, true)
            told = (
                f"#{_escape(wrong.rationale)}#{_escape(right.rationale)}" if right.rationale or wrong.rationale else ""
            )
            return [f"{'TRUE' if true.correct else 'FALSE'}{told}"]
        case Kind.MATCHING:
            options = {choice.key: choice.text for choice in entry.choices}
            lines = [f"={_escape(stem.text)} -> {_escape(options[stem.answer])}" for stem in entry.stems]
            used = {stem.answer for stem in entry.stems}
            return lines + [f"= -> {_escape(choice.text)}" for choice in entry.choices if choice.key not in used]
        case Kind.MULTIPLE:
            shares = percent_shares(entry)
            return [
                f"~%{_number(share)}%{_choice(choice)}" for choice, share in zip(entry.choices, shares, strict=True)
            ]
        case _:
            return [_single(choice) for choice in entry.choices]


def _single(choice: Choice) -> str:
    if choice.correct:
        return "=" + _choice(choice)
    return f"~%{choice.weight}%{_choice(choice)}" if choice.weight else "~" + _choice(choice)


def _choice(choice: Choice) -> str:
    return _escape(choice.text) + (f"#{_escape(choice.rationale)}" if choice.rationale else "")


def _number(share: Decimal) -> str:
    text = format(share, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
