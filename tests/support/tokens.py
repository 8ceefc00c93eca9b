"""A token in software (SoftHSM2) with a key on P-256 and its certificate chain, made for one test run."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.papers import Issuer
from tests.support.serving import PROJECT

PIN, TOKEN, LABEL = "2468", "cme office", "signer"


@dataclass(frozen=True)
class Token:
    """Where the driver and the token are. SOFTHSM2_CONF must be set before the driver is loaded."""

    module: str
    configuration: Path
    folder: Path

    def address(self, pin: str = f"pin-value={PIN}", **changes: str) -> str:
        parts = {"token": TOKEN.replace(" ", "%20"), "object": LABEL, "module-path": self.module, **changes}
        return f"pkcs11:token={parts['token']};object={parts['object']}?module-path={parts['module-path']}&{pin}"


def driver() -> str | None:
    """The driver's library, where Debian's package puts it."""
    places = [*Path("/usr/lib").glob("*/softhsm/libsofthsm2.so"), Path("/usr/lib/softhsm/libsofthsm2.so")]
    found = next((place for place in places if place.is_file()), None)
    return str(found) if found and shutil.which("softhsm2-util") else None


def make_token(folder: Path, issuer: Issuer) -> Token:
    """A fresh token that holds the issuer's private key."""
    module = driver()
    assert module is not None
    configuration = folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    key = folder / "key.pem"
    key.write_bytes(issuer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
    pins = ["--so-pin", "135790", "--pin", PIN]
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, *pins],
        check=True,
        capture_output=True,
        env=environment,
    )
    said = ["softhsm2-util", "--import", str(key), "--token", TOKEN, "--label", LABEL, "--id", "01", "--pin", PIN]
    subprocess.run(said, check=True, capture_output=True, env=environment)
    key.unlink()
    return Token(module, configuration, folder)


def paper_of(token: Token, issuer: Issuer) -> bytes:
    """A certificate signed by the token, as a server makes it: in a process of its own, where the driver is loaded for
    this token and no other.
    """
    code = (
        "import sys; from pathlib import Path; from certificates.keys import Keys; from tests.conftest import NOW\n"
        "from tests.support.checking import paper\n"
        "signer = Keys(Path(sys.argv[1]), sys.argv[2], 'Office', sys.stdin.read()).signer(now=NOW)\n"
        "assert type(signer.key).__name__ == 'TokenKey'\n"
        "sys.stdout.buffer.write(paper(signer))\n"
    )
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (issuer.leaf, issuer.root))
    done = subprocess.run(
        [sys.executable, "-c", code, str(token.folder / "instance"), token.address()],
        input=chain,
        check=True,
        capture_output=True,
        cwd=PROJECT,
        env={**os.environ, "SOFTHSM2_CONF": str(token.configuration)},
    )
    return done.stdout
