"""A signing key that never leaves its device: a PKCS#11 token, addressed as RFC 7512 says. Needs the extra `pkcs11`.

pkcs11:token=cme;object=signer?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin
"""

# python-pkcs11 is an optional, compiled package: type checkers do not know it.
import hashlib
import os
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certificates.signing import KeyProblem, SigningError

SCHEME = "pkcs11:"
_PATH, _QUERY = {"token", "object", "id"}, {"module-path", "pin-source", "pin-value"}


@dataclass(frozen=True, slots=True)
class Address:
    """Which key of which token, by which driver, opened with which PIN (read when it is needed)."""

    module: str
    token: str
    label: str
    number: bytes
    pin_file: str
    pin: str

    @classmethod
    def read(cls, uri: str) -> "Address":
        """Raises KeyProblem, without repeating the address: there may be a PIN in it."""
        path, _, query = uri.removeprefix(SCHEME).partition("?")
        found = _pairs(path, ";", _PATH) | _pairs(query, "&", _QUERY)
        missing = [name for name in ("token", "module-path") if not found.get(name)]
        if missing or not (found.get("object") or found.get("id")):
            wanted = ", ".join(missing or ["object or id"])
            raise KeyProblem(f"The address of the signing key in CME_SIGNING_KEY does not say: {wanted}.")
        return cls(
            module=unquote(found["module-path"]),
            token=unquote(found["token"]),
            label=unquote(found.get("object", "")),
            number=unquote_to_bytes(found.get("id", "")),
            pin_file=_file_of(unquote(found.get("pin-source", ""))),
            pin=unquote(found.get("pin-value", "")),
        )

    def read_pin(self) -> str:
        """Raises SigningError."""
        if not self.pin_file:
            return self.pin
        try:
            return Path(self.pin_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise SigningError(f"the PIN of the signing key cannot be read: {error}") from None


class TokenKey:
    """Signs like a private key in memory. The session is opened when it is first needed, and anew after an error:
    a device may be pulled out and put back. Its random numbers are the device's, so two signatures of one text differ.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()  # a session is one conversation
        self._key: Any = None
        self._process = 0

    def sign(self, data: bytes, _algorithm: ec.EllipticCurveSignatureAlgorithm, /) -> bytes:
        """ECDSA with SHA-256, DER. Raises SigningError."""
        with self._lock:
            driver = _driver()
            try:
                key = self._opened(driver)
                value: bytes = key.sign(hashlib.sha256(data).digest(), mechanism=driver.Mechanism.ECDSA)
            except driver.exceptions.PKCS11Error as error:
                self._key = None
                raise SigningError(f"the token with the signing key does not sign: {_said(error)}") from None
            except RuntimeError as error:  # the library itself cannot be loaded
                raise SigningError(f"the token's driver cannot be loaded: {error}") from None
        half = len(value) // 2
        return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))

    def _opened(self, driver: Any) -> Any:
        if self._key is None or self._process != os.getpid():
            self._key, self._process = self._open(driver), os.getpid()
        return self._key

    def _open(self, driver: Any) -> Any:
        library = driver.lib(self._address.module)
        # A conversation does not survive a fork, and a driver finds a token that came back only when it starts anew.
        library.reinitialize()
        session = library.get_token(token_label=self._address.token).open(user_pin=self._address.read_pin() or None)
        wanted = {"label": self._address.label or None, "id": self._address.number or None}
        return session.get_key(object_class=driver.ObjectClass.PRIVATE_KEY, **wanted)


def _driver() -> Any:
    try:
        return import_module("pkcs11")
    except ImportError:
        raise KeyProblem(
            "CME_SIGNING_KEY names a key in a token, but python-pkcs11 is not installed; `sh script/server` installs "
            "it, or: pip install -r requirements-extras.lock"
        ) from None


def _pairs(text: str, between: str, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(between)):
        name, _, value = part.partition("=")
        if name not in known or name in found:
            raise KeyProblem(
                f"The address of the signing key in CME_SIGNING_KEY says “{name}”, which is not understood."
            )
        found[name] = value
    return found


def _file_of(source: str) -> str:
    return urlsplit(source).path if source.startswith("file:") else source


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
