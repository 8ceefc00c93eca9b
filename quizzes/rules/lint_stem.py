"""Rules about the stem, and about what an item rests on."""

import re
from collections.abc import Iterator

from quizzes.rules.item import Item, Kind
from quizzes.rules.lint_finding import Code, Finding
from quizzes.rules.lint_words import Span, reading_grade, sentences, split_stem, words

FEWEST_WORDS = 12
"""A vignette with fewer words can hardly test application."""
HIGHEST_GRADE = 18.0
MOST_WORDS_IN_SENTENCE = 45

_NEGATIVE = re.compile(
    r"\bexcept\b|\bnot\b(?!\s+(?:otherwise\s+specified|only)\b)|\bleast\b|\bincorrect\b|\bcontraindicated\b|n['’]t\b"
    r"|\bfalse\b(?![\s-]+(?:positive|negative|alarm|labou?r|teeth|lumen))|\bcannot\b"
    r"|\b(?:un(?:likely|necessary|true|suitable)|inappropriate)\b",
    re.I,
)
_AT_LEAST = re.compile(r"\bat\s+\Z", re.I)
_GENTLEST = re.compile(r"\s+(?:invasive|expensive|costly|amount|restrictive|harmful|toxic|painful|sedating)\b", re.I)
# What somebody or something else is not: "in a man who does not smoke", "if rest does not help".
_ASIDE = re.compile(
    r"\b(?:who|whom|whose|if|when|because|although|though|since|while|after|despite|unless)\b[^,;:?]*\Z", re.I
)
_REASON = re.compile(r"\A\W*why\b", re.I)
_OPEN_QUESTION = re.compile(
    r"\b(?:which|what)\s+(?:one\s+)?(?:of\s+(?:the\s+following|these)\s*)?"
    r"(?:(?:statements?|options?|choices?|answers?|sentences?)\s+)?(?:(?:below|above)\s+)?"
    r"(?:(?:about|regarding|concerning|on|of)\s+[^?]{1,120}?\s)?"
    r"(?:(?:is|are)\s+(?:most\s+)?(?:true|correct|accurate|right|false|incorrect|wrong)\b|appl(?:y|ies)\b)[^?]*\?",
    re.I,
)
_NOTE_MARKS = re.compile(r"(?:\[\d[\d,–-]*\]|\^\d[\d,–-]*\^)+\Z")
_COMPARED = re.compile(r"\b(?:how|most|more|less|least|as|too|so)\s+\Z", re.I)
_VAGUE = re.compile(
    r"\b(?:usually|often|frequently|sometimes|rarely|occasionally|generally|seldom|commonly|typically)\b", re.I
)


def negative_lead_in(item: Item) -> Iterator[Finding]:
    """The question asks for what is not so."""
    stem = split_stem(item.stem)
    for found in _NEGATIVE.finditer(stem.lead_in):
        if _is_no_exception(stem.lead_in, found):
            continue
        yield Finding(
            Code.NEGATIVE_LEAD_IN,
            "stem",
            "The question asks for an exception: readers miss the negative word, and knowing what is wrong is not "
            "knowing what is right.",
            "Turn it round: ask for the one option that is right.",
            found.group(),
            Span(stem.at + found.start(), stem.at + found.end()),
        )
        return


def _is_no_exception(lead_in: str, found: re.Match[str]) -> bool:
    """Whether a negative word leaves the question what it is."""
    word, before, after = found.group(), lead_in[: found.start()], lead_in[found.end() :]
    if word.casefold() == "least":
        return bool(_AT_LEAST.search(before) or _GENTLEST.match(after))
    denies = word.casefold() in {"not", "cannot", "n't", "n’t"}
    return denies and not word.isupper() and bool(_ASIDE.search(before) or _REASON.match(lead_in))


