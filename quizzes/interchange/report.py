"""What reading a file found, question by question: taken, taken with a loss, or refused, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cme.kernel.refusal import Invalid
from quizzes.interchange.checking import refusals
from quizzes.interchange.entry import Entry, Vignette
from quizzes.interchange.limits import MOST_ITEMS
from quizzes.interchange.lineage import content_lineage, source_lineage, vignette_key
from quizzes.interchange.media import files_of, picture_missing
from quizzes.interchange.reasons import ItemRefused, Losses, Reason
from quizzes.rules.limits import NAME


class Verdict(StrEnum):
    """What became of one question."""

    IMPORTED = "imported"
    LOSS = "imported_with_loss"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One question of the file: where it stands, how it begins, what became of it and for which reasons."""

    verdict: Verdict
    place: str
    label: str
    lineage: str | None
    reasons: tuple[Reason, ...] = ()

    def also(self, *reasons: Reason) -> "Finding":
        """The same with more reasons: what was whole comes with a loss."""
        if not reasons:
            return self
        verdict = Verdict.LOSS if self.verdict is Verdict.IMPORTED else self.verdict
        return replace(self, verdict=verdict, reasons=(*self.reasons, *reasons))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a file gave. `notes` are about the file as a whole; `media` holds the pictures that came with it."""

    format: str
    title: str = ""
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Reason, ...] = ()
    media: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def keeps(self) -> bool:
        """Whether what it leaves empty says nothing, so that the bank's own stays: only our YAML can empty a field."""
        return self.format != "yaml"

    def count(self, verdict: Verdict) -> int:
        """How many questions met that verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


@dataclass(slots=True)
class _Taken:
    place: str
    label: str
    entry: Entry | None
    source: str
    reasons: list[Reason]


class Gathering:
    """Collects the questions of one file in their order and settles their names at the end."""

    def __init__(self, format_key: str) -> None:
        self.format = format_key
        self.title = ""
        self._taken: list[_Taken] = []
        self._notes: dict[str, Reason] = {}

    def note(self, code: str, sentence: str) -> None:
        """Something about the whole file; the first sentence for a code stands."""
        self._notes.setdefault(code, Reason(code, sentence))

    def take(self, place: str, build: Callable[[Losses], Entry], *, source: str = "", label: str = "") -> None:
        """Read one question. `source` is the name its file gives it, empty when there is none."""
        if len(self._taken) >= MOST_ITEMS:
            raise Invalid(
                "import_too_many", f"The file holds more than {MOST_ITEMS} questions; split it and import the parts."
            )
        losses = Losses()
        try:
            entry = build(losses)
            wrong = refusals(entry)
            if wrong:
                raise ItemRefused(*wrong)
        except ItemRefused as refused:
            self._taken.append(_Taken(place, label, None, source, list(refused.reasons)))
            return
        self._taken.append(_Taken(place, label or _label(entry), entry, source, losses.found))

    def refuse(self, place: str, code: str, sentence: str, *, label: str = "") -> None:
        """A question that cannot even be begun."""
        self._taken.append(_Taken(place, label, None, "", [Reason(code, sentence)]))

    def report(self, media: Mapping[str, bytes] | None = None) -> Report:
        """Name every question, turn away doubles, and close."""
        if not self._taken:
            raise Invalid("import_empty", "There is no question in this file.")
        self._settle_names()
        entries: list[Entry] = []
        findings: list[Finding] = []
        seen: dict[str, _Taken] = {}
        cases: dict[str, str] = {}
        for taken in self._taken:
            _settle_case(taken, cases)
            entry, earlier = taken.entry, None
            if entry is not None:
                earlier = seen.setdefault(entry.lineage, taken)
                taken.reasons += _missing(entry, media or {}, taken.reasons)
            if entry is not None and earlier is not taken:
                assert earlier is not None
                same = earlier.entry == entry
                sentence = (
                    f"The same question stands at {earlier.place}; it is taken once."
                    if same
                    else f"The name “{entry.lineage}” belongs to the one at {earlier.place}; give this one another."
                )
                taken.reasons = [Reason("double" if same else "name_taken", sentence)]
                entry = None
            if entry is None:
                findings.append(Finding(Verdict.REFUSED, taken.place, taken.label, None, tuple(taken.reasons)))
                continue
            entries.append(entry)
            verdict = Verdict.LOSS if taken.reasons else Verdict.IMPORTED
            findings.append(Finding(verdict, taken.place, taken.label, entry.lineage, tuple(taken.reasons)))
        kept = files_of((name for entry in entries for name in entry.media), media or {})
        return Report(self.format, self.title, tuple(entries), tuple(findings), tuple(self._notes.values()), kept)

    def _settle_names(self) -> None:
        """A question named by our own fields keeps its name; others get one that the same file gives again."""
        nameless = [taken for taken in self._taken if taken.entry is not None and not taken.entry.lineage]
        first: dict[str, list[_Taken]] = {}
        for taken in nameless:
            assert taken.entry is not None
            name = source_lineage(self.format, taken.source) if taken.source else content_lineage(taken.entry)
            first.setdefault(name, []).append(taken)
        for name, group in first.items():
            distinct = {taken.entry for taken in group}
            for taken in group:
                assert taken.entry is not None
                # Two different questions under one name: only then does the name depend on all of the content.
                settled = name if len(distinct) == 1 else content_lineage(taken.entry, whole=True)
                assert NAME.fullmatch(settled), settled
                taken.entry = replace(taken.entry, lineage=settled)


def _settle_case(taken: _Taken, cases: dict[str, str]) -> None:
    """One name of a case has one text; whoever comes later with another gets a name of its own."""
    case = taken.entry.vignette if taken.entry is not None else None
    if taken.entry is None or case is None or cases.setdefault(case.key, case.text) == case.text:
        return
    taken.entry = replace(taken.entry, vignette=Vignette(vignette_key(case.text), case.text))
    sentence = f"An earlier question gives the case “{case.key}” other words; the case of this one got another name."
    taken.reasons.append(Reason("case_renamed", sentence))


def _missing(entry: Entry, media: Mapping[str, bytes], known: list[Reason]) -> list[Reason]:
    """Pictures that the texts show, but the file does not hold."""
    found = [picture_missing(name) for name in entry.media if name not in media]
    return [reason for reason in found if reason not in known]


def _label(entry: Entry) -> str:
    words = " ".join((entry.stem or (entry.vignette.text if entry.vignette else "")).split())
    return words if len(words) <= 80 else words[:79].rstrip() + "…"
