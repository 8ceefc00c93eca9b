"""Tries a design before anybody gets a certificate with it: every kind, on every paper, with the longest texts."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certificates import apart, samples
from certificates.compiled import Compiled, RenderError, Shelf
from certificates.design import SHIPPED, Design, Page, opened, page_of
from certificates.keys import Keys
from certificates.rendering import page_key, render
from certificates.rules.document import providers, words
from certificates.rules.looks import Paper
from certificates.shaping import NoCoverage
from certificates.signing import Signer
from certificates.slots import filling
from certificates.stamping import plan

SHOWN = samples.plain
_MOMENT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # of the samples: nothing here depends on the day


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of the trial: why not, in sentences; or a picture for each kind and paper."""

    problems: list[str]
    pictures: Mapping[tuple[str, str], bytes]


def prove(packed: bytes) -> Proof:
    """Every sample laid out and its texts set; nothing is signed with the keys of this installation."""
    design = opened(packed)
    trials = [
        (sample, kind, paper, sample(kind, paper)) for sample in samples.EVERY for kind in SHIPPED for paper in Paper
    ]
    try:
        pages = [_page(design, snapshot) for *_, snapshot in trials]
        made = apart.compile_all(pages, [_must_say(snapshot) for *_, snapshot in trials])
        _refuse_unset(design, pages, made)
        pictures = _pictures(
            design,
            {
                (kind, paper.value): (snapshot, pages[place], made[place])
                for place, (sample, kind, paper, snapshot) in enumerate(trials)
                if sample is SHOWN
            },
        )
    except apart.PageError as problem:
        sample, kind, paper, _ = trials[problem.place]
        return Proof([f"{_sentence(problem)} ({_described(sample, kind, paper)})"], {})
    except (RenderError, NoCoverage) as problem:
        return Proof([_sentence(problem)], {})
    return Proof([], pictures)


def glance(packed: bytes, kind: str, paper: str) -> Proof:
    """One sample only, for somebody who is still choosing."""
    design = opened(packed)
    snapshot = SHOWN(kind, Paper(paper))
    try:
        page = _page(design, snapshot)
        made = apart.compile_all([page], [_must_say(snapshot)])
        return Proof([], _pictures(design, {(kind, paper): (snapshot, page, made[0])}))
    except (RenderError, NoCoverage) as problem:
        return Proof([_sentence(problem)], {})


def _page(design: Design, snapshot: dict[str, Any]) -> Page:
    return page_of(snapshot, filling(snapshot, samples.VERIFY_URL), chosen=design)


def _must_say(snapshot: dict[str, Any]) -> list[str]:
    """What nobody may leave out or hide."""
    said = words(snapshot)
    texts = [said.demonstration, said.heading, providers(snapshot), said.others, *said.statements]
    figures = [part for figure in said.figures for part in (figure.label, figure.note)]
    return [text for text in (*texts, *(figures[:2]), snapshot["title"]) if text]


def _refuse_unset(design: Design, pages: list[Page], made: list[Compiled]) -> None:
    """What the stamper cannot set is laid out with its texts at once, as it would be for a certificate."""
    again: list[Page] = []
    for page, compiled in zip(pages, made, strict=True):
        if refused := plan(compiled, page.filling).refused:
            again.append(Page(design, page.context, page.filling, frozenset(refused)))
    for page, compiled in zip(again, apart.compile_all(again) if again else [], strict=True):
        if refused := plan(compiled, page.filling).refused:
            name, reason = next(iter(refused.items()))
            raise RenderError(f"the place for {name} cannot be used: {reason}")


def _pictures(
    design: Design, chosen: Mapping[tuple[str, str], tuple[dict[str, Any], Page, Compiled]]
) -> dict[tuple[str, str], bytes]:
    with tempfile.TemporaryDirectory(prefix="cme-proof-") as folder:
        shelf, signer = Shelf(Path(folder)), _nobody(Path(folder))
        bodies: list[bytes] = []
        for snapshot, page, compiled in chosen.values():
            shelf.get(page_key(page), _given(compiled))
            bodies.append(render(snapshot, samples.VERIFY_URL, shelf=shelf, signer=signer, chosen=design).body)
    return dict(zip(chosen, apart.draw_apart(bodies), strict=True))


def _given(compiled: Compiled) -> Callable[[], Compiled]:
    return lambda: compiled


def _nobody(folder: Path) -> Signer:
    """A key that was made for this and is forgotten at once: no sample carries this installation's signature."""
    return Keys(folder, "", "Sample").signer(now=_MOMENT)


def _sentence(problem: Exception) -> str:
    text = str(problem).strip().rstrip(".")
    return text[:1].upper() + text[1:] + "."


def _described(sample: Callable[..., Any], kind: str, paper: Paper) -> str:
    texts = {
        "plain": "with short texts",
        "crowded": "with a long name, a joint provider and several types of credit",
        "demonstration": "as a demonstration",
        "fullest": "with the longest texts that a provider may have",
    }
    return f"seen on {paper.label}, {kind}, {texts[sample.__name__]}"
