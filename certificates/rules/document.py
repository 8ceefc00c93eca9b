"""What is frozen when credit is granted, and how it is worded: pure functions of the granted fact.

Wording follows the AMA PRA rules: a physician's document names the credit claimed, not the maximum alone; everybody
else's says what the activity was designated for and never that credit was awarded; a demonstration names no accredited
credit at all.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from certificates.rules.looks import Look, Paper
from certificates.rules.names import han_of
from cme.credits.events import CreditGranted
from cme.kernel.days import day_phrase, local_day, zone_name
from cme.kernel.quarters import QUARTERS_PER_CREDIT, format_quarters

# What fits on the page beside the longest title and name; asked before a release is published.
LONGEST_STATEMENTS = 1600
LONGEST_CONTACT = 240
DEMONSTRATION = "Demonstration – no accredited credit"
_NOTICE = (
    "This document shows how a certificate looks. Its provider is not accredited, the activity is not designated for "
    "credit of any kind, and nothing here may be reported to a licensing board, a certifying board or an employer."
)
_CREDIT_NAMES = {"ama-pra-category-1": "AMA PRA Category 1 Credit"}
# Other types that a release may be designated for: what one is called, and several.
_OTHER_UNITS = {
    "aafp-prescribed": ("AAFP Prescribed credit", "AAFP Prescribed credits"),
    "aapa-category-1": ("AAPA Category 1 CME credit", "AAPA Category 1 CME credits"),
    "abim-moc": ("ABIM MOC point", "ABIM MOC points"),
    "acpe-contact-hour": ("ACPE contact hour", "ACPE contact hours"),
    "ancc-contact-hour": ("ANCC contact hour", "ANCC contact hours"),
    "aoa-category-1-b": ("AOA Category 1-B credit", "AOA Category 1-B credits"),
    "eaccme": ("European CME credit (ECMEC)", "European CME credits (ECMEC)"),
    "ipce": ("IPCE credit", "IPCE credits"),
}
TRADEMARKED = frozenset(_CREDIT_NAMES.values())
_ANY_CREDIT = "|".join(map(re.escape, sorted(TRADEMARKED)))
_PROTECTED = re.compile(rf"({_ANY_CREDIT})((?:s|\(s\))?)(?:\s*(?:™|\(TM\)|&trade;))?")


def certificate_number(credit_id: int, year: int) -> str:
    """The number that stays with the credit for ever, such as "CME-2026-000042"."""
    return f"CME-{year}-{credit_id:06d}"


def freeze(
    event: CreditGranted, *, number: str, code: str, revision: int = 1, look: Look | None = None
) -> dict[str, Any]:
    """Everything that is printed, as plain data. Days are local days of the release's zone."""
    earned = event.snapshot
    provider = earned["provider"]
    zone = earned["zone"]
    chosen = look or Look(event.kind, "", Paper.LETTER)
    return {
        "format": 2,
        "design": chosen.design,
        "design_digest": chosen.digest,
        "paper": chosen.paper.value,
        "kind": event.kind,
        "number": number,
        "code": code,
        "revision": revision,
        "name": unicodedata.normalize("NFC", earned["name"]),
        "han": han_of(earned["name"], earned.get("country", "")),
        "credentials": earned["credentials"],
        "profession": earned["profession"],
        "title": earned["title"],
        "slug": earned["slug"],
        "release_number": earned["release_number"],
        "learning_format": earned["learning_format"],
        "provider_name": provider["name"],
        "joint_with": provider.get("joint_with", ""),
        "provider_mode": earned["provider_mode"],
        "provider_contact": provider["contact"],
        "accreditation_statement": provider["accreditation_statement"],
        "designation_statement": provider["designation_statement"],
        "participation_statement": provider["participation_statement"],
        "credit_type": event.credit_type,
        "offers": [list(offer) for offer in earned.get("offers", [])],
        "amount_quarters": event.amount_quarters,
        "maximum_quarters": event.maximum_quarters,
        "completed_on": local_day(event.completed_at, zone).isoformat(),
        "completed_at": event.completed_at.isoformat(timespec="seconds"),
        "issued_on": local_day(event.granted_at, zone).isoformat(),
        "issued_at": event.granted_at.isoformat(timespec="seconds"),
        "released_on": earned["released_on"],
        "reviewed_on": earned["reviewed_on"],
        "opens_on": earned["opens_on"],
        "expires_on": earned["expires_on"],
        "zone": zone,
    }


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the figures in the middle of the page: label, the value in large type, a line below."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one certificate, ready to be set. `demonstration` is the band's text, or empty."""

    heading: str
    demonstration: str
    certifies: str
    did: str
    figures: tuple[Figure, ...]
    others: str
    """What else the activity was designated for, in one sentence; empty for most."""
    statements: tuple[str, ...]
    small_print: tuple[str, ...]


