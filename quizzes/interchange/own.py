"""What only this platform knows of a question, carried in other formats; it counts as long as the rest is unchanged."""

import json
from dataclasses import replace

from cme.activities.library.reading import Document
from cme.kernel.text import fingerprint
from quizzes.interchange.checking import refusals
from quizzes.interchange.entry import Choice, Entry, Stem
from quizzes.interchange.limits import MEGABYTE
from quizzes.interchange.plain import entry_of, to_plain_map
from quizzes.interchange.plain_reader import PlainReader
from quizzes.interchange.reasons import Losses
from quizzes.interchange.xml_file import Element, child, etree

NAMESPACE = "urn:cme-platform:question:1"
_TAG = f"{{{NAMESPACE}}}entry"


def payload(entry: Entry) -> str:
    """Everything about the question as one line of JSON."""
    return json.dumps(to_plain_map(entry), ensure_ascii=False, separators=(",", ":"))


def element(entry: Entry, digest: str) -> Element:
    """The extension element; `digest` is of the part that other programs read and may change."""
    found = etree.Element(_TAG, {"native": digest}, nsmap={"cme": NAMESPACE})
    found.text = payload(entry)
    return found


def find(parent: Element | None) -> tuple[str, str] | None:
    """The payload and the digest below an element."""
    if parent is None:
        return None
    found = next((one for one in parent if one.tag == _TAG), None)
    return None if found is None else (found.text or "", str(found.get("native") or ""))


def restore(found: tuple[str, str] | None, digest: str, losses: Losses) -> tuple[Entry | None, bool]:
    """The question as it was written, and whether the rest of the file still says the same."""
    if found is None:
        return None, False
    entry = _parse(found[0])
    if entry is None:
        losses.add("own_fields", "The fields that this platform had added are damaged and were not taken.")
        return None, False
    return entry, found[1] == digest


def _parse(text: str) -> Entry | None:
    if len(text) > MEGABYTE:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    document = Document("own fields")
    entry = entry_of(PlainReader(document), value, ())
    return None if document.problems or refusals(entry) else entry


def merge(native: Entry, own: Entry | None, losses: Losses) -> Entry:
    """The question was changed elsewhere: its words from the file, from our fields what the file cannot say."""
    if own is None:
        return native
    losses.add("changed_elsewhere", "Another program changed the question; its words were taken from there.")
    vignette, stem = native.vignette, native.stem
    if own.vignette and vignette and fingerprint(vignette.text) == fingerprint(own.vignette.text):
        vignette = own.vignette
    elif own.vignette and vignette is None and stem.startswith(own.vignette.text):
        # Formats without shared cases carry them at the head of the question.
        vignette, stem = own.vignette, stem[len(own.vignette.text) :].strip()
    number = native.numeric
    if number and own.numeric and not number.unit:
        number = replace(number, unit=own.numeric.unit)
    return replace(
        native,
        stem=stem,
        numeric=number,
        lineage=own.lineage,
        topic=own.topic or native.topic,
        objective=own.objective,
        tags=own.tags or native.tags,
        points=own.points,
        passages=own.passages,
        status=own.status,
        references=own.references,
        apart=own.apart,
        ordered=own.ordered if own.kind is native.kind else native.ordered,
        scoring=own.scoring if own.kind is native.kind else native.scoring,
        vignette=vignette,
        rationale=native.rationale or own.rationale,
        choices=_keep_rationales(native, own),
        stems=_keep_stem_rationales(native, own),
    )


def _keep_rationales(native: Entry, own: Entry) -> tuple[Choice, ...]:
    known = {fingerprint(choice.text): choice for choice in own.choices}
    return tuple(
        choice
        if choice.rationale or not (old := known.get(fingerprint(choice.text)))
        else replace(choice, rationale=old.rationale)
        for choice in native.choices
    )


def _keep_stem_rationales(native: Entry, own: Entry) -> tuple[Stem, ...]:
    known = {fingerprint(stem.text): stem for stem in own.stems}
    return tuple(
        stem
        if stem.rationale or not (old := known.get(fingerprint(stem.text)))
        else replace(stem, rationale=old.rationale)
        for stem in native.stems
    )


def without(parent: Element) -> None:
    """Take the extension out, before a digest is made."""
    for one in list(parent):
        if one.tag == _TAG:
            parent.remove(one)


def metadata_of(resource: Element) -> tuple[str, str] | None:
    """The extension of a packaged question: in the metadata of its resource."""
    return find(child(resource, "metadata"))
