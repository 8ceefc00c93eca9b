"""Rules about the choices: what gives the key away, and what confuses."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from quizzes.rules.item import ChoiceItem, Item, Kind
from quizzes.rules.lint_finding import Code, Finding
from quizzes.rules.lint_numbers import amounts_of, overlap
from quizzes.rules.lint_words import Span, content_words, find_word, read_length

LONGER_BY = 15
"""Characters by which the key must exceed every other choice before its length gives it away."""

_THINGS = r"(?:options|answers|choices|statements|responses)"
_ALL_OR_NONE = re.compile(
    r"\b(?:all|none|both|neither|any|some|two|more\s+than\s+one)\s+of\s+(?:the\s+)?(?:above|below|following|options"
    rf"|other\s+{_THINGS})\b"
    rf"|\b(?:all|none|both|neither|any|some)\s+of\s+(?:these|those|them)(?=\W*\Z|\s+(?:{_THINGS}|(?:is|are)\s+"
    r"(?:true|correct|right|wrong|false))\b)"
    r"|\A\W*(?:all|none)\s+(?:of\s+)?the\s+(?:above|below)\b"
    rf"|\A\W*(?:all|none|both)(?:\s+{_THINGS})?\s+(?:is|are)\s+(?:true|correct|right|wrong|false|incorrect)\W*\Z"
    r"|\A\W*(?P<alone>all|none|both|neither)\W*\Z"
    rf"|\A\W*(?P<letters>(?:only\s+|both\s+|{_THINGS}\s+)*[A-E](?:\s*,\s*[A-E])*\s*,?\s*(?:and|or|&)\s*[A-E]"
    r"(?:\s+only)?)\W*\Z",
    re.I,
)
_LETTER = re.compile(r"\A\W*[A-E](?:\s+only)?\W*\Z")
_AMOUNT = re.compile(r"\A\W*(?:\d|(?:one|two|three|four|five|once|twice)\b)", re.I)
_ABSOLUTE = re.compile(
    r"(?<!\bnot )(?<!\balmost )(?<!\bnearly )\balways\b|\bnever\b(?![\s-]+(?:smok|married|treated|drink|users?\b))"
    r"|\b(?:invariably|exclusively|impossible|everyone|everybody|nobody|no\s+one|without\s+exception|(?:is|are)\s+the\s+only"
    r"|in\s+(?:all|every)\s+(?:cases?|patients?)"
    r"|(?:all|every)\s+(?:patients?|people|cases?|wom[ae]n|m[ae]n|adults?|child(?:ren)?|infants?|persons?)"
    r"|no\s+(?:patients?|people|cases?|wom[ae]n|m[ae]n|adults?|child(?:ren)?)"
    r"(?!\s+(?:contact|history|identif|report|selection|is\s+known)))\b",
    re.I,
)
# "Hardening of the calf" and "growing pains" are nouns in effect: two words must follow, the first of them not "of".
_GERUND = re.compile(r"\A(?:[a-z]+ly\s+)?[a-z]{3,}ing\s+(?!of\b)\S+\s+\S", re.I)
_NO_GERUND = re.compile(
    r"\A(?:during|nothing|something|anything|everything|evening|morning|spring|ring|bleeding|swelling|growing|vomiting"
    r"|wheezing|coughing|tingling|snoring|itching|burning|aching|cramping|clubbing|ascending|descending|increasing"
    r"|decreasing|worsening|underlying|ongoing|fasting|resting|obstructing|circulating|working|existing)\b",
    re.I,
)
_NUMBER = re.compile(r"\A(?:[<>≤≥±~]=?\s*)?\d[\d.,]*(?![\d.,]*-[^\W\d])|\A(?:none|zero)\W*\Z", re.I)
_SPELLED = re.compile(r"(?<![^\W\d])\d|\b(?:half|one|two|three|four|five|six|seven|eight|nine|ten)\b", re.I)


def _place(choice: ChoiceItem) -> str:
    return f"choice {choice.key.upper()}"


def all_or_none(item: Item) -> Iterator[Finding]:
    """ "All of the above" is answered by knowing two, "none of the above" by knowing nothing right."""
    for choice in item.choices:
        found = _ALL_OR_NONE.search(choice.text)
        if found and not _is_answer(found, [one.text for one in item.choices if one is not choice]):
            yield Finding(
                Code.ALL_OR_NONE,
                _place(choice),
                "A choice that stands for other choices tests logic instead of knowledge, and shuffling breaks it.",
                "Put another plausible choice in its place, or take it out.",
                found.group().strip(),
                Span(found.start(), found.end()),
            )


def _is_answer(found: re.Match[str], others: Sequence[str]) -> bool:
    """Whether the words answer the question themselves: "none" among amounts, "A and B" among letters."""
    if found["letters"]:
        return any(_LETTER.match(one) for one in others)
    return bool(found["alone"]) and any(_AMOUNT.match(one) for one in others)


def absolute_term(item: Item) -> Iterator[Finding]:
    """Readers know that absolute statements are mostly wrong."""
    for choice in item.choices:
        found = _ABSOLUTE.search(choice.text)
        if found:
            yield Finding(
                Code.ABSOLUTE_TERM,
                _place(choice),
                f"“{found.group()}” tells a practised reader that this choice is wrong.",
                "Say it without the absolute word.",
                found.group(),
                Span(found.start(), found.end()),
            )


def longest_is_key(item: Item) -> Iterator[Finding]:
    """The key carries all the precision."""
    keys, rest = _sides(item)
    if len(keys) != 1 or len(rest) < 2:
        return
    longest = max(read_length(one.text) for one in rest)
    length = read_length(keys[0].text)
    if length >= longest + LONGER_BY and length * 3 >= longest * 4:
        yield Finding(
            Code.LONGEST_IS_KEY,
            _place(keys[0]),
            f"The key has {length} characters, the longest other choice {longest}: length gives it away.",
            "Shorten the key or give the others as much detail.",
            keys[0].text,
            Span(0, len(keys[0].text)),
        )


def word_repeat(item: Item) -> Iterator[Finding]:
    """A striking word of the stem comes back in the key alone."""
    keys, rest = _sides(item)
    if len(keys) != 1 or not rest:
        return
    told = content_words(item.stem)
    if sum(bool(content_words(one.text) & told) for one in rest) * 2 >= len(rest):
        return  # the choices come from a list that the stem gives
    elsewhere = set[str]().union(*(content_words(one.text) for one in rest))
    for word in sorted((content_words(keys[0].text) & told) - elsewhere):
        span = find_word(keys[0].text, word)
        shown = keys[0].text[span.start : span.end] if span else word
        yield Finding(
            Code.WORD_REPEAT,
            _place(keys[0]),
            f"“{shown}” stands in the stem and in the key, and in no other choice.",
            "Use another word in one of the two places, or let a distractor have it too.",
            shown,
            span,
        )


def convergence(item: Item) -> Iterator[Finding]:
    """The key shares more with the other choices than any of them does."""
    keys, rest = _sides(item)
    if len(keys) != 1 or len(rest) < 3:
        return
    # Short words say less: with them the key must stand out by more.
    if any(_converges(item.choices, keys[0].key, fewest=fewest, by=by) for fewest, by in ((5, 1), (4, 2))):
        yield Finding(
            Code.CONVERGENCE,
            _place(keys[0]),
            "The key shares more words with the other choices than any of them does: the common parts point to it.",
            "Spread the shared parts evenly over the choices.",
            keys[0].text,
            Span(0, len(keys[0].text)),
        )


def _converges(choices: Sequence[ChoiceItem], key: str, *, fewest: int, by: int) -> bool:
    parts = {one.key: content_words(one.text, fewest) for one in choices}
    common = set[str].intersection(*parts.values())
    shared = {
        one: sum(word in other for word in own - common for name, other in parts.items() if name != one)
        for one, own in parts.items()
    }
    kinds = [parts[key] & own - common for one, own in parts.items() if one != key]
    different = {frozenset(kind) for kind in kinds if kind}
    best = shared.pop(key)
    return len(different) >= 2 and best >= 2 and all(best >= other + by for other in shared.values())


def not_parallel(item: Item) -> Iterator[Finding]:
    """Choices of different form."""
    choices = [one for one in item.choices if one.text.strip()]
    for described in (_form, _ending):
        forms = {one.key: described(one.text) for one in choices}
        if "a number" in forms.values():  # "half a second" and "from 2 to 4 hours" are amounts as well
            forms |= {
                one.key: "a number" for one in choices if forms[one.key] == "a phrase" and _SPELLED.search(one.text)
            }
        kinds = sorted(set(forms.values()))
        if len(kinds) < 2 or len(choices) < 3:
            continue
        counted = {kind: [one for one in choices if forms[one.key] == kind] for kind in kinds}
        odd = min(counted.values(), key=len)
        if len(odd) * 2 >= len(choices):
            continue
        others = next(kind for kind in kinds if counted[kind] is max(counted.values(), key=len))
        for one in odd:
            yield Finding(
                Code.NOT_PARALLEL,
                _place(one),
                f"This choice is {forms[one.key]}, most others are {others}.",
                "Give all choices the same form.",
                one.text,
                Span(0, len(one.text)),
            )


def overlapping_numbers(item: Item) -> Iterator[Finding]:
    """Two choices would both be right."""
    known = [(one, amounts) for one in item.choices if (amounts := amounts_of(one.text)) is not None]
    for (one, its), (other, others) in combinations(known, 2):
        if overlap(its, others):
            yield Finding(
                Code.OVERLAPPING_NUMBERS,
                _place(other),
                f"This amount and “{one.text.strip()}” overlap.",
                "Let the amounts end before the next one begins.",
                other.text.strip(),
                Span(0, len(other.text)),
            )


def true_false(item: Item) -> Iterator[Finding]:
    """One of two can be guessed."""
    answers = {one.text.strip().rstrip(".").casefold() for one in item.choices}
    if item.kind is Kind.TRUE_FALSE or answers in ({"true", "false"}, {"yes", "no"}):
        yield Finding(
            Code.TRUE_FALSE,
            "item",
            "A question with two answers can be guessed, and some credit systems do not take it.",
            "Ask for the one best of four or five choices.",
        )


def rationale(item: Item) -> Iterator[Finding]:
    """Every choice says why; where the choices are only a list, its stems or the question as a whole say it."""
    if item.kind in {Kind.MATCHING, Kind.ORDERING, Kind.NUMERIC}:
        told = item.rationale.strip() or (item.stems and all(one.rationale.strip() for one in item.stems))
        if not told:
            yield Finding(
                Code.RATIONALE_MISSING,
                "item",
                "Nothing explains the right answer.",
                "Say in a sentence why it is right.",
            )
        return
    for choice in item.choices:
        if not choice.rationale.strip():
            verdict = "right" if choice.correct else "wrong"
            yield Finding(
                Code.RATIONALE_MISSING,
                f"rationale {choice.key.upper()}",
                f"Choice {choice.key.upper()} has no rationale.",
                f"Say in a sentence why it is {verdict}.",
                choice.text,
            )


def _sides(item: Item) -> tuple[Sequence[ChoiceItem], Sequence[ChoiceItem]]:
    return [one for one in item.choices if one.correct], [one for one in item.choices if not one.correct]


def _form(text: str) -> str:
    plain = text.strip()
    if _NUMBER.match(plain):
        return "a number"
    if plain[:3].casefold() == "to ":
        return "an infinitive"
    if _GERUND.match(plain) and not _NO_GERUND.match(plain):
        return "an -ing form"
    return "a phrase"


def _ending(text: str) -> str:
    return "a sentence with a full stop" if text.rstrip().endswith(".") else "without a full stop"


RULES = (
    all_or_none,
    absolute_term,
    longest_is_key,
    word_repeat,
    convergence,
    not_parallel,
    overlapping_numbers,
    true_false,
    rationale,
)