def is_demonstration(snapshot: dict[str, Any]) -> bool:
    """Anything that is not marked as accredited counts as a demonstration."""
    return snapshot["provider_mode"] != "accredited"


def heading(snapshot: dict[str, Any]) -> str:
    """The name of the document."""
    return "Certificate of Credit" if snapshot["kind"] == "credit" else "Certificate of Participation"


def document_title(snapshot: dict[str, Any]) -> str:
    """What a PDF reader shows in its title bar and a screen reader says first."""
    return f"{heading(snapshot)}: {snapshot['title']}, {snapshot['name']}, {snapshot['number']}"


def credit_unit(snapshot: dict[str, Any], quarters: int) -> str:
    """What the number counts, in singular or plural: "AMA PRA Category 1 Credits™", "demonstration credit"."""
    plural = "" if quarters == QUARTERS_PER_CREDIT else "s"
    if is_demonstration(snapshot):
        return f"demonstration credit{plural}"
    kind = snapshot["credit_type"]
    if kind in _CREDIT_NAMES or kind in _OTHER_UNITS:
        return _unit(kind, quarters)
    return f"credit{plural}"


def amount_phrase(snapshot: dict[str, Any]) -> str:
    """The claimed amount with its unit and maximum, in one line."""
    amount = format_quarters(snapshot["amount_quarters"])
    maximum = snapshot["maximum_quarters"]
    if snapshot["kind"] == "credit":
        unit = credit_unit(snapshot, snapshot["amount_quarters"])
        return f"{amount} {unit} (maximum {format_quarters(maximum)})"
    return f"{amount}, of an activity designated for {format_quarters(maximum)} {credit_unit(snapshot, maximum)}"


def words(snapshot: dict[str, Any]) -> Words:
    """All sentences of the document."""
    credit = snapshot["kind"] == "credit"
    did = "has completed the" if credit else "has participated in the"
    return Words(
        heading=heading(snapshot),
        demonstration=DEMONSTRATION if is_demonstration(snapshot) else "",
        certifies="This certifies that",
        did=f"{did} {snapshot['learning_format']}",
        figures=_figures(snapshot, credit),
        others=_others(snapshot),
        statements=_statements(snapshot, credit),
        small_print=_small_print(snapshot),
    )


def _figures(snapshot: dict[str, Any], credit: bool) -> tuple[Figure, ...]:
    amount, maximum = snapshot["amount_quarters"], snapshot["maximum_quarters"]
    completed = Figure("Date completed", _day(snapshot["completed_on"]), f"{zone_name(snapshot['zone'])} time")
    if credit:
        return (
            Figure("Credit claimed", format_quarters(amount), credit_unit(snapshot, amount)),
            completed,
            Figure("Maximum", format_quarters(maximum), "for this activity"),
        )
    return (
        Figure("Extent of participation", format_quarters(amount), f"of at most {format_quarters(maximum)}"),
        completed,
        Figure("The activity was designated for", format_quarters(maximum), credit_unit(snapshot, maximum)),
    )


def providers(snapshot: dict[str, Any]) -> str:
    """Who provided the activity, in one line: a joint provider stands after the one that awards credit."""
    joint = snapshot.get("joint_with", "")
    return f"{snapshot['provider_name']} and {joint}" if joint else snapshot["provider_name"]


def _others(snapshot: dict[str, Any]) -> str:
    """Other types of credit are named with their maxima, and that this document stands for one of them only."""
    offers = [(kind, most) for kind, most in snapshot.get("offers", ()) if kind != snapshot["credit_type"]]
    if not offers or is_demonstration(snapshot):
        return ""
    named = [f"{format_quarters(most)} {_unit(kind, most)}" for kind, most in sorted(offers)]
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    own = f"{_CREDIT_NAMES.get(snapshot['credit_type'], 'the credit named above')}"
    stands = f" This document is a record of {own} only." if snapshot["kind"] == "credit" else ""
    return f"The activity was also designated for a maximum of {listed}.{stands}"


