"""Adding pictures and videos to a quiz: judged by their bytes, kept as files, named for ever."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cme.audit import service as audit
from cme.audit.tags import Event
from cme.kernel.refusal import Invalid
from cme.kernel.text import clean_line
from quizzes.models.media import MEDIA
from quizzes.models.quiz import QUIZZES
from quizzes.queries.media import digests_of, media_of
from quizzes.rules.films import DEFAULT_LANGUAGE, in_language, told_language
from quizzes.rules.media import MOST_ALT, Medium, captions_name, digest_of, free_name, judge, judge_captions, plain_name
from quizzes.rules.pictures import MediaError, Seen


class Files(Protocol):
    """A place for bytes."""

    def put(self, body: bytes) -> str:
        """Keep the bytes, durably, and answer with their SHA-256."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of that digest."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. `name` is what its sender calls it; only its words are taken from it."""

    name: str
    data: bytes
    alt: str = ""
    captions: bytes | None = None
    language: str = ""
    """Of the captions; empty where the file's own word on it is enough."""


def add(
    session: Session, quiz_id: int, upload: Upload, *, files: Files, by: int | None, now: datetime
) -> tuple[Medium, bool]:
    """The picture or video, and whether it is new: the same bytes again are the one that is there.

    Refuses: Invalid with the sentences by field (file, alt, captions, language).
    """
    problems: dict[str, list[str]] = {}
    seen = captions = None
    try:
        seen = judge(upload.data)
    except MediaError as error:
        problems["file"] = [error.sentence]
    alt = clean_line(upload.alt)
    if not alt:
        problems["alt"] = ["Say in words what it shows, for those who cannot see it."]
    elif len(alt) > MOST_ALT or set(alt) & set("[]\\"):
        problems["alt"] = [f"At most {MOST_ALT} characters, without square brackets and backslashes."]
    if seen is not None and seen.seconds is not None:
        captions = _captions(upload, problems)
    if problems or seen is None:
        raise Invalid("media_refused", "The file was not added. See the fields marked below.", problems)
    _hold(session, quiz_id)
    known = media_of(session, quiz_id)
    digest = digest_of(seen.data)
    there = next((one for one in known.values() if one.sha256 == digest), None)
    if there is not None:
        return there, False
    name = free_name(plain_name(upload.name, seen.kind), digest, {one: it.sha256 for one, it in known.items()})
    medium = _medium(quiz_id, name, seen, alt, captions)
    _keep(session, medium, seen.data, captions, files, by, now)
    return medium, True


def add_all(
    session: Session, quiz_id: int, media: Mapping[str, bytes], *, files: Files, by: int | None, now: datetime
) -> tuple[str, ...]:
    """Take in what an import brought, under names that `settled_names` gave; gives those that are new.

    A video's captions are the file of the same name that ends with .vtt. Refuses: Invalid for a name that means
    another file, or a file that the reader of the import should have left out.
    """
    _hold(session, quiz_id)
    known = digests_of(session, quiz_id)
    added: list[str] = []
    for name, data in media.items():
        if name.endswith(".vtt") or known.get(name) == digest_of(data):
            continue
        try:
            seen = judge(data)
            captions = judge_captions(media[captions_name(name)]) if seen.seconds is not None else None
        except (MediaError, KeyError):
            raise Invalid("media_refused", f"The file “{name}” cannot be taken.") from None
        if name in known:
            raise Invalid("media_name_taken", f"“{name}” means another file of this quiz.")
        medium = _medium(quiz_id, name, seen, "", captions)
        _keep(session, medium, seen.data, captions, files, by, now)
        added.append(name)
    return tuple(added)


def bytes_of(media: Mapping[str, Medium], names: Iterable[str], files: Files) -> dict[str, bytes]:
    """The files of these names as an export takes them along, captions beside their videos."""
    found: dict[str, bytes] = {}
    for name in names:
        medium = media.get(name)
        if medium is not None:
            found[name] = files.get(medium.sha256)
            if medium.captions:
                found[captions_name(name)] = files.get(medium.captions)
    return found


def _captions(upload: Upload, problems: dict[str, list[str]]) -> bytes | None:
    if not upload.captions:
        problems["captions"] = ["A video needs its captions, as a WebVTT file."]
        return None
    try:
        captions = judge_captions(upload.captions)
        return in_language(captions, upload.language) if upload.language else captions
    except MediaError as error:
        problems["captions"] = [error.sentence]
        return None


def _medium(quiz_id: int, name: str, seen: Seen, alt: str, captions: bytes | None) -> Medium:
    plain = Medium(quiz_id, name, seen.kind, digest_of(seen.data), seen.width, seen.height, alt)
    if captions is None:
        return plain
    return replace(plain, captions=digest_of(captions), language=told_language(captions) or DEFAULT_LANGUAGE)


def _hold(session: Session, quiz_id: int) -> None:
    """Two additions to one quiz come one after the other."""
    session.execute(select(QUIZZES.c.id).where(QUIZZES.c.id == quiz_id).with_for_update())


def _keep(
    session: Session,
    medium: Medium,
    data: bytes,
    captions: bytes | None,
    files: Files,
    by: int | None,
    now: datetime,
) -> None:
    files.put(data)  # before the row: a file without a row is harmless, a row without a file is not
    if captions is not None:
        files.put(captions)
    number = session.execute(
        insert(MEDIA)
        .values(
            quiz_id=medium.quiz_id,
            name=medium.name,
            kind=medium.kind,
            sha256=medium.sha256,
            size=len(data),
            width=medium.width,
            height=medium.height,
            alt=medium.alt,
            captions=medium.captions,
            language=medium.language,
            added_at=now,
            added_by=by,
        )
        .returning(MEDIA.c.id)
    ).scalar_one()
    audit.record(
        session,
        Event.QUIZ_MEDIA_ADDED,
        now=now,
        person_id=by,
        subject="quiz",
        subject_id=medium.quiz_id,
        details={"medium": number, "name": medium.name, "sha256": medium.sha256},
    )
