"""Papers for the checkers that need no server, each with the roots and lists it is judged by and what must be said."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.credential import credential_json
from certificates.finishing import Attachment
from certificates.keys import Keys
from certificates.rendering import render
from certificates.rules import sheets
from certificates.rules.looks import Paper
from certificates.rules.sheets import Line
from certificates.sheets import print_sheet
from certificates.signing import Signer
from cme.kernel.days import day_phrase
from tests.conftest import NOW
from tests.factories.certificates import make_snapshot
from tests.support.papers import PUBLIC_URL, Issuer
from tests.support.printing import shelf

GOOD, BAD, UNPROVEN, UNKNOWN = "As it was issued", "Not as it was issued", "Not proven", "Could not be checked"
OTHER = "As it was signed, but no certificate"
"""The headings of the page; the program says the same in its words (`SAID`)."""
SAID = {
    GOOD: (0, "as it was issued"),
    BAD: (1, "NOT as it was issued"),
    OTHER: (1, "NO CERTIFICATE"),
    UNPROVEN: (1, "NOT proven"),
    UNKNOWN: (2, "could not be checked"),
}
LATER = NOW + timedelta(days=30)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Case:
    """One paper and what both checkers must say about it."""

    said: str
    body: bytes
    root: x509.Certificate
    lists: tuple[bytes, ...] = ()
    words: str = ""
    status_by: Signer | None = field(default=None, compare=False)
    above: tuple[x509.Certificate, ...] = ()
    """Authorities above the root, which is then a signer that is known itself."""


def paper(signer: Signer, sealed_by: Signer | None = None) -> bytes:
    """A certificate of our own pipeline; its credential by another key if one is given."""
    snapshot = make_snapshot()
    body = credential_json(snapshot, 1, PUBLIC_URL, sealed_by or signer)
    url = f"{PUBLIC_URL}/verify/{snapshot['code']}"
    return render(snapshot, url, shelf=shelf(), signer=signer, attachment=Attachment(body)).body


def transcript(signer: Signer) -> bytes:
    """What we sign beside certificates."""
    lines = [Line(make_snapshot(), "valid", make_snapshot()["code"])]
    sheet = sheets.transcript(lines, name="Jane Doe", credentials="MD", country="US", site="Open CME",
                              verify_base=f"{PUBLIC_URL}/verify", on=NOW.date())  # fmt: skip
    return print_sheet(sheet, Paper.A4, signer=signer, at=NOW)


def cases(folder: Path, stamp: Callable[[bytes], bytes], long_term: Callable[[Signer], Signer]) -> dict[str, Case]:
    """By name. `stamp` is a time-stamping service; `long_term` gathers what a signer needs for B-LT."""
    keys = Keys(folder / "office", "", "Office")
    first = keys.signer(now=NOW)
    before = _der(keys.withdrawn(now=NOW))
    keys.rotate(now=NOW)
    second = keys.signer(now=NOW)
    keys.retire("signer-1", compromised=False, now=LATER)
    retired = _der(keys.withdrawn(now=LATER))
    keys.retire("signer-1", compromised=True, now=LATER)
    after = _der(keys.withdrawn(now=LATER))
    root = first.certificates[-1]
    old, new = paper(first), paper(second)
    stamped = paper(replace(first, time_stamper=stamp))
    day = day_phrase(LATER.date())
    forged = _list(ec.generate_private_key(ec.SECP256R1()), root, first.certificate)
    return {
        "an empty list": Case(GOOD, old, root, (before,)),
        "no list": Case(GOOD, old, root, (), "not known"),
        "a key that was merely retired": Case(GOOD, old, root, (retired,)),
        "a key that was withdrawn": Case(UNPROVEN, old, root, (after,), day),
        "the list as PEM": Case(UNPROVEN, old, root, (_pem(after),), day),
        "withdrawn by a newer list": Case(UNPROVEN, old, root, (before, after), day),
        "nobody leaves the list by an older one": Case(UNPROVEN, old, root, (after, before), day),
        "withdrawn, with a time stamp": Case(UNPROVEN, stamped, root, (after,), day),
        "withdrawn and altered": Case(BAD, _flipped(old), root, (after,)),
        "the key that came after it": Case(GOOD, new, root, (after,)),
        "only the credential by a withdrawn key": Case(UNPROVEN, paper(second, first), root, (after,), day),
        "only the page by a withdrawn key": Case(UNPROVEN, paper(first, second), root, (after,), day),
        "a status list by a withdrawn key": Case(UNKNOWN, new, root, (after,), day, first),
        "a list that is forged": Case(UNKNOWN, old, root, (forged,), "list of withdrawn keys"),
        "a list of another root": Case(UNKNOWN, old, root, (_der(_other(folder)),), "list of withdrawn keys"),
        "a list with a changed byte": Case(UNKNOWN, old, root, (_flipped(after, -1),), "list of withdrawn keys"),
        "no list at all in it": Case(UNKNOWN, old, root, (b"nothing",), "list of withdrawn keys"),
        "a transcript": Case(OTHER, transcript(second), root, (after,)),
        "a transcript by a withdrawn key": Case(UNPROVEN, transcript(first), root, (after,), day),
        "a transcript that was altered": Case(BAD, _flipped(transcript(second)), root, (after,)),
        "a transcript of somebody else": Case(BAD, transcript(chain(ec.generate_private_key(ec.SECP256R1()))), root),
        "B-T": Case(GOOD, paper(replace(second, time_stamper=stamp)), root, (after,)),
        "B-LT": Case(GOOD, paper(long_term(second)), root, (after,)),
        **_other_authorities(),
    }


def _other_authorities() -> dict[str, Case]:
    """Signers under an authority that is not ours, with one between it and them."""
    found: dict[str, Case] = {}
    for name, key in {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }.items():
        signer = chain(key)
        leaf, between, root = signer.certificates
        body = paper(signer)
        found[f"under an authority with {name}"] = Case(GOOD, body, root, (), "not known")
        found[f"the one between withdrawn, {name}"] = Case(UNPROVEN, body, root, (_list(key, root, between),))
        # A list of the root speaks of what the root has issued: another's certificate of that number is not meant.
        found[f"a number of another's, {name}"] = Case(GOOD, body, root, (_list(key, root, leaf),))
    broken = replace(signer, certificates=(leaf, chain(key).certificates[1], root))
    found["a chain that does not hold"] = Case(BAD, paper(broken), root)
    return found


def customers_of_one_authority() -> dict[str, Case]:
    """Two customers of a public authority, and only one of them is the issuer."""
    root_key, between_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ours = chain(root_key, between_key)
    leaf, *above = ours.certificates
    key = ec.generate_private_key(ec.SECP256R1())
    theirs = Signer(key, (_certificate("Signer", key, "Between", between_key, ca=False), *above))
    known = {"root": leaf, "above": tuple(above)}
    body = paper(ours)
    fallen, another = (_list(between_key, above[0], one) for one in (leaf, theirs.certificate))
    return {
        "the issuer among the customers": Case(GOOD, body, words="not known", **known),
        "with the authority's list": Case(GOOD, body, lists=(another,), **known),
        "withdrawn by the authority": Case(UNPROVEN, body, lists=(fallen,), words=day_phrase(LATER.date()), **known),
        "another customer": Case(BAD, paper(theirs), words="signed by somebody else", **known),
        "another customer's page": Case(BAD, paper(theirs, ours), words="signed by somebody else", **known),
        "another customer's credential": Case(BAD, paper(ours, theirs), words="not signed by the issuer", **known),
        "a list that is forged": Case(UNKNOWN, body, lists=(_list(key, above[0], leaf),), **known),
        "whoever trusts the authority itself": Case(GOOD, paper(theirs), above[-1]),
    }


def chain(root_key: Private, between_key: ec.EllipticCurvePrivateKey | None = None) -> Signer:
    """A signer, the authority above it, and the root with the given key."""
    between_key = between_key or ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Root", root_key, "Root", root_key, ca=True)
    between = _certificate("Between", between_key, "Root", root_key, ca=True)
    return Signer(key, (_certificate("Signer", key, "Between", between_key, ca=False), between, root))


def _certificate(name: str, key: Private, by: str, by_key: Private, *, ca: bool) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(BEGAN + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(by_key, _hash(by_key))
    )


def in_a_token(body: bytes, issuer: Issuer) -> dict[str, Case]:
    """The same of a paper whose key never left its device."""
    another, fallen = (
        _list(issuer.root_key, issuer.root, one) for one in (chain(issuer.root_key).certificate, issuer.leaf)
    )
    return {
        "a key in a token": Case(GOOD, body, issuer.root, (another,)),
        "a key in a token, no list": Case(GOOD, body, issuer.root, (), "not known"),
        "a key in a token, withdrawn": Case(UNPROVEN, body, issuer.root, (fallen,), day_phrase(LATER.date())),
        "a key in a token, another root": Case(BAD, body, chain(issuer.root_key).certificates[-1]),
        "a key in a token, altered": Case(BAD, _flipped(body), issuer.root),
    }


def _list(key: Private, root: x509.Certificate, fallen: x509.Certificate) -> bytes:
    entry = x509.RevokedCertificateBuilder().serial_number(fallen.serial_number).revocation_date(LATER).build()
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(LATER)
        .next_update(LATER + timedelta(days=30))
        .add_revoked_certificate(entry)
        .sign(key, _hash(key))
    )
    return made.public_bytes(Encoding.DER)


def _hash(key: Private) -> SHA256 | SHA384:
    return SHA384() if key.key_size == 384 else SHA256()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _other(folder: Path) -> Any:
    return Keys(folder / "other", "", "Office").withdrawn(now=NOW)


def _der(found: x509.CertificateRevocationList | None) -> bytes:
    assert found is not None
    return found.public_bytes(Encoding.DER)


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


def _flipped(body: bytes, place: int = 900) -> bytes:
    changed = bytearray(body)
    changed[place] ^= 1
    return bytes(changed)
