"""Names of questions that come from elsewhere: the same file gives the same names, another file gives others."""

import hashlib
import re
import unicodedata
from typing import Protocol

from cme.kernel.text import fingerprint
from quizzes.interchange.entry import Entry
from quizzes.rules.limits import MOST_SHORT_NAME, NAME


class Gathering(Protocol):
    """Whoever collects what a file holds."""

    def note(self, code: str, sentence: str) -> None: ...


NO_TOPIC = "Default"
"""The last word of a category that stands for questions without a topic."""

_GAP = re.compile(r"[^a-z0-9]+")
DIGEST = 16  # 64 bits: no two of a bank's questions will ever share them by chance


def slug(text: str, most: int = 80) -> str:
    """Lower-case letters, digits and hyphens; empty when nothing of the text can be written so."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _GAP.sub("-", plain).strip("-")[:most].strip("-")


def digest(*parts: str) -> str:
    """A short fingerprint of several texts, as they stand."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]


def source_lineage(scope: str, source: str) -> str:
    """From the identifier that a file gives the question, inside what names that file."""
    words = slug(source.rsplit("\n", 1)[-1], 40)
    return f"{words or 'question'}-{digest(scope, source)}"


def content_lineage(entry: Entry, *, whole: bool = False) -> str:
    """From the question's words: options may be mended later without making it another question."""
    parts = [entry.kind.value, fingerprint(entry.stem), fingerprint(entry.vignette.text if entry.vignette else "")]
    parts += [fingerprint(stem.text) for stem in entry.stems]
    if whole:
        parts += sorted(f"{choice.correct}{fingerprint(choice.text)}" for choice in entry.choices)
        parts += [repr(entry.numeric), " ".join(entry.order), fingerprint(entry.rationale)]
    words = slug(" ".join(re.sub(r"[\\*_~^`]", "", entry.stem).split()[:6]), 40)
    return f"{words or 'question'}-{digest(*parts)}"


def vignette_key(text: str) -> str:
    """The name of a case that has none: questions with the same words share it."""
    return f"case-{fingerprint(text)[:DIGEST]}"


def name_list(values: list[str], most: int = 80) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Foreign labels as names, and those that cannot become one."""
    found: list[str] = []
    lost: list[str] = []
    for value in values:
        name = value if NAME.fullmatch(value) and len(value) <= most else slug(value, most)
        if not name:
            lost.append(value)
        elif name not in found:
            found.append(name)
    return tuple(found), tuple(lost)


def note_category(gathering: Gathering, category: str, topic: str) -> None:
    """Say it when a category names something that cannot be a topic here."""
    last = next((part.strip() for part in reversed(category.replace("//", " ").split("/")) if part.strip()), "")
    if not topic and last and last != NO_TOPIC and not last.startswith(("$", "Default for ")) and last.lower() != "top":
        words = f"The category “{last[:60]}” cannot be a name here; its questions have no topic."
        gathering.note(f"category {last}", words)


def category_words(path: str) -> tuple[str, str]:
    """The topic and the title in a category such as "$course$/top/Title/topic"; two slashes mean one in a name."""
    parts = [part.replace("\0", "/").strip() for part in path.replace("//", "\0").split("/")]
    parts = [part for part in parts if part and not part.startswith("$") and part.lower() != "top"]
    if not parts:
        return "", ""
    last = parts[-1]
    names, _ = ((), ()) if last == NO_TOPIC or last.startswith("Default for ") else name_list([last], MOST_SHORT_NAME)
    return "".join(names), parts[0][:200]