def not_a_question(item: Item) -> Iterator[Finding]:
    """The last sentence asks nothing. To order or to match things is asked for by telling to."""
    stem = split_stem(item.stem)
    if item.kind in {Kind.MATCHING, Kind.ORDERING}:
        return
    if stem.lead_in and not _NOTE_MARKS.sub("", stem.lead_in.rstrip()).rstrip('*_ "”’)').endswith("?"):
        yield Finding(
            Code.NOT_A_QUESTION,
            "stem",
            "The last sentence is not a question.",
            "End the stem with one closed question, such as “Which diagnosis is most likely?”.",
            stem.lead_in,
            Span(stem.at, stem.at + len(stem.lead_in)),
        )


def needs_options(item: Item) -> Iterator[Finding]:
    """With the options covered nobody could answer."""
    stem = split_stem(item.stem)
    found = _OPEN_QUESTION.search(stem.lead_in)
    if found:
        yield Finding(
            Code.NEEDS_OPTIONS,
            "stem",
            "With the options covered, this question cannot be answered: it asks which statement holds.",
            "Ask for one thing by its name: the diagnosis, the next step, the cause.",
            found.group(),
            Span(stem.at + found.start(), stem.at + found.end()),
        )


def short_vignette(item: Item) -> Iterator[Finding]:
    """Hardly anything stands before the question."""
    stem = split_stem(item.stem)
    count = len(words(stem.vignette))
    if item.kind in {Kind.MATCHING, Kind.ORDERING}:
        return  # the cases of matching are its parts; an order is of something general
    if stem.lead_in and not item.vignette and count < FEWEST_WORDS:
        yield Finding(
            Code.SHORT_VIGNETTE,
            "stem",
            f"Only {count} words stand before the question: it can hardly test more than recall.",
            "Describe a patient or a situation in which the knowledge is used.",
            stem.vignette or stem.lead_in,
            Span(0, len(stem.vignette) or len(stem.lead_in)),
        )


def reading_level(item: Item) -> Iterator[Finding]:
    """Hard to read, though the words themselves may be needed."""
    grade = reading_grade(item.stem)
    if grade is not None and grade > HIGHEST_GRADE:
        yield Finding(
            Code.READING_LEVEL,
            "stem",
            f"The stem reads like school year {grade:.0f}; beyond {HIGHEST_GRADE:.0f} it tests reading.",
            "Cut long sentences in two and prefer short words where the meaning allows it.",
        )


def long_sentence(item: Item) -> Iterator[Finding]:
    """One sentence holds too much."""
    for sentence in sentences(item.stem):
        count = len(words(sentence))
        if count > MOST_WORDS_IN_SENTENCE:
            yield Finding(
                Code.LONG_SENTENCE,
                "stem",
                f"A sentence of {count} words; {MOST_WORDS_IN_SENTENCE} are enough.",
                "Cut it in two.",
                sentence,
            )


def vague_frequency(item: Item) -> Iterator[Finding]:
    """ "Often" means 30 % to one reader and 80 % to the next."""
    stem = split_stem(item.stem)
    parts = [("stem", stem.lead_in, stem.at), *((f"choice {one.key.upper()}", one.text, 0) for one in item.choices)]
    for place, text, at in parts:
        found = next((one for one in _VAGUE.finditer(text) if not _COMPARED.search(text[: one.start()])), None)
        if found:
            yield Finding(
                Code.VAGUE_FREQUENCY,
                place,
                f"“{found.group()}” means different amounts to different readers.",
                "Give a number, or leave the word out.",
                found.group(),
                Span(at + found.start(), at + found.end()),
            )


def evidence(item: Item) -> Iterator[Finding]:
    """What the item rests on."""
    if not item.references:
        yield Finding(
            Code.REFERENCE_MISSING, "item", "No reference is named.", "Name the reference that proves the key."
        )
    if not item.objective.strip():
        yield Finding(
            Code.OBJECTIVE_MISSING,
            "item",
            "No learning objective is named.",
            "Choose the objective that this question tests.",
        )
    if not item.passages:
        yield Finding(
            Code.PASSAGE_MISSING,
            "item",
            "No passage of the article is named that proves the key.",
            "Choose the passage that a reader should go back to.",
        )


RULES = (
    negative_lead_in,
    not_a_question,
    needs_options,
    short_vignette,
    reading_level,
    long_sentence,
    vague_frequency,
    evidence,
)
