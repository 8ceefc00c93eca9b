"""Words and sentences of an item as the linter sees them."""

import re
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!])[\"”’)*_]*\s+(?=[\"“‘(*_]*[A-Z0-9])")
_HOW_MANY = re.compile(
    r"\(?[*_]*(?:please\s+)?(?:choose|select|mark|pick|tick|check)\s+(?:only\s+)?"
    r"(?:one|two|three|four|five|\d|all|every|the)\b[^?]{0,60}\Z",
    re.I,
)
_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|vs|approx|e\.g|i\.e|[a-z]\.m|No|Fig)\.[\"”’)]*\s*\Z")
_PICTURE = re.compile(r"!\[(?:[^\[\]\\]|\\.){0,2000}\]\([^()\s]{1,200}\)")
_LINK = re.compile(r"\[([^\[\]]{0,2000})\]\([^()\s]{0,2000}\)")
_EMPHASIS = re.compile(r"\\(?=[^\w\s])|(?<!\\)[*`]+|(?<![\w\\])_+|(?<!\\)_+(?!\w)")
_MARKS = re.compile(r"[*_`#>|]")
_COMMON = """
about above after again against among around because before being below between both could does doing down during each
every first following found from further have having here into itself just more most much must nearly only other others
over part same shall should since some such than that their them then there these they this those through under until
very were what when where which while whom whose will with within without would your also than three four seven eight
patient patients disease diseases disorder disorders treatment treatments therapy syndrome diagnosis condition
conditions symptom symptoms medication medications
"""
COMMON = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: where it begins and ends, counted in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem cut in two: the vignette and its last sentence, the lead-in, which begins at `at`.

    How many choices to make ("Select two.") is no sentence of its own.
    """

    vignette: str
    lead_in: str
    at: int


@lru_cache(maxsize=64)  # the rules ask for the parts of one item again and again
def split_stem(stem: str) -> Stem:
    """The lead-in is the last sentence; a stem of one sentence is all lead-in."""
    text = without_pictures(stem).rstrip()
    begin = before = 0
    end = 0
    for found in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[: found.start()]):
            begin, before, end = found.end(), begin, found.start()
    if begin and _HOW_MANY.match(text[begin:]) and text[before:end].rstrip('*_"”’)').endswith("?"):
        return Stem(vignette=text[:before].strip(), lead_in=text[before:end], at=before)
    return Stem(vignette=text[:begin].strip(), lead_in=text[begin:], at=begin)


def without_pictures(text: str) -> str:
    """The text with spaces where it shows pictures or videos: the words about them are not the question's."""
    return _PICTURE.sub(lambda found: " " * len(found[0]), text) if "![" in text else text


def read_length(text: str) -> int:
    """How many characters a learner reads: no pictures, no addresses of links, no marks of emphasis."""
    return len(" ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", without_pictures(text))).split()))


def sentences(text: str) -> list[str]:
    """Sentences of a text, without their Markdown marks."""
    found: list[str] = []
    rest = _MARKS.sub(" ", without_pictures(text)).strip()
    begin = 0
    for end in _SENTENCE_END.finditer(rest):
        if not _ABBREVIATION.search(rest[: end.start()]):
            found.append(rest[begin : end.start()].strip())
            begin = end.end()
    found.append(rest[begin:].strip())
    return [one for one in found if one]


@lru_cache(maxsize=64)
def words(text: str) -> tuple[str, ...]:
    """Words in lower case."""
    return tuple(found.group().casefold() for found in WORD.finditer(text))


def content_words(text: str, fewest: int = 5) -> set[str]:
    """Words that carry meaning, by their stems: five letters or more, none of the common ones."""
    return {stemmed(word) for word in words(without_pictures(text)) if len(word) >= fewest and word not in COMMON}


@lru_cache(maxsize=4096)
def stemmed(word: str) -> str:
    """The word without a plural's or a participle's ending, so that "cramps" meets "cramp"."""
    for ending in ("ing", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=4096)
def syllables(word: str) -> int:
    """About how many syllables an English word has."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def reading_grade(text: str) -> float | None:
    """Flesch-Kincaid grade; None for less than 30 words. Source: Kincaid et al., 1975."""
    spoken, parts = words(text), sentences(text)
    if len(spoken) < 30 or not parts:
        return None
    return 0.39 * len(spoken) / len(parts) + 11.8 * sum(map(syllables, spoken)) / len(spoken) - 15.59


def find_word(text: str, word: str) -> Span | None:
    """Where a word with this stem stands first."""
    for found in WORD.finditer(without_pictures(text)):
        if stemmed(found.group().casefold()) == word:
            return Span(found.start(), found.end())
    return None
