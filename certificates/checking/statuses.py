"""Reading a signed status list: does this credential still stand."""

import gzip
import io
from collections.abc import Iterable
from typing import Any

from certificates.checking.jose import Unreadable, read, token_in, unb64
from certificates.checking.withdrawing import NONE_WITHDRAWN, Withdrawn

LARGEST_LIST = 16 * 1024 * 1024


def fallen(
    body: bytes, claims: dict[str, Any], roots: Iterable[bytes], withdrawn: Withdrawn = NONE_WITHDRAWN
) -> bool | None:
    """Whether the list says the credential was revoked or replaced; None when the list does not speak of it.

    Refuses: Unreadable (no list, or not signed by the issuer with a key that still counts).
    """
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
    bits = _unpacked(unb64(text[1:]))
    place = int(index)
    return None if place >= len(bits) * 8 else bool(bits[place // 8] & (0x80 >> place % 8))


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(LARGEST_LIST)
    except (OSError, EOFError) as error:
        raise Unreadable("no status list") from error
