"""Verifying while certificates are revoked: after its revocation was acknowledged, none is called valid by anybody."""

import base64
import gzip
import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from certificates import life
from tests.campaign.crowd import Report
from tests.campaign.ground import open_module
from tests.factories.certificates import make_certificate
from tests.factories.people import make_person
from tests.support.serving import Server

CHANNELS = ("page", "json", "list")
PER_ADDRESS = 20  # verification is limited by address; the machine has a whole network of its own


@dataclass(frozen=True)
class Target:
    """A certificate and the proposal that waits for its second administrator."""

    id: int
    code: str
    proposal: int


@dataclass(frozen=True)
class Seen:
    """One verification: of which certificate, when it began, what it said."""

    id: int
    channel: str
    began: float
    valid: bool


def revoking(server: Server, *, verifications: int, revocations: int) -> Report:
    """`verifications` by page, JSON and status list while `revocations` certificates fall; then once more each."""
    report = Report("verifying while certificates are revoked", server.database.dialect)
    targets, second = _issued(server, revocations)
    acknowledged: dict[int, float] = {}
    chance = random.Random(3)
    work = [(chance.choice(targets), chance.choice(CHANNELS), number) for number in range(verifications)]
    with ThreadPoolExecutor(16) as crowd:
        pending = [crowd.submit(_verify, server, *one) for one in work]
        revoker = threading.Thread(target=_revoke_all, args=(server, targets, second, acknowledged))
        revoker.start()
        seen = [one.result() for one in pending]
        revoker.join()
    report.expect("acknowledged", len(acknowledged), revocations)
    late = [one for one in seen if one.valid and one.began > acknowledged[one.id]]
    report.expect("called valid after the revocation", len(late), 0)
    overlapping = sum(one.began < max(acknowledged.values()) for one in seen)
    report.counts["verifications that began before the last revocation"] = overlapping
    report.counts["said"] = dict(Counter(f"{one.channel} {'valid' if one.valid else 'fallen'}" for one in seen))
    after = [_verify(server, one, channel, 1000 + one.id) for one in targets for channel in CHANNELS]
    report.expect("called valid at the end", sum(one.valid for one in after), 0)
    return report


def _issued(server: Server, count: int) -> tuple[list[Target], int]:
    now = server.now()
    module = open_module(server.database, now=now)
    with server.database.writing() as session:
        first, second = (make_person(session, now=now, roles=("administrator",)).id for _ in range(2))
        found = []
        for _ in range(count):
            made = make_certificate(session, make_person(session, now=now), module, now=now)
            proposal = life.propose_revocation(session, made.id, "identity", "A list says so.", by=first, now=now)
            found.append(Target(made.id, made.code, proposal.id))
    return found, second


def _revoke_all(server: Server, targets: list[Target], second: int, acknowledged: dict[int, float]) -> None:
    for target in targets:
        with server.database.writing() as session:
            life.confirm(session, target.proposal, by=second, now=server.now())
        acknowledged[target.id] = time.monotonic()
        time.sleep(0.01)


def _verify(server: Server, target: Target, channel: str, number: int) -> Seen:
    began = time.monotonic()
    path = {
        "page": f"/verify/{target.code}",
        "json": f"/api/v1/certificates/{target.code}",
        "list": "/status/1.json",
    }[channel]
    body = _get(server, path, number // PER_ADDRESS)
    if channel == "page":
        valid = b"is valid" in body
    elif channel == "json":
        valid = json.loads(body)["status"] == "valid"
    else:
        valid = not _bit(body, target.id - 1)
    return Seen(target.id, channel, began, valid)


def _get(server: Server, path: str, caller: int) -> bytes:
    """Asked again when the connection breaks, as a browser does: a worker may have been replaced."""
    for tries_left in (2, 1, 0):
        try:
            return _asked(server, path, caller)
        except ConnectionError:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _asked(server: Server, path: str, caller: int) -> bytes:
    host, port = urlsplit(server.url).hostname, server.port
    assert host is not None
    address = (f"127.0.{1 + caller // 250}.{1 + caller % 250}", 0)
    connection = http.client.HTTPConnection(host, port, timeout=60, source_address=address)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise AssertionError(f"{path}: {answer.status} {body[:200]!r}")
    return body


def _bit(body: bytes, index: int) -> int:
    token = json.loads(body)["id"].split(",", 1)[1]
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    packed = claims["credentialSubject"]["encodedList"][1:]
    bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return bits[index // 8] >> (7 - index % 8) & 1
