"""The certificate as a verifiable credential: Open Badges 3.0 on the W3C data model 2.0, secured as a JWT.

A pure function of what was frozen at the issue: the same inputs give the same bytes. The end of the activity's term is
nowhere in it: `validUntil` would make every verifier call earned credit expired.
Sources: 1EdTech Open Badges 3.0; W3C VC Data Model 2.0, VC-JOSE-COSE, Bitstring Status List 1.0.
"""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from certificates.checking.jose import ENVELOPE, b64
from certificates.rules import document
from cme.kernel.quarters import QUARTERS_PER_CREDIT, format_quarters

VC = "https://www.w3.org/ns/credentials/v2"
BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
LIST_LENGTH = 131072  # entries of one status list, the least that the standard allows
ENGINE = "credential 1: Open Badges 3.0"
KIND = "application/vc+jwt"


class Seal(Protocol):
    """The installation's signing key: certificates from its own to the root, as DER, and what signs with it."""

    @property
    def chain(self) -> tuple[bytes, ...]: ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA on P-256 with SHA-256, deterministic (RFC 6979): r and s, 64 bytes."""
        ...


def credential_json(snapshot: dict[str, Any], status_number: int, public_url: str, seal: Seal) -> bytes:
    """The file that is embedded in the PDF and offered beside it: the signed credential in its JSON envelope."""
    return envelope(secured(credential(snapshot, status_number, public_url), seal, issuer_id(public_url)))


def credential(snapshot: dict[str, Any], status_number: int, public_url: str) -> dict[str, Any]:
    """What is signed. `status_number` is the certificate's place in the status lists, for ever."""
    address = f"{public_url}/verify/{snapshot['code']}"
    heading = document.heading(snapshot)
    return {
        "@context": [VC, BADGES],
        "id": address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{heading}: {snapshot['title']}",
        "description": _description(snapshot),
        "issuer": {"id": issuer_id(public_url), "type": ["Profile"], "name": snapshot["provider_name"]},
        "validFrom": snapshot["issued_at"],
        "awardedDate": snapshot["issued_at"],
        "credentialSubject": _subject(snapshot, public_url),
        "evidence": [{"id": address, "type": ["Evidence"], "name": "The record at the issuer, open to everybody"}],
        "credentialStatus": status_entry(status_number, public_url),
    }


def _subject(snapshot: dict[str, Any], public_url: str) -> dict[str, Any]:
    completed = datetime.fromisoformat(snapshot["completed_at"]).astimezone(ZoneInfo(snapshot["zone"]))
    names = [{"type": "IdentityObject", "hashed": False, "identityHash": snapshot["name"], "identityType": "name"}]
    if snapshot["credentials"]:
        # "ext:" is how the standard lets an issuer name what it has no word for.
        letters = {"identityHash": snapshot["credentials"], "identityType": "ext:honorificSuffix"}
        names.append({"type": "IdentityObject", "hashed": False, **letters})
    return {
        "type": ["AchievementSubject"],
        "identifier": names,
        "licenseNumber": snapshot["number"],
        "activityEndDate": completed.isoformat(),
        "creditsEarned": snapshot["amount_quarters"] / QUARTERS_PER_CREDIT,
        "achievement": {
            "id": f"{public_url}/modules/{snapshot['slug']}",
            "type": ["Achievement"],
            "achievementType": "CertificateOfCompletion",
            "name": snapshot["title"],
            "description": _description(snapshot),
            "criteria": {"narrative": "Read the article, passed its quiz, evaluated the activity, within its term."},
            "creditsAvailable": snapshot["maximum_quarters"] / QUARTERS_PER_CREDIT,
            "tag": [document.credit_unit(snapshot, snapshot["maximum_quarters"]), snapshot["learning_format"]],
        },
    }


def _description(snapshot: dict[str, Any]) -> str:
    notice = f"{document.DEMONSTRATION}. " if document.is_demonstration(snapshot) else ""
    amount, maximum = (format_quarters(snapshot[key]) for key in ("amount_quarters", "maximum_quarters"))
    unit = document.credit_unit(snapshot, snapshot["maximum_quarters"])
    if snapshot["kind"] == "credit":
        return f"{notice}{amount} claimed of at most {maximum} {unit} for this {snapshot['learning_format']}."
    return f"{notice}Participation, {amount} of an activity designated for {maximum} {unit}. No credit was awarded."


def issuer_id(public_url: str) -> str:
    """Where the issuer's name and keys are to be had."""
    return f"{public_url}/issuer.json"


def status_place(status_number: int) -> tuple[int, int]:
    """Which status list, counted from 1, and which entry in it."""
    return (status_number - 1) // LIST_LENGTH + 1, (status_number - 1) % LIST_LENGTH


def status_entry(status_number: int, public_url: str) -> dict[str, str]:
    """The reference to the certificate's place in a status list."""
    number, index = status_place(status_number)
    address = f"{public_url}/status/{number}.json"
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def secured(claims: dict[str, Any], seal: Seal, issuer: str) -> str:
    """The claims as a signed token (VC-JOSE, with the registered claims that Open Badges asks for beside them)."""
    leaf = seal.chain[0]
    header = {
        "alg": "ES256",
        "typ": "vc+jwt",
        "cty": "vc",
        "kid": key_id(leaf, issuer),
        # All but the root: who checks must have that from elsewhere.
        "x5c": [base64.b64encode(one).decode("ascii") for one in seal.chain[:-1] or seal.chain],
    }
    registered = {
        "iss": issuer,
        "jti": claims["id"],
        "nbf": int(datetime.fromisoformat(claims["validFrom"]).timestamp()),
    }
    data = f"{_part(header)}.{_part({**claims, **registered})}"
    return f"{data}.{b64(seal.sign(data.encode('ascii')))}"


def key_id(leaf: bytes, issuer: str) -> str:
    """The name of a key: the issuer's address and the fingerprint of its certificate."""
    return f"{issuer}#{hashlib.sha256(leaf).hexdigest()[:32]}"


def envelope(token: str) -> bytes:
    """The token as a JSON document of the data model (EnvelopedVerifiableCredential)."""
    wrapped = {"@context": VC, "type": "EnvelopedVerifiableCredential", "id": f"{ENVELOPE}{token}"}
    return json.dumps(wrapped, indent=1).encode("ascii") + b"\n"


def _part(value: dict[str, Any]) -> str:
    return b64(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
