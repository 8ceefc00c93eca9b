"""The issuer's keys: given by the installation, or made on first use and named as self-issued."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import root
from certificates.loading import BEGIN_CERTIFICATE, BEGIN_KEY, certificates_in, from_pem, from_token, text_of
from certificates.root import ROOT, write_new
from certificates.signing import KeyProblem, Signer
from certificates.tokens import SCHEME

FOLDER = "keys"
TRUSTED = "trusted-roots"
"""A folder beside that of the keys: roots of signers that were used here before and are configured no more."""
NEW_LIST_AFTER = timedelta(days=1)
_CONFIGURED = "The signing key is configured (CME_SIGNING_KEY); replace it there."


@dataclass(frozen=True, slots=True)
class Listed:
    """One signing certificate of this installation. `has_key`: whether it could still sign."""

    name: str
    current: bool
    certificate: x509.Certificate
    self_issued: bool
    has_key: bool = True
    withdrawn: bool = False


class Keys:
    """Where this installation's signing key comes from.

    `configured` is the setting: PEM text or the path of a PEM file, with the private key and its certificates, the
    signer's first; or the address of a key in a PKCS#11 token, and then `certificates` holds them. Without it, a root
    and a signer of our own are made in the instance's folder.
    """

    def __init__(self, instance: Path, configured: str, owner: str, certificates: str = "") -> None:
        self._folder = instance / FOLDER
        self._configured = configured
        self._certificates = certificates
        self._owner = owner

    @property
    def is_configured(self) -> bool:
        return bool(self._configured)

    def signer(self, *, now: datetime) -> Signer:
        """The key that signs today. Raises KeyProblem, SigningError (a token that is away)."""
        if self._configured.startswith(SCHEME):
            return from_token(self._configured, text_of(self._certificates, "CME_SIGNING_CERTIFICATES"))
        if self._configured:
            more = text_of(self._certificates, "CME_SIGNING_CERTIFICATES") if self._certificates else ""
            return from_pem(text_of(self._configured, "CME_SIGNING_KEY") + "\n" + more, self_issued=False)
        self.make(now=now)
        key, certificate = self._numbered(self._newest())
        try:
            text = f"{_read(key)}\n{_read(certificate)}"
            own = text.count(BEGIN_CERTIFICATE) == 1  # an imported one brings the certificates above it along
            return from_pem(f"{text}\n{_read(self._folder / ROOT)}" if own else text, self_issued=own)
        except OSError as error:
            raise KeyProblem(
                f"A signing key cannot be read: {error}. `flask certificates keys rotate` makes a new one."
            ) from None

    def root(self, *, now: datetime) -> bytes:
        """The certificate to trust, PEM: the last of the configured chain, or our own root. Raises KeyProblem."""
        return self.signer(now=now).certificates[-1].public_bytes(Encoding.PEM)

    def listed(self, *, now: datetime) -> list[Listed]:
        """Every signing certificate, the oldest first: old ones stay, because they signed what people hold."""
        found = self._kept() if self._has(ROOT) or not self._configured else []
        if self._configured:
            return [*found, Listed("configured", True, self.signer(now=now).certificate, False)]
        if not found:
            self.make(now=now)
            found = self._kept()
        return found

    def under_authorities(self, *, now: datetime) -> list[tuple[x509.Certificate, ...]]:
        """The chains of all signers that somebody else's authority vouches for, the signer's own certificate first.

        Raises KeyProblem.
        """
        kept = range(1, self._newest() + 1) if self._numbered(1)[1].exists() else range(0)
        chains = [tuple(x509.load_pem_x509_certificates(self._numbered(one)[1].read_bytes())) for one in kept]
        if self._configured:
            chains.append(self.signer(now=now).certificates)
        return [chain for chain in chains if len(chain) > 1 and not self._is_own(chain[-1])]

    def _is_own(self, top: x509.Certificate) -> bool:
        return self._has(ROOT) and x509.load_pem_x509_certificate((self._folder / ROOT).read_bytes()) == top

    def make(self, *, now: datetime) -> bool:
        """Make root and first signer unless they are there; two processes at once agree on one. Gives whether made."""
        if self._has(ROOT):
            return False
        self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Path(tempfile.mkdtemp(dir=self._folder.parent, prefix=".keys-"))
        try:
            root.make_root(fresh, self._owner, now)
            try:
                fresh.rename(self._folder)  # whole or not at all; an existing folder with files in it stays
            except OSError:
                if not self._has(ROOT):
                    raise
                return False
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return True

    def rotate(self, *, now: datetime) -> str:
        """A new signer under the same root; what was signed before stays valid.

        Refuses a configured key (KeyProblem).
        """
        if self._configured:
            raise KeyProblem(_CONFIGURED)
        self.make(now=now)
        number = self._newest() + 1
        try:
            root.make_signer(self._folder, number, self._owner, now)
        except FileNotFoundError:
            raise KeyProblem(
                "The root key (keys/root-key.pem) is not here, so no signer can be made under it. Put it back for the "
                "moment that this takes."
            ) from None
        return f"signer-{number}"

    def retire(self, name: str, *, compromised: bool, now: datetime) -> None:
        """Destroy a former signer's private key; its certificate stays. `compromised` withdraws the certificate too.

        Refuses (KeyProblem) the current one and unknown ones.
        """
        kept = {one.name: one for one in self._kept()}
        one = kept.get(name)
        if one is None:
            raise KeyProblem(f"There is no signer “{name}” here; `flask certificates keys list` names them.")
        if one.current and not self._configured:
            raise KeyProblem(f"{name} signs today. Rotate first (`flask certificates keys rotate`), then retire it.")
        if compromised and not one.self_issued:
            raise KeyProblem(f"{name} was issued by another authority: only that one can withdraw its certificate.")
        if compromised:
            root.make_list(self._folder, [one.certificate], now)
        (self._folder / f"{name}-key.pem").unlink(missing_ok=True)

    def take(self, text: str, *, now: datetime) -> str:
        """Take a key with its certificates as the next signer, or root certificates alone as trusted from now on.

        Gives what it is called here. Raises KeyProblem.
        """
        if BEGIN_KEY not in text:
            return self._trust(certificates_in(text))
        if self._configured:
            raise KeyProblem(_CONFIGURED)
        signer = from_pem(text, self_issued=False)
        if len(signer.certificates) == 1:
            raise KeyProblem("Beside the key there must be its certificate and those above it, up to the root.")
        self.make(now=now)
        number = self._newest() + 1
        key, certificate = self._numbered(number)
        pem = text.encode("ascii")
        self._trust([signer.certificates[-1]])
        write_new(key, pem[pem.index(b"-----BEGIN ") : pem.index(b"-----END ")] + _end_of(pem))
        write_new(certificate, b"".join(one.public_bytes(Encoding.PEM) for one in signer.certificates))
        return f"signer-{number}"

    def withdrawn(self, *, now: datetime) -> x509.CertificateRevocationList | None:
        """Our root's list of withdrawn signers, made anew when it is older than a day and the root's key is here."""
        if not self._configured:
            self.make(now=now)
        found = root.withdrawn(self._folder)
        if found is not None and now - found.last_update_utc < NEW_LIST_AFTER:
            return found
        if not self._has(root.ROOT_KEY):
            return found
        return root.make_list(self._folder, (), now)

    def _trust(self, roots: list[x509.Certificate]) -> str:
        folder = self._folder.with_name(TRUSTED)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names: list[str] = []
        for one in roots:
            name = f"{one.fingerprint(SHA256()).hex()[:16]}.pem"
            names.append(f"{TRUSTED}/{name}")
            if not (folder / name).exists():
                write_new(folder / name, one.public_bytes(Encoding.PEM))
        return ", ".join(names)

    def _kept(self) -> list[Listed]:
        if not self._numbered(1)[1].exists():
            return []
        gone = {one.serial_number for one in root.withdrawn(self._folder) or ()}
        newest = self._newest()
        return [
            self._listed(number, number == newest and not self._configured, gone) for number in range(1, newest + 1)
        ]

    def _listed(self, number: int, current: bool, gone: set[int]) -> Listed:
        key, path = self._numbered(number)
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
        own = len(certificates) == 1
        withdrawn = own and certificates[0].serial_number in gone
        return Listed(f"signer-{number}", current, certificates[0], own, key.exists(), withdrawn)

    def _newest(self) -> int:
        """A signer counts when both its files are there; the certificate is written last."""
        number = 1
        while self._numbered(number + 1)[1].exists():
            number += 1
        return number

    def _numbered(self, number: int) -> tuple[Path, Path]:
        return self._folder / f"signer-{number}-key.pem", self._folder / f"signer-{number}.pem"

    def _has(self, name: str) -> bool:
        return (self._folder / name).exists()


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii")


def _end_of(pem: bytes) -> bytes:
    """The last line of the first block."""
    start = pem.index(b"-----END ")
    return pem[start : pem.index(b"-----", start + 9) + 5] + b"\n"
