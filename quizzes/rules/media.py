"""Pictures and short videos of a quiz: names in Markdown, what a file must be, and where it is served.

A text shows a picture or a video by `![words for those who cannot see it](name.png)`. Names belong to the quiz; a
name never comes to mean another file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from quizzes.rules.films import captions, film
from quizzes.rules.pictures import MediaError, Seen, picture

MEGABYTE = 1024 * 1024
MOST_PICTURE = 10 * MEGABYTE
MOST_FILM = 40 * MEGABYTE
MOST_CAPTIONS = 256 * 1024
MOST_ALT = 500
FILMS = ("mp4", "webm")
KINDS = ("png", "jpg", "gif", "webp", "svg", *FILMS)
MEDIA_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "vtt": "text/vtt",
}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,69}\.(?:" + "|".join(KINDS) + r")", re.ASCII)
ADDRESS = re.compile(r"/quiz-media/[0-9]{1,19}/[0-9a-f]{64}\.(?:" + "|".join(MEDIA_TYPES) + r")", re.ASCII)
_SHOWN = re.compile(r"!\[((?:[^\[\]\\]|\\.){0,2000})\]\(([a-z0-9][a-z0-9_.-]{0,79})\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture or video of a quiz. `alt` are the words it is shown with where a text gives none."""

    quiz_id: int
    name: str
    kind: str
    sha256: str
    width: int
    height: int
    alt: str = ""
    captions: str | None = None
    """SHA-256 of a video's captions."""
    language: str = ""

    @property
    def is_film(self) -> bool:
        return self.kind in FILMS

    @property
    def address(self) -> str:
        """Where browsers get it."""
        return address(self.quiz_id, self.sha256, self.kind)

    @property
    def captions_address(self) -> str:
        return address(self.quiz_id, self.captions, "vtt") if self.captions else ""

    @property
    def markdown(self) -> str:
        """How a text shows it."""
        return f"![{self.alt}]({self.name})"


def address(quiz_id: int, digest: str, kind: str) -> str:
    """The path under which the site serves the file."""
    return f"/quiz-media/{quiz_id}/{digest}.{kind}"


def judge(data: bytes) -> Seen:
    """What the bytes are, whatever a name or a header says. Refuses: MediaError."""
    if len(data) > MOST_FILM:
        raise MediaError("media_large", f"It is larger than {MOST_FILM // MEGABYTE} MB.")
    seen = film(data)
    if seen is None:
        if len(data) > MOST_PICTURE:
            raise MediaError("media_large", f"It is larger than {MOST_PICTURE // MEGABYTE} MB; make it smaller.")
        seen = picture(data)
    if seen is None:
        raise MediaError("media_kind", "It is none of these: PNG, JPEG, GIF, WebP, SVG, MP4, WebM.")
    return seen


def judge_captions(data: bytes) -> bytes:
    """The captions to keep. Refuses: MediaError."""
    if len(data) > MOST_CAPTIONS:
        raise MediaError("captions_large", f"The captions file is larger than {MOST_CAPTIONS // 1024} kB.")
    return captions(data)


def plain_name(wanted: str, kind: str) -> str:
    """A name for the file: what it was called, in small letters, digits and hyphens, with the ending it deserves."""
    last = re.split(r"[/\\]", wanted.lower())[-1]
    stem = re.sub(r"[^a-z0-9]+", "-", last.rpartition(".")[0] or last).strip("-")[:60].strip("-")
    return f"{stem or 'picture'}.{kind}"


def free_name(name: str, digest: str, taken: Mapping[str, str]) -> str:
    """The name, or one beside it when it means another file already (`taken`: name to digest); always the same one."""
    if taken.get(name, digest) == digest:
        return name
    stem, _, kind = name.rpartition(".")
    return f"{stem[:60]}-{digest[:8]}.{kind}"


def captions_name(name: str) -> str:
    """What the captions of a video are called in a package."""
    return f"{name.rpartition('.')[0]}.vtt"


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def shown_in(texts: Iterable[str]) -> dict[str, bool]:
    """Names of what Markdown texts show, in their order; False where a place gives no words for it."""
    found: dict[str, bool] = {}
    for text in texts:
        if "![" in text:
            for words, name in _SHOWN.findall(text):
                if NAME.fullmatch(name):
                    found[name] = found.get(name, True) and bool(words.strip())
    return found


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text showing the same under other names."""
    if not names or "![" not in text:
        return text
    return _SHOWN.sub(lambda found: f"![{found[1]}]({names.get(found[2], found[2])})", text)
