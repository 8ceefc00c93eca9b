"""Names of pictures and videos that an import brings: where the quiz means another file by one, it gets another."""

from collections.abc import Mapping
from dataclasses import replace

from quizzes.interchange.entry import Entry
from quizzes.interchange.plain import with_media
from quizzes.interchange.report import Report
from quizzes.rules.media import captions_name, digest_of, free_name, renamed


def settled(report: Report, known: Mapping[str, str]) -> Report:
    """The report with names that are free in the quiz, in its texts too. `known` are the quiz's names and digests.

    The same file gives the same names whenever it comes, so that taking it twice changes nothing.
    """
    names: dict[str, str] = {}
    for name, data in report.media.items():
        free = name if name.endswith(".vtt") else free_name(name, digest_of(data), known)
        if free != name:
            names[name] = free
            if captions_name(name) in report.media:
                names[captions_name(name)] = captions_name(free)
    if not names:
        return report
    return replace(
        report,
        media={names.get(name, name): data for name, data in report.media.items()},
        entries=tuple(_renamed(entry, names) if set(entry.media) & names.keys() else entry for entry in report.entries),
    )


def _renamed(entry: Entry, names: Mapping[str, str]) -> Entry:
    case = entry.vignette
    return with_media(
        replace(
            entry,
            stem=renamed(entry.stem, names),
            rationale=renamed(entry.rationale, names),
            vignette=case and replace(case, text=renamed(case.text, names)),
            choices=tuple(
                replace(one, text=renamed(one.text, names), rationale=renamed(one.rationale, names))
                for one in entry.choices
            ),
            stems=tuple(
                replace(one, text=renamed(one.text, names), rationale=renamed(one.rationale, names))
                for one in entry.stems
            ),
        )
    )
