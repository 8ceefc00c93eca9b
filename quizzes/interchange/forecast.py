"""What an import would do, question by question of the file: the report to read before anything happens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quizzes.interchange.convert import lost_in_item, to_item
from quizzes.interchange.entry import Entry
from quizzes.interchange.planning import Planned, State, plan_import
from quizzes.interchange.report import Finding, Report, Verdict
from quizzes.rules.item import Item
from quizzes.rules.limits import storage_problems


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the file. `state` and `lineage` are empty for a refused one."""

    verdict: Verdict
    place: str
    label: str
    lineage: str = ""
    state: State | None = None
    twin: str = ""
    """Another question of the bank with the same words."""
    reasons: tuple[str, ...] = ()


def forecast(items: Sequence[Item], report: Report, vignettes: Mapping[str, str]) -> tuple[Line, ...]:
    """A line per question of the file, in its order; `items` and `vignettes` are what the quiz has now."""
    return tuple(_lines(report, plan_import(items, report.entries, vignettes, keeps=report.keeps)))


def _lines(report: Report, planned: Sequence[Planned]) -> Iterator[Line]:
    plans = iter(planned)
    for finding in report.findings:
        reasons = tuple(one.sentence for one in finding.reasons)
        if finding.verdict is Verdict.REFUSED:
            yield Line(finding.verdict, finding.place, finding.label, reasons=reasons)
        else:
            yield _line(finding, reasons, next(plans))


def _line(finding: Finding, reasons: tuple[str, ...], plan: Planned) -> Line:
    entry = plan.entry
    wrong = storage_problems(to_item(entry))
    if wrong:
        reasons = tuple(sentence for sentences in wrong.values() for sentence in sentences)
        return Line(Verdict.REFUSED, finding.place, finding.label, reasons=reasons)
    reasons += tuple(_left_behind(entry))
    if plan.case:
        words = f"The case “{plan.case}” has other words in other questions of the quiz; this one got another name."
        reasons += (words,)
    verdict = Verdict.LOSS if reasons else Verdict.IMPORTED
    return Line(verdict, finding.place, finding.label, entry.lineage, plan.state, plan.twin or "", reasons)


def _left_behind(entry: Entry) -> Iterator[str]:
    for reason in lost_in_item(entry):
        yield reason.sentence
