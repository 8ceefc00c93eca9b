"""Whom this installation trusts and signs as: the one place where credentials and checks meet the keys."""

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from certificates.checking.trust import roots_from_pem
from certificates.credential import Seal
from certificates.issuing import keys_of
from certificates.keys import FOLDER, ROOT, TRUSTED
from cme.config import Settings


def seal_of(settings: Settings, *, now: datetime) -> Seal:
    """What signs credentials: the key that also signs the documents. Raises certificates.keys.KeyProblem."""
    return keys_of(settings).signer(now=now)  # credentials take no time stamp: no service is asked here


def roots_of(settings: Settings, *, now: datetime) -> list[bytes]:
    """Every root whose signers have signed certificates here, as DER: today's first. Raises KeyProblem."""
    folder, trusted = settings.instance / FOLDER, settings.instance / TRUSTED
    found = roots_from_pem(keys_of(settings).root(now=now))
    for path in (folder / ROOT, *sorted(trusted.glob("*.pem"))):
        if path.is_file():
            found += roots_from_pem(path.read_bytes())
    return list(dict.fromkeys(found))


def anchors_of(settings: Settings, *, now: datetime) -> list[bytes]:
    """What a board trusts that asks nobody: our own roots, but of another authority's customers our signers alone.

    Whoever else that authority has given a certificate could sign papers with our name on them. Here the record
    decides; there nothing else would. Raises KeyProblem.
    """
    chains = [[one.public_bytes(Encoding.DER) for one in chain]
              for chain in keys_of(settings).under_authorities(now=now)]  # fmt: skip
    tops = {chain[-1] for chain in chains}
    found = [one for one in roots_of(settings, now=now) if one not in tops]
    return list(dict.fromkeys([*found, *(chain[0] for chain in reversed(chains))]))


def above_anchors(settings: Settings, *, now: datetime) -> list[bytes]:
    """Whose lists of withdrawn certificates count for those signers: the authorities above them. Raises KeyProblem."""
    above = [one for chain in keys_of(settings).under_authorities(now=now) for one in chain[1:]]
    return list(dict.fromkeys(one.public_bytes(Encoding.DER) for one in above))


def signers_of(settings: Settings, *, now: datetime) -> list[Certificate]:
    """Every signing certificate of this installation, the oldest first. Raises KeyProblem."""
    return [one.certificate for one in keys_of(settings).listed(now=now)]


def withdrawn_of(settings: Settings, *, now: datetime) -> bytes | None:
    """Our own root's list of withdrawn signers as DER, or None where there is none."""
    found = keys_of(settings).withdrawn(now=now)
    return None if found is None else found.public_bytes(Encoding.DER)