def _unit(kind: str, quarters: int) -> str:
    """What a type of credit counts; one that is not known here is called by its key."""
    plural = quarters != QUARTERS_PER_CREDIT
    if kind in _CREDIT_NAMES:
        return f"{_CREDIT_NAMES[kind]}{'s' if plural else ''}™"
    fallback = kind.replace("-", " ")
    return _OTHER_UNITS.get(kind, (f"credit ({fallback})", f"credits ({fallback})"))[plural]


def _statements(snapshot: dict[str, Any], credit: bool) -> tuple[str, ...]:
    if is_demonstration(snapshot):
        return (_NOTICE,)
    own = snapshot["designation_statement"] if credit else snapshot["participation_statement"]
    return tuple(text for text in (snapshot["accreditation_statement"].strip(), own.strip()) if text)


def _small_print(snapshot: dict[str, Any]) -> tuple[str, ...]:
    reviewed = f", reviewed {_day(snapshot['reviewed_on'])}" if snapshot["reviewed_on"] else ""
    return (
        f"Certificate {snapshot['number']}, issued {_day(snapshot['issued_on'])}",
        f"Term of the activity: {_day(snapshot['opens_on'])} to {_day(snapshot['expires_on'])}",
        f"Released {_day(snapshot['released_on'])}{reviewed}",
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """The frozen facts as pages show them; `demonstration` is empty for accredited credit."""

    heading: str
    demonstration: str
    name: str
    title: str
    slug: str
    learning_format: str
    provider: str
    amount_label: str
    amount: str
    completed_on: date
    issued_on: date


def summary(snapshot: dict[str, Any]) -> Summary:
    """What the owner's page and the verification page tell."""
    return Summary(
        heading=heading(snapshot),
        demonstration=DEMONSTRATION if is_demonstration(snapshot) else "",
        name=", ".join(part for part in (snapshot["name"], snapshot["credentials"]) if part),
        title=snapshot["title"],
        slug=snapshot["slug"],
        learning_format=snapshot["learning_format"],
        provider=providers(snapshot),
        amount_label="Credit claimed" if snapshot["kind"] == "credit" else "Extent of participation",
        amount=amount_phrase(snapshot),
        completed_on=date.fromisoformat(snapshot["completed_on"]),
        issued_on=date.fromisoformat(snapshot["issued_on"]),
    )


def printed_texts(snapshot: dict[str, Any]) -> list[str]:
    """Every text that reaches the page, for the question whether the typefaces can draw it."""
    said = words(snapshot)
    figures = [part for figure in said.figures for part in (figure.label, figure.value, figure.note)]
    own = [snapshot["name"], snapshot["credentials"], snapshot["title"], providers(snapshot), said.others]
    return [*own, snapshot["provider_contact"], said.did, *figures, *said.statements, *said.small_print]


def texts_too_long(provider: dict[str, Any]) -> list[str]:
    """Why a provider's texts do not fit on a certificate; empty when they do."""
    found: list[str] = []
    own = max(len(provider["designation_statement"]), len(provider["participation_statement"]))
    if len(provider["accreditation_statement"]) + own > LONGEST_STATEMENTS:
        found.append(
            f"The provider's statements have more than {LONGEST_STATEMENTS} characters together and do not fit on a "
            "certificate."
        )
    if len(provider["contact"]) > LONGEST_CONTACT:
        found.append(
            f"The provider's contact has more than {LONGEST_CONTACT} characters and does not fit on a certificate."
        )
    return found


def protected_names(text: str) -> list[tuple[str, bool]]:
    """The text in pieces; True marks a credit name that has to be set in italics. Its ™ stays outside, once."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in _PROTECTED.finditer(text):
        pieces += [(text[end : match.start()], False), (match.group(1) + match.group(2), True), ("™", False)]
        end = match.end()
    pieces.append((text[end:], False))
    return [piece for piece in pieces if piece[0]]


def file_name(snapshot: dict[str, Any], ending: str = "pdf") -> str:
    """A telling, ASCII-safe name: "CME-certificate_Sleep-related-leg-cramps_2026-11-22_<code>.pdf"."""
    letters = unicodedata.normalize("NFKD", snapshot["title"])
    plain = "".join(
        char if char.isascii() else " " for char in letters if not unicodedata.combining(char) and char not in "'’"
    )
    title = "-".join(re.findall(r"[A-Za-z0-9]+", plain))[:80].strip("-") or "module"
    return f"CME-certificate_{title}_{snapshot['completed_on']}_{snapshot['code']}.{ending}"


def _day(iso: str) -> str:
    return day_phrase(date.fromisoformat(iso))
