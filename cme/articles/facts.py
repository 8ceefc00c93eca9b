"""What other rooms learn of an article: frozen values, no table rows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Section:
    """A heading; `counts` for reading when it is of level two."""

    anchor: str
    title: str
    level: int
    last_passage: str | None

    @property
    def counts(self) -> bool:
        return self.level == 2


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """One entry of the reference list."""

    key: str
    number: int
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """One glossary entry."""

    key: str
    term: str
    definition: str


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A published revision ready to be shown; never changes, so a process may keep it."""

    revision_id: int
    number: int
    title: str
    html: str
    preview_html: str
    sections: tuple[Section, ...]
    references: tuple[ReferenceEntry, ...]
    glossary: tuple[GlossaryEntry, ...]
    words: int
    published_at: datetime | None

    @property
    def reading_sections(self) -> frozenset[str]:
        return frozenset(section.anchor for section in self.sections if section.counts)


@dataclass(frozen=True, slots=True)
class PassageText:
    """One passage of a revision."""

    anchor: str
    section: str
    kind: str
    text: str
    html: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FigureFile:
    """A figure with its picture; `digest` serves as its entity tag."""

    key: str
    number: int
    title: str
    alt: str
    caption_html: str
    description_html: str
    svg: str
    digest: str


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """How far somebody has come."""

    sections: frozenset[str]
    position: str | None
    active_seconds: int
    read_at: datetime | None
    read_how: str | None
