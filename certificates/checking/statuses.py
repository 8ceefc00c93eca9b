"""Reading a signed status list: does this credential still stand."""

import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certificates.checking.facts import MONTHS
from certificates.checking.jose import Unreadable, read, token_in, unb64
from certificates.checking.withdrawing import NONE_WITHDRAWN, Withdrawn

LARGEST_LIST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """What lists say of a credential: whether it fell, and how new the list is that says so."""

    fell: bool
    at: datetime

    @property
    def day(self) -> str:
        """When the list was made, as a sentence has it."""
        moment = self.at.astimezone(UTC)
        return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def standing(
    bodies: Iterable[bytes], claims: dict[str, Any], roots: Iterable[bytes], withdrawn: Withdrawn = NONE_WITHDRAWN
) -> Standing | None:
    """What became of the credential by all these lists; None when none speaks of it, or all are older than it is.

    What fell never stands again: one list that says so is enough, whatever the others say. Else the newest counts.
    Refuses: Unreadable (no list, or not signed by the issuer with a key that still counts).
    """
    known = list(roots)
    found = [one for body in bodies if (one := _said(body, claims, known, withdrawn)) is not None]
    newest = max(found, key=lambda one: (one.fell, one.at), default=None)
    if newest is None or newest.fell:
        return newest
    return newest if newest.at >= _moment(claims) else None


def _said(body: bytes, claims: dict[str, Any], roots: list[bytes], withdrawn: Withdrawn) -> Standing | None:
    token = read(token_in(body), roots)
    if not token.vouched:
        raise Unreadable("the status list is not signed by this issuer")
    if day := withdrawn.day_of(token.chain):
        raise Unreadable(f"the status list is signed with a key that was withdrawn on {day}")
    entry, subject = claims.get("credentialStatus"), token.claims.get("credentialSubject")
    if not isinstance(entry, dict) or not isinstance(subject, dict):
        raise Unreadable("no status list")
    if entry.get("statusListCredential") != token.claims.get("id") or subject.get("statusPurpose") != "revocation":
        return None
    text, index = subject.get("encodedList"), str(entry.get("statusListIndex"))
    if not isinstance(text, str) or not text.startswith("u") or not (index.isascii() and index.isdigit()):
        raise Unreadable("no status list")
    bits, place = _unpacked(unb64(text[1:])), int(index)
    if place >= len(bits) * 8:
        return None
    return Standing(bool(bits[place // 8] & (0x80 >> place % 8)), _moment(token.claims))


def _moment(claims: dict[str, Any]) -> datetime:
    """Since when something counts that the issuer has signed. Refuses: Unreadable."""
    try:
        moment = datetime.fromisoformat(claims["validFrom"])
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable("no status list") from error
    if moment.tzinfo is None:
        raise Unreadable("no status list")
    return moment


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(LARGEST_LIST)
    except (OSError, EOFError) as error:
        raise Unreadable("no status list") from error
