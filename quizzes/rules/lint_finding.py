"""What a rule of the linter says: codes and findings."""

from dataclasses import dataclass
from enum import StrEnum

from quizzes.rules.lint_words import Span


class Code(StrEnum):
    """Stable names of the flaws."""

    NEGATIVE_LEAD_IN = "negative_lead_in"
    NOT_A_QUESTION = "not_a_question"
    NEEDS_OPTIONS = "needs_options"
    SHORT_VIGNETTE = "short_vignette"
    READING_LEVEL = "reading_level"
    LONG_SENTENCE = "long_sentence"
    VAGUE_FREQUENCY = "vague_frequency"
    ALL_OR_NONE = "all_or_none"
    ABSOLUTE_TERM = "absolute_term"
    LONGEST_IS_KEY = "longest_is_key"
    WORD_REPEAT = "word_repeat"
    CONVERGENCE = "convergence"
    NOT_PARALLEL = "not_parallel"
    OVERLAPPING_NUMBERS = "overlapping_numbers"
    TRUE_FALSE = "true_false"
    RATIONALE_MISSING = "rationale_missing"
    REFERENCE_MISSING = "reference_missing"
    OBJECTIVE_MISSING = "objective_missing"
    PASSAGE_MISSING = "passage_missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw: which words of which part, what is wrong, how to mend it."""

    code: Code
    place: str
    sentence: str
    mend: str
    words: str = ""
    span: Span | None = None
    """Where the words stand in the text of `place`; None when the whole part is meant."""
