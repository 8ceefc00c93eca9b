"""The linter: flaws of item writing, each with a code, the words it means, and how to mend it.

Source of the list: the NBME item-writing guide (2020), and what accreditors ask of an item's evidence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from quizzes.rules import lint_choices, lint_stem
from quizzes.rules.item import Item
from quizzes.rules.lint_finding import Code, Finding

MOST_KEPT = 10_000


class Severity(StrEnum):
    """What a note does."""

    BLOCKS = "blocks"
    """Must be mended before publishing."""
    ADVICE = "advice"
    OFF = "off"


# True/false items are forbidden where a policy says so (AAPA self-assessment does); here they are discouraged.
DEFAULTS: Mapping[Code, Severity] = {
    **dict.fromkeys(Code, Severity.ADVICE),
    Code.ALL_OR_NONE: Severity.BLOCKS,
    Code.RATIONALE_MISSING: Severity.BLOCKS,
    Code.REFERENCE_MISSING: Severity.BLOCKS,
    Code.OBJECTIVE_MISSING: Severity.BLOCKS,
    Code.PASSAGE_MISSING: Severity.BLOCKS,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Which notes block publishing, which advise, which stay unsaid."""

    severities: Mapping[Code, Severity] = field(default_factory=lambda: DEFAULTS)

    def severity(self, code: Code) -> Severity:
        return self.severities.get(code, Severity.ADVICE)


STANDARD = Policy()
NO_TRUE_FALSE = Policy({**DEFAULTS, Code.TRUE_FALSE: Severity.BLOCKS})
STRICT = Policy(dict.fromkeys(Code, Severity.BLOCKS))
POLICIES: Mapping[str, Policy] = {"standard": STANDARD, "no_true_false": NO_TRUE_FALSE, "strict": STRICT}
"""By the name under which a provider chooses one, from the mildest to the strictest."""


def strictest(names: Iterable[str]) -> str:
    """The policy of a quiz that serves several providers, by its name; of none, the standard one."""
    order = list(POLICIES)
    return max((name for name in names if name in POLICIES), key=order.index, default=order[0])


@dataclass(frozen=True, slots=True)
class Note:
    """One finding about one item, with what the policy makes of it."""

    lineage: str
    finding: Finding
    severity: Severity

    @property
    def code(self) -> Code:
        return self.finding.code

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKS

    @property
    def words(self) -> str:
        """The words it means, as they stand in the item."""
        return self.finding.words

    @property
    def sentence(self) -> str:
        return self.finding.sentence

    @property
    def mend(self) -> str:
        return self.finding.mend

    @property
    def place(self) -> str:
        """ "stem", "choice B", "rationale C", "item": where to look."""
        return self.finding.place


Rule = Callable[[Item], Iterable[Finding]]
RULES: tuple[Rule, ...] = (*lint_stem.RULES, *lint_choices.RULES)


_SEVERAL = {
    lint_choices.rationale: {Code.RATIONALE_MISSING},
    lint_stem.evidence: {Code.REFERENCE_MISSING, Code.OBJECTIVE_MISSING, Code.PASSAGE_MISSING},
}
CODES: Mapping[Rule, frozenset[Code]] = {
    rule: frozenset(_SEVERAL.get(rule) or {Code[rule.__name__.upper()]}) for rule in RULES
}
"""What each rule may find."""


def _blocking_rules(policy: Policy) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if any(policy.severity(code) is Severity.BLOCKS for code in CODES[rule]))


USUALLY_ASKED = _blocking_rules(STANDARD)


def lint(item: Item, policy: Policy = STANDARD) -> tuple[Note, ...]:
    """All notes on an item, those that block first; the same item gives the same notes."""
    return _as_usual(item) if policy is STANDARD else _notes(item, policy, RULES)


def blocking(item: Item, policy: Policy = STANDARD) -> tuple[Note, ...]:
    """The notes that block publishing; rules that can find no such thing are not asked."""
    return _blocking_as_usual(item) if policy is STANDARD else _blocking(item, policy, _blocking_rules(policy))


@lru_cache(maxsize=MOST_KEPT)
def _blocking_as_usual(item: Item) -> tuple[Note, ...]:
    return _blocking(item, STANDARD, USUALLY_ASKED)


def _blocking(item: Item, policy: Policy, rules: Iterable[Rule]) -> tuple[Note, ...]:
    return tuple(note for note in _notes(item, policy, rules) if note.blocks)


@lru_cache(maxsize=MOST_KEPT)
def _as_usual(item: Item) -> tuple[Note, ...]:
    """A bank of thousands is asked for its notes again and again; what an item says does not change."""
    return _notes(item, STANDARD, RULES)


def _notes(item: Item, policy: Policy, rules: Iterable[Rule]) -> tuple[Note, ...]:
    notes = [
        Note(item.lineage, finding, severity)
        for rule in rules
        for finding in rule(item)
        if (severity := policy.severity(finding.code)) is not Severity.OFF
    ]
    return tuple(sorted(notes, key=lambda note: not note.blocks))


def lint_all(items: Iterable[Item], policy: Policy = STANDARD) -> tuple[Note, ...]:
    """Notes on every item, in the order of the items."""
    return tuple(note for item in items for note in lint(item, policy))
