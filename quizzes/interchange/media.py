"""Pictures and videos that come with questions: kept by a plain name, and only when the bytes are what they must be."""

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from quizzes.interchange.limits import MOST_MEDIA_BYTES
from quizzes.interchange.lineage import digest, slug
from quizzes.interchange.reasons import Losses, Reason
from quizzes.rules.media import FILMS, KINDS, NAME, captions_name, digest_of, judge, judge_captions, shown_in
from quizzes.rules.pictures import MediaError, Seen

_DATA = re.compile(r"data:image/[a-z0-9.+-]{1,20};base64,", re.ASCII | re.IGNORECASE)
_PREFIXES = ("$ims-cc-filebase$", "$ims_cc_filebase$", "@@pluginfile@@", "%24ims-cc-filebase%24")
_ENDINGS = tuple(f".{kind}" for kind in (*KINDS, "jpeg", "vtt"))


def picture_missing(name: str) -> Reason:
    """Why a picture will not be seen."""
    return Reason("picture_missing", f"The picture “{name}” is not in the file; its place is kept, add it by hand.")


def named_in(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Names of what Markdown texts show, each once, in their order."""
    return tuple(shown_in(texts))


def is_film(name: str) -> bool:
    """Whether a plain name is that of a video."""
    return name.endswith(tuple(f".{kind}" for kind in FILMS))


def files_of(names: Iterable[str], media: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a package takes along for these names: the files that are at hand, captions beside their videos."""
    found: dict[str, bytes] = {}
    for name in sorted(set(names)):
        for part in (name, captions_name(name)) if is_film(name) else (name,):
            if part in media:
                found[part] = media[part]
    return found


class MediaBag:
    """The pictures and videos of one file: looks up what a text points to and hands out plain names."""

    def __init__(self, sources: Mapping[str, Callable[[], bytes]] | None = None) -> None:
        self._sources = dict(sources or {})
        self._by_tail: dict[str, list[str]] = {}
        for path in self._sources:
            self._by_tail.setdefault(posixpath.basename(path).lower(), []).append(path)
        self._named: dict[str, str] = {}
        self.taken: dict[str, bytes] = {}

    def name_of(self, source: str, losses: Losses, *, base: str = "") -> str | None:
        """The plain name for a picture's address; None when it cannot be taken, with the loss noted."""
        source = source.strip()
        if _DATA.match(source):
            return self._inline(source, losses)
        parts = _split(source)
        if parts is None or parts.scheme or parts.netloc:
            losses.add("picture_elsewhere", f"A picture from another place ({source[:80]}) is not taken; only a link.")
            return None
        path = self._find(unquote(parts.path), base)
        if path is None:
            return self._missing(posixpath.basename(unquote(parts.path)), losses)
        if path not in self._named:
            data = self._sources[path]()
            captions = self._sources.get(f"{path.rpartition('.')[0]}.vtt")
            name = self._store(posixpath.basename(path), data, losses, captions)
            if name is None:
                return None
            self._named[path] = name
        return self._named[path]

    def _inline(self, source: str, losses: Losses) -> str | None:
        encoded = source.partition(",")[2]
        if len(encoded) > MOST_MEDIA_BYTES * 4 // 3 + 8:
            losses.add("picture_too_large", "A picture inside the text is too large and was left out.")
            return None
        try:
            data = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            losses.add("picture_broken", "A picture inside the text is broken and was left out.")
            return None
        return self._store(f"picture-{digest(encoded)}", data, losses)

    def _find(self, path: str, base: str) -> str | None:
        lowered = path.lower()
        for prefix in _PREFIXES:
            if lowered.startswith(prefix):
                path = path[len(prefix) :]
        path = path.lstrip("/")
        for candidate in (posixpath.normpath(posixpath.join(base, path)), posixpath.normpath(path)):
            if candidate in self._sources:
                return candidate
        tails = self._by_tail.get(posixpath.basename(path).lower(), [])
        # Course exports write an address that differs from the folder in the package; the name settles it if unique.
        ending = [one for one in tails if one.lower().endswith("/" + path.lower())]
        return ending[0] if len(ending) == 1 else tails[0] if len(tails) == 1 else None

    def _missing(self, name: str, losses: Losses) -> str | None:
        stem, _, ending = name.lower().rpartition(".")
        plain = f"{slug(stem, 60)}.{'jpg' if ending == 'jpeg' else ending}"
        if not NAME.fullmatch(plain):
            losses.add("picture_unknown", f"“{name[:80]}” is not a picture that can be taken; it was left out.")
            return None
        if plain not in self.taken:
            reason = picture_missing(plain)
            losses.add(reason.code, reason.sentence)
        return plain

    def _store(self, name: str, data: bytes, losses: Losses, captions: Callable[[], bytes] | None = None) -> str | None:
        words = None
        try:
            seen = judge(data)
            if seen.kind in FILMS:
                words = _captions(captions)
        except MediaError as error:
            code = "picture_unknown" if error.code == "media_kind" else error.code
            losses.add(code, f"“{name[:80]}” was left out. {error.sentence}")
            return None
        plain = self._plain(name, seen)
        self.taken[plain] = seen.data
        if words is not None:
            self.taken[captions_name(plain)] = words
        return plain

    def _plain(self, name: str, seen: Seen) -> str:
        stem = slug(name.rpartition(".")[0] or name, 60) or "picture"
        plain = f"{stem}.{seen.kind}"
        if self.taken.get(plain, seen.data) != seen.data:
            plain = f"{stem[:48]}-{digest(digest_of(seen.data))}.{seen.kind}"
        return plain


def _captions(read: Callable[[], bytes] | None) -> bytes:
    if read is None:
        raise MediaError("captions_missing", "A video needs its captions, as a .vtt file of the same name beside it.")
    return judge_captions(read())


def _split(source: str) -> SplitResult | None:
    try:
        return urlsplit(source)
    except ValueError:
        return None


def sources_of(names: Iterator[str], read: Callable[[str], bytes]) -> dict[str, Callable[[], bytes]]:
    """Readers for the members of a package that may be pictures, videos or captions."""
    return {name: (lambda name=name: read(name)) for name in names if may_be_media(name)}


def may_be_media(name: str) -> bool:
    """Whether the name of a member ends like that of a picture, a video or captions."""
    return name.lower().endswith(_ENDINGS)
