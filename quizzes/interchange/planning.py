"""What an import would do to a bank: which questions are new, changed or there already, without touching anything."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from cme.kernel.text import fingerprint
from quizzes.interchange.convert import from_item
from quizzes.interchange.entry import Entry, Vignette
from quizzes.interchange.lineage import DIGEST, content_lineage, vignette_key
from quizzes.rules.item import Item

_DERIVED = re.compile(rf"-[0-9a-f]{{{DIGEST}}}$")
ALIKE = 0.5
_KEPT = ("topic", "objective", "tags", "apart", "passages", "references", "rationale", "status")


class State(StrEnum):
    """What importing a question would mean."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Planned:
    """One question with what it would do; `entry` carries the name it would get."""

    entry: Entry
    state: State
    twin: str | None = None
    """Another question of the bank with the same words, to be looked at before taking this one as well."""
    case: str = ""
    """The name of the case in the file, where other questions of the bank share another case by that name."""


def plan_import(
    existing: Iterable[Item | Entry],
    entries: Sequence[Entry],
    vignettes: Mapping[str, str] | None = None,
    *,
    keeps: bool = False,
) -> tuple[Planned, ...]:
    """Per question, in order. The same file again gives only `same`. `vignettes` are the texts of the bank's cases.

    With `keeps`, what the file leaves empty stays as the bank has it: most programs know no passages, objectives or
    rationales, and taking their file again must not wipe out what editors have added since.
    """
    bank = {one.lineage: from_item(one, vignettes) if isinstance(one, Item) else one for one in existing}
    words = {_words(one): lineage for lineage, one in reversed(list(bank.items()))}
    mine = {entry.lineage for entry in entries}
    shared = {one.vignette.key: one.vignette.text for one in bank.values() if one.vignette and one.lineage not in mine}
    taken: set[str] = set()
    planned: list[Planned] = []
    for written in entries:
        entry = _with_case_of_its_own(written, shared)
        found = _plan(bank, entry, taken, keeps=keeps)
        if entry is not written and written.vignette:
            found = replace(found, case=written.vignette.key)
        taken.add(found.entry.lineage)
        twin = words.get(_words(found.entry)) if found.state is State.NEW else None
        planned.append(replace(found, twin=twin))
    return tuple(planned)


def _plan(bank: dict[str, Entry], entry: Entry, taken: set[str], *, keeps: bool) -> Planned:
    old = bank.get(entry.lineage)
    if old is None and entry.lineage not in taken:
        return Planned(entry, State.NEW)
    if old is not None:
        full = _filled(old, entry) if keeps else entry
        if _same(old, full):
            return Planned(full, State.SAME)
        if not _DERIVED.search(entry.lineage) or _alike(old, entry):
            return Planned(full, State.CHANGED)
    # The name came from an identifier that another program gives to every first question: this is another question.
    own = replace(entry, lineage=content_lineage(entry, whole=True))
    known = bank.get(own.lineage)
    if known is None:
        return Planned(own, State.NEW)
    full = _filled(known, own) if keeps else own
    return Planned(full, State.SAME if _same(known, full) else State.CHANGED)


def _with_case_of_its_own(entry: Entry, shared: Mapping[str, str]) -> Entry:
    """A case by a name that means another one to questions which the file does not hold must not change those."""
    case = entry.vignette
    if case is None or shared.get(case.key, case.text) == case.text:
        return entry
    return replace(entry, vignette=Vignette(vignette_key(case.text), case.text))


def _filled(old: Entry, new: Entry) -> Entry:
    """The new question with what only the bank knows of it."""
    parts = {part: getattr(old, part) for part in _KEPT if not getattr(new, part)}
    reasons = {choice.text: choice.rationale for choice in old.choices}  # a file may put them into another order
    why = {stem.text: stem.rationale for stem in old.stems}
    return replace(
        new,
        **parts,
        choices=tuple(replace(one, rationale=one.rationale or reasons.get(one.text, "")) for one in new.choices),
        stems=tuple(replace(one, rationale=one.rationale or why.get(one.text, "")) for one in new.stems),
    )


def _same(old: Entry, new: Entry) -> bool:
    """Weights are not compared: the bank holds none."""
    plain = tuple(replace(choice, weight=None) for choice in new.choices)
    return old == new or replace(old, media=new.media) == replace(new, choices=plain)


def _alike(old: Entry, new: Entry) -> bool:
    """Whether one may be a later wording of the other."""
    shared = {fingerprint(choice.text) for choice in old.choices} & {fingerprint(choice.text) for choice in new.choices}
    if fingerprint(old.stem) == fingerprint(new.stem) or len(shared) * 2 > len(new.choices):
        return True
    matcher = SequenceMatcher(None, old.stem[:400], new.stem[:400], autojunk=False)
    return matcher.real_quick_ratio() > ALIKE and matcher.ratio() > ALIKE


def _words(entry: Entry) -> str:
    parts = sorted(fingerprint(one.text) for one in (*entry.choices, *entry.stems))
    return " ".join([entry.kind.value, fingerprint(entry.stem), *parts])
