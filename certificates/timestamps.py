"""Time stamps of a signature by an RFC 3161 service: asked for before the document's bytes are final."""

import hashlib
import secrets
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from certificates.checking import der
from certificates.signing import SHA256_ALGORITHM, SigningError, TimeStamper, integer, octets, sequence

SECONDS = 20
LARGEST_ANSWER = 64 * 1024
_TRUE = b"\x01\x01\xff"
_GRANTED = {0, 1}
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4


def time_stamper(url: str) -> TimeStamper:
    """Asks the service at `url`. What it gives raises SigningError when no valid token comes back."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise SigningError("CME_TSA_URL must begin with http:// or https://")

    def stamp(value: bytes) -> bytes:
        imprint = sequence(SHA256_ALGORITHM, octets(hashlib.sha256(value).digest()))
        nonce = integer(secrets.randbits(63) | 1 << 62)
        return _token(_answer(url, sequence(integer(1), imprint, nonce, _TRUE)), imprint, nonce)

    return stamp


def certificates_of(token: bytes) -> list[bytes]:
    """The certificates that came along in a token, as DER. Raises SigningError."""
    try:
        fourth = der.read(token).children()[1].children()[0].children()[3]
        if fourth.tag != 0xA0:
            raise SigningError("the time-stamping service sends no certificates along")
        return [one.raw for one in fourth.children()]
    except (der.Malformed, ValueError, IndexError):
        raise SigningError("the time-stamping service answers with something else") from None


def _answer(url: str, question: bytes) -> bytes:
    asked = Request(url, data=question, headers={"Content-Type": "application/timestamp-query"})  # noqa: S310 - checked
    try:
        with urlopen(asked, timeout=SECONDS) as response:  # noqa: S310 - only http and https come this far
            answer: bytes = response.read(LARGEST_ANSWER + 1)
    except (URLError, OSError) as error:
        raise SigningError(f"the time-stamping service does not answer: {error}") from None
    if len(answer) > LARGEST_ANSWER:
        raise SigningError("the time-stamping service answers with too much")
    return answer


def _token(answer: bytes, imprint: bytes, nonce: bytes) -> bytes:
    """The token of an answer that is about this question."""
    try:
        status, *tokens = der.read(answer).children()
        if status.children()[0].unsigned() not in _GRANTED or not tokens:
            raise SigningError("the time-stamping service refused")
        signed = tokens[0].children()[1].children()[0]
        kind, content = signed.children()[2].children()
        parts = der.read(content.children()[0].content).children()
    except (der.Malformed, ValueError, IndexError):
        raise SigningError("the time-stamping service answers with something else") from None
    if kind.raw != _TST_INFO or not any(part.raw == nonce for part in parts) or parts[2].raw != imprint:
        raise SigningError("the time stamp is not for this signature")
    return tokens[0].raw
