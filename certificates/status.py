"""The signed list that says of each certificate whether it still stands (W3C Bitstring Status List)."""

import gzip
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from certificates.checking.jose import b64
from certificates.credential import LIST_LENGTH, VC, Seal, issuer_id, secured, status_place

MOST_LISTS = 10_000


def status_list(number: int, fallen: Iterable[int], public_url: str, seal: Seal, *, now: datetime) -> str:
    """The list as a signed token. `fallen`: status numbers of the certificates that were revoked or replaced."""
    return secured(claims(number, fallen, public_url, now=now), seal, issuer_id(public_url))


def claims(number: int, fallen: Iterable[int], public_url: str, *, now: datetime) -> dict[str, Any]:
    """What is signed."""
    address = f"{public_url}/status/{number}.json"
    return {
        "@context": [VC],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id(public_url),
        "validFrom": now.isoformat(timespec="seconds"),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(number, fallen),
        },
    }


def encoded(number: int, fallen: Iterable[int]) -> str:
    """One bit for each certificate of this list, the first in the highest bit of the first byte, compressed."""
    bits = bytearray(LIST_LENGTH // 8)
    for status_number in fallen:
        place, index = status_place(status_number)
        if place != number:
            raise ValueError("a certificate of another list")
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + b64(gzip.compress(bytes(bits), mtime=0))


def numbers_of(number: int) -> range:
    """The status numbers that a list holds."""
    return range((number - 1) * LIST_LENGTH + 1, number * LIST_LENGTH + 1)
