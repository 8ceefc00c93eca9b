"""The checker by itself: papers signed by pyHanko and by our own pipeline; every alteration is found and named."""

import hashlib
import io
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from certificates import check, status
from certificates.checking import child, cms, jose, sandbox, statuses
from certificates.checking.facts import facts_of
from certificates.checking.judging import Record, Verdict, judge
from certificates.checking.trust import vouched
from certificates.checking.withdrawing import NotTrusted, withdrawn_by
from certificates.credential import credential, credential_json
from certificates.finishing import Attachment
from certificates.rendering import render
from tests.factories.certificates import make_snapshot
from tests.support import printing
from tests.support.papers import PUBLIC_URL, Issuer, make_issuer, make_page, make_paper, signed, updated

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
MUTATIONS = 400


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return make_issuer()


@pytest.fixture(scope="module")
def paper(issuer: Issuer) -> bytes:
    return make_paper(make_snapshot(), issuer)


@pytest.fixture(scope="module")
def ours() -> tuple[bytes, list[bytes]]:
    """A certificate of our own pipeline, and its root."""
    snapshot, signer = make_snapshot(), printing.signer()
    body = credential_json(snapshot, 1, PUBLIC_URL, signer)
    url = f"{PUBLIC_URL}/verify/{snapshot['code']}"
    return printing.printed(snapshot, url=url, attachment=Attachment(body)), [signer.chain[-1]]


def judged(body: bytes, roots: list[bytes], record: Record | None = None, original: bytes = b"") -> Verdict:
    return judge(body, child.look_into_pdf(body, original), roots, record)


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def record_of(body: bytes, snapshot: dict[str, Any], issuer: Issuer) -> Record:
    kept = credential_json(snapshot, 1, PUBLIC_URL, issuer)
    return Record(judged(body, issuer.roots).sha256, kept, facts_of(credential(snapshot, 1, PUBLIC_URL)))


def test_an_untouched_paper_passes_whoever_has_signed_it(paper: bytes, issuer: Issuer, ours: tuple[bytes, list[bytes]]):
    for body, roots in ((paper, issuer.roots), ours):
        verdict = judged(body, roots)
        assert verdict.findings == []
        assert verdict.facts["name"] == "Jane Doe"
        assert verdict.facts["amount"] == "0.75"
        assert verdict.facts["completed"] == "22 November 2026"


def mutate(body: bytes, chance: random.Random) -> bytes:
    """One small accident or forgery."""
    changed = bytearray(body)
    place = chance.randrange(len(changed))
    hole = body.index(b"/Contents")
    match chance.randrange(8):
        case 0:
            changed[place] ^= 1 << chance.randrange(8)
        case 1:
            changed[place] = chance.randrange(256)
        case 2:
            del changed[place : place + chance.randrange(1, 40)]
        case 3:
            changed[place:place] = chance.randbytes(chance.randrange(1, 20))
        case 4:
            other = chance.randrange(len(changed))
            changed[place], changed[other] = changed[other], changed[place]
        case 5 | 6:  # where only the signature itself stands guard
            changed[hole + 10 + chance.randrange(3000)] = ord(chance.choice("0123456789abcdefABCDEF<> "))
        case _:
            changed += chance.randbytes(chance.randrange(1, 60))
    return bytes(changed)


@pytest.mark.parametrize("whose", ["pyhanko", "pipeline"])
def test_no_random_mutation_is_accepted(paper: bytes, issuer: Issuer, ours: tuple[bytes, list[bytes]], whose: str):
    body, roots = (paper, issuer.roots) if whose == "pyhanko" else ours
    chance, tried = random.Random(4), 0
    while tried < MUTATIONS:
        changed = mutate(body, chance)
        if changed == body:
            continue
        tried += 1
        verdict = judged(changed, roots)
        assert verdict.findings, f"mutation {tried} was accepted"
        assert verdict.findings[0].sentence


def test_every_byte_of_the_signature_counts(ours: tuple[bytes, list[bytes]]):
    """The hole is what the digest leaves out: each of its bytes changed in three ways."""
    body, roots = ours
    (one,) = child.look_into_pdf(body, b"")["signatures"]
    start, after = one["range"][1], one["range"][2]
    hole = bytes.fromhex(body[start + 1 : after - 1].decode())
    digest = hashlib.sha256(body[:start] + body[after:]).digest()
    assert vouched(cms.judge(hole, digest).leaf, cms.judge(hole, digest).others, roots, None)
    for place, value in enumerate(hole):
        for other in {value ^ 1, value ^ 0x80, value ^ 0x20}:
            changed = hole[:place] + bytes([other]) + hole[place + 1 :]
            try:
                signed = cms.judge(changed, digest)
            except cms.Broken:
                continue
            assert not vouched(signed.leaf, signed.others, roots, signed.signed_at), place


@pytest.mark.parametrize("right", [True, False])
def test_a_time_stamp_must_be_of_this_signature(right: bool):
    """A stand-in for a service: what the checker looks at is whose signature the stamp is about."""

    def stamp(value: bytes) -> bytes:
        digest = hashlib.sha256(value if right else b"another").digest()
        return bytes([0x30, 34, 0x04, 32]) + digest

    signer = replace(printing.signer(), time_stamper=stamp)
    snapshot = make_snapshot()
    attachment = Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer))
    url = f"{PUBLIC_URL}/verify/{snapshot['code']}"
    body = render(snapshot, url, shelf=printing.shelf(), signer=signer, attachment=attachment).body
    expected = set() if right else {"signature_malformed"}
    assert codes(judged(body, [signer.chain[-1]])) == expected


def strip_signature(body: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        del pdf.Root.AcroForm
        if "/Perms" in pdf.Root:
            del pdf.Root.Perms
        page = pdf.pages[0]
        page.Annots = pikepdf.Array([one for one in page.Annots if one.Subtype != pikepdf.Name.Widget])
        return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def swap_attachment(body: bytes, other: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pdf.attachments["credential.json"] = pikepdf.AttachedFileSpec(pdf, other, mime_type="application/json")
        return saved(pdf)


def drop_attachment(body: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        del pdf.attachments["credential.json"]
        return saved(pdf)


ALTERATIONS: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "a bit flipped": (lambda body: body[:900] + bytes([body[900] ^ 1]) + body[901:], {"content_changed"}),
    "an update appended": (updated, {"update_appended"}),
    "bytes appended": (lambda body: body + b"\n", {"update_appended"}),
    "cut short": (lambda body: body[:-1], {"content_changed"}),
    "signature stripped": (strip_signature, {"signature_missing"}),
    "attachment dropped": (drop_attachment, {"credential_missing"}),
    "attachment swapped": (lambda body: swap_attachment(body, b'{"name": "Jane Roe"}'), {"credential_forged"}),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_each_alteration_is_named(ours: tuple[bytes, list[bytes]], name: str):
    body, roots = ours
    alter, expected = ALTERATIONS[name]
    assert expected <= codes(judged(alter(body), roots))


def test_a_swapped_signer_is_not_the_issuer(issuer: Issuer):
    forger, snapshot = make_issuer("Forger"), make_snapshot()
    assert {"signer_swapped", "credential_forged"} <= codes(judged(make_paper(snapshot, forger), issuer.roots))
    genuine = credential_json(snapshot, 1, PUBLIC_URL, issuer)
    taken_over = signed(make_page(snapshot, genuine), forger)
    assert codes(judged(taken_over, issuer.roots)) == {"signer_swapped"}


def test_a_root_that_came_along_is_not_trusted(issuer: Issuer):
    assert judged(make_paper(make_snapshot(), issuer), make_issuer("Other").roots).findings


def test_an_approval_signature_that_allows_changes_is_not_enough(issuer: Issuer):
    snapshot = make_snapshot()
    body = signed(make_page(snapshot, credential_json(snapshot, 1, PUBLIC_URL, issuer)), issuer, certify=False)
    assert codes(judged(body, issuer.roots)) == {"permission"}


def test_a_credential_of_somebody_else_is_found_by_the_visible_text(issuer: Issuer):
    """Both signatures hold: the page and its credential tell of different people."""
    other = credential_json(make_snapshot(name="Jane Roe"), 1, PUBLIC_URL, issuer)
    verdict = judged(signed(make_page(make_snapshot(), other), issuer), issuer.roots)
    assert [(finding.code, finding.field) for finding in verdict.findings] == [("field", "name")]


SHOWN = {
    "name": ({"name": "Jane Roe, MD"}, "Jane Roe"),
    "title": ({"title": "Sleep-related leg campaigns"}, "campaigns"),
    "amount": ({"Credit claimed": "1.00"}, "1.00"),
    "maximum": ({"Maximum": "2.00"}, "2.00"),
    "completed": ({"Date completed": "23 November 2026"}, "23 November 2026"),
    "number": ({"number": "CME-2026-000043"}, "CME-2026-000043"),
    "code": ({"code": "0Q2M-8XKD-94PZ-T3NB-V6WR-0HJA-C5EG"}, "0Q2M"),
}


@pytest.mark.parametrize("field", SHOWN)
def test_against_the_record_the_field_that_differs_is_named(issuer: Issuer, paper: bytes, field: str):
    """Somebody rebuilt the page with one field changed and kept the genuine credential."""
    snapshot = make_snapshot()
    shown, words = SHOWN[field]
    record = record_of(paper, snapshot, issuer)
    forged = make_page(snapshot, record.credential, **shown)
    verdict = judged(forged, issuer.roots, record, paper)
    told = [finding for finding in verdict.findings if finding.field]
    assert [finding.field for finding in told] == [field]
    assert words in told[0].sentence
    assert {"signature_missing", "bytes"} <= codes(verdict)


def test_an_amount_as_large_as_the_maximum_is_told_apart(issuer: Issuer):
    snapshot = make_snapshot(amount=4)
    paper = make_paper(snapshot, issuer)
    record = record_of(paper, snapshot, issuer)
    verdict = judged(make_page(snapshot, record.credential, Maximum="9.00"), issuer.roots, record, paper)
    assert [finding.field for finding in verdict.findings if finding.field] == ["maximum"]


@pytest.mark.parametrize("name", ["محمد عبد الله", "अमित शर्मा", "יוסף כהן", "สมชาย ใจดี"])
def test_scripts_that_extraction_garbles_raise_no_false_alarm(issuer: Issuer, name: str):
    snapshot = make_snapshot(name=name)
    paper = make_paper(snapshot, issuer)
    assert judged(paper, issuer.roots).findings == []
    record = record_of(paper, snapshot, issuer)
    forged = make_page(snapshot, record.credential, name="Jane Roe, MD")
    assert "name" in {finding.field for finding in judged(forged, issuer.roots, record, paper).findings}


HYPHENS = {
    "title": "Leg cramps of nnnnnnnnnnnnnnnnnnnn in patient-centred, community-based, multidisciplinary, evidence-based "
    "long-term care",
    "name": "Konstantinopolitanska-Brandenburgerin-Hohenzollern",
}


@pytest.mark.parametrize("field", HYPHENS)
def test_a_line_that_ends_with_a_hyphen_raises_no_false_alarm(field: str):
    """A genuine certificate whose title or name is broken there: its own text holds it."""
    snapshot, signer = make_snapshot(**{field: HYPHENS[field]}), printing.signer()
    body = printing.printed(
        snapshot,
        url=f"{PUBLIC_URL}/verify/{snapshot['code']}",
        attachment=Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer)),
    )
    assert "\ufffe" in pypdfium2.PdfDocument(body)[0].get_textpage().get_text_range()
    verdict = judged(body, [signer.chain[-1]])
    assert verdict.findings == []
    assert verdict.facts[field] == HYPHENS[field]


@pytest.mark.parametrize("title", ["News of AMA PRA Category 1 Credit", "AMA PRA Category 1 Credits (TM) for you"])
def test_a_protected_name_that_got_its_mark_on_paper_raises_no_false_alarm(title: str):
    snapshot, signer = make_snapshot(title=title), printing.signer()
    attachment = Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer))
    body = printing.printed(snapshot, url=f"{PUBLIC_URL}/verify/{snapshot['code']}", attachment=attachment)
    assert "™" in child.look_into_pdf(body, b"")["text"][0]
    assert judged(body, [signer.chain[-1]]).findings == []


def test_a_word_that_only_moved_is_not_another_word(issuer: Issuer, paper: bytes):
    """A page laid out in another order with another name: only the name is called different."""
    snapshot = make_snapshot()
    record = record_of(paper, snapshot, issuer)
    seen = child.look_into_pdf(make_page(snapshot, record.credential, name="Jane Roe, MD"), paper)
    first, *rest = seen["text"][0].splitlines()
    seen["text"] = ["\r\n".join([*rest, first])]
    told = judge(b"%PDF-other", seen, issuer.roots, record).findings
    assert [finding.field for finding in told if finding.field] == ["name"]
    assert told[0].field == "name"


def test_the_very_bytes_are_never_in_doubt(issuer: Issuer, paper: bytes):
    assert judged(paper, issuer.roots, record_of(paper, make_snapshot(), issuer), paper).findings == []


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7\n", b"%PDF-1.7\nnot really\n%%EOF", b"\0" * 5000, b"GIF89a"])
def test_what_is_no_pdf_is_called_so(issuer: Issuer, body: bytes):
    assert codes(judge(body, sandbox.look(body), issuer.roots)) == {"unreadable"}


@pytest.mark.parametrize(
    "trouble", ["while True: pass", "x = bytearray(4 * 1024 ** 3)", "import os; os.kill(os.getpid(), 11)"]
)
def test_a_file_that_takes_the_reader_down_takes_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str
):
    source = (ROOT / "certificates/checking/child.py").read_text()
    broken = tmp_path / "child.py"
    broken.write_text(
        source.replace("CPU_SECONDS, MEMORY = 8,", "CPU_SECONDS, MEMORY = 1,").replace(
            "    limit()\n    head", f"    limit()\n    {trouble}\n    head"
        )
    )
    monkeypatch.setattr(sandbox, "CHILD", broken)
    with pytest.raises(sandbox.CannotLook):
        sandbox.look(b"%PDF-1.7")


def test_the_reader_writes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    source = (ROOT / "certificates/checking/child.py").read_text()
    broken, target = tmp_path / "child.py", tmp_path / "written"
    broken.write_text(source.replace("    head = json", f"    open({str(target)!r}, 'w').write('x')\n    head = json"))
    monkeypatch.setattr(sandbox, "CHILD", broken)
    sandbox.look(b"%PDF-1.7")
    assert target.read_bytes() == b""


def test_a_file_that_unfolds_without_end_is_cut_off():
    """220 KB that become eight million lines to draw; a picture that becomes 900 million pixels."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(612, 792))
        stream = pikepdf.Stream(pdf, b"")
        stream.write(zlib.compress(b"0 0 m 1 1 l S\n" * 8_000_000, 9), filter=pikepdf.Name.FlateDecode)
        page.Contents = pdf.make_indirect(stream)
        body = saved(pdf)
    assert len(body) < 400_000
    with pytest.raises(sandbox.CannotLook):
        sandbox.look(body)
    drawn = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(drawn, "PNG")
    assert sandbox.look(drawn.getvalue(), kind="picture") == {"readable": False}


def run(*arguments: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "certificates.check", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_command_needs_no_server_and_no_database(tmp_path: Path, issuer: Issuer, paper: bytes):
    file, root = tmp_path / "paper.pdf", tmp_path / "root.pem"
    file.write_bytes(paper)
    root.write_bytes(issuer.root_pem)
    code, said = run(file, "--root", root)
    assert (code, "as it was issued. Whether it was revoked" in said, "name: Jane Doe" in said) == (0, True, True), said
    for name, fallen, expected in (("stands", [], 0), ("fell", [1], 1)):
        listed = tmp_path / f"{name}.jwt"
        listed.write_text(status.status_list(1, fallen, PUBLIC_URL, issuer, now=NOW))
        code, said = run(file, "--root", root, "--status", listed)
        assert code == expected, said
    assert "REVOKED or REPLACED since, by the list of 23 November 2026, 15:00 UTC" in said
    both = ("--status", tmp_path / "fell.jwt", "--status", tmp_path / "stands.jwt")
    assert run(file, "--root", root, *both)[0] == run(file, "--root", root, *both[2:], *both[:2])[0] == 1
    old = tmp_path / "old.jwt"
    old.write_text(status.status_list(1, [], PUBLIC_URL, issuer, now=NOW - timedelta(days=9)))
    code, said = run(file, "--root", root, "--status", old)
    assert (code, "the status list is older than it" in said, "stood" in said) == (0, True, False), said
    file.write_bytes(paper[:-1] + b"x")
    code, said = run(file, "--root", root)
    assert (code, "changed after it was signed" in said, "NOT as it was issued" in said) == (1, True, True), said
    code, said = run(tmp_path / "missing.pdf", "--root", root)
    assert (code, "could not be checked" in said) == (2, True)


def test_what_the_amount_counts_and_that_it_is_a_demonstration_is_told(tmp_path: Path, issuer: Issuer):
    """A number alone would pass for accredited credit."""
    file, root = tmp_path / "paper.pdf", tmp_path / "root.pem"
    root.write_bytes(issuer.root_pem)
    for changes, words in (
        ({}, "Demonstration – no accredited credit. 0.75 claimed of at most 1.00 demonstration credit"),
        (
            {"kind": "participation", "mode": "accredited"},
            "designated for 1.00 AMA PRA Category 1 Credit™. No credit was awarded.",
        ),
    ):
        snapshot = make_snapshot(**changes)
        file.write_bytes(make_paper(snapshot, issuer))
        code, said = run(file, "--root", root)
        assert (code, words in said) == (0, True), said
        assert f"its own page has the last word: {PUBLIC_URL}/verify/{snapshot['code']}" in said


def test_what_is_missing_is_said_in_words(tmp_path: Path, issuer: Issuer, paper: bytes):
    file, root = tmp_path / "paper.pdf", tmp_path / "root.pem"
    file.write_bytes(paper)
    code, said = run(file, "--root", root)
    assert (code, "the issuer's certificates are needed, and there is no file" in said) == (2, True), said
    root.write_bytes(issuer.root_pem)
    for arguments, words in (
        ((file, "--root", file), "does not hold the issuer's certificates"),
        ((tmp_path, "--root", root), f"there is no file {tmp_path}."),
        ((tmp_path / "none.pdf", "--root", root), "there is no file"),
        ((file, "--root", root, "--status", tmp_path / "none"), "none cannot be read (No such file or directory)."),
    ):
        code, said = run(*arguments)
        assert (code, words in said, "Errno" in said) == (2, True, False), said


def test_a_console_that_cannot_write_a_name_does_not_end_the_check(tmp_path: Path):
    file, root = tmp_path / "paper.pdf", tmp_path / "root.pem"
    snapshot, signer = make_snapshot(name="Nguyễn Thị Minh Khai"), printing.signer()
    attachment = Attachment(credential_json(snapshot, 1, PUBLIC_URL, signer))
    file.write_bytes(printing.printed(snapshot, url=f"{PUBLIC_URL}/verify/{snapshot['code']}", attachment=attachment))
    root.write_bytes(signer.certificates[-1].public_bytes(Encoding.PEM))
    done = subprocess.run(
        [sys.executable, "-m", "certificates.check", str(file), "--root", str(root)],
        cwd=ROOT, capture_output=True, check=False, env={"PYTHONIOENCODING": "cp1252"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b""), done.stdout
    assert b"Khai" in done.stdout


WITHDRAWN_ON = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)


def listed(issuer: Issuer, *fallen: x509.Certificate, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """A list of withdrawn keys, by the issuer's root unless another key is given."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.root.subject)
        .last_update(WITHDRAWN_ON)
        .next_update(WITHDRAWN_ON + timedelta(days=400))
    )
    for one in fallen:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(WITHDRAWN_ON)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key or issuer.root_key, SHA256()).public_bytes(Encoding.DER)


def test_what_a_withdrawn_key_has_signed_proves_nothing(issuer: Issuer, paper: bytes):
    seen = child.look_into_pdf(paper, b"")
    for fallen, expected in (
        ((), set()),
        ((issuer.leaf,), {"signer_withdrawn"}),
        ((make_issuer("Other").leaf,), set()),
    ):
        withdrawn = withdrawn_by([listed(issuer, *fallen)], issuer.roots)
        verdict = judge(paper, seen, issuer.roots, withdrawn=withdrawn)
        assert codes(verdict) == expected
        assert verdict.undecided is bool(expected)
        assert (verdict.claims is None, not verdict.facts) == (bool(expected), bool(expected))
        assert verdict.codes == [make_snapshot()["code"]]
    (finding,) = judge(
        paper, seen, issuer.roots, withdrawn=withdrawn_by([listed(issuer, issuer.leaf)], issuer.roots)
    ).findings
    assert "3 March 2027" in finding.sentence
    mark = paper.index(b"\n") + 2  # in the comment of the second line, which no part of the document rests on
    assert paper[mark - 1 : mark] == b"%"
    altered = paper[:mark] + bytes([paper[mark] ^ 1]) + paper[mark + 1 :]
    verdict = judge(
        altered, child.look_into_pdf(altered, b""), issuer.roots,
        withdrawn=withdrawn_by([listed(issuer, issuer.leaf)], issuer.roots),
    )  # fmt: skip
    assert {"content_changed", "signer_withdrawn"} <= codes(verdict)
    assert not verdict.undecided


def test_the_issuers_record_decides_whatever_became_of_the_key(issuer: Issuer, paper: bytes):
    """At the issuer itself nobody passes the list: what is there byte for byte was issued."""
    assert judged(paper, issuer.roots, record_of(paper, make_snapshot(), issuer), paper).findings == []


@pytest.mark.parametrize("trouble", ["another key", "another root", "nonsense", "empty", "cut", "too large"])
def test_a_list_of_withdrawn_keys_that_no_root_has_signed_is_refused(issuer: Issuer, trouble: str):
    good, other = listed(issuer, issuer.leaf), make_issuer("Other")
    body = {
        "another key": listed(issuer, key=ec.generate_private_key(ec.SECP256R1())),
        "another root": listed(other, other.leaf),
        "nonsense": b"nonsense",
        "empty": b"",
        "cut": good[:-5],
        "too large": good + b"\0" * (4 * 1024 * 1024),
    }[trouble]
    with pytest.raises(NotTrusted):
        withdrawn_by([good, body], issuer.roots)
    assert withdrawn_by([good], issuer.roots).day_of(issuer.chain) == "3 March 2027"


def test_a_status_list_by_a_withdrawn_key_says_nothing(issuer: Issuer, paper: bytes):
    claims = judged(paper, issuer.roots).claims
    assert claims is not None
    text = status.status_list(1, [], PUBLIC_URL, issuer, now=NOW).encode()
    found = statuses.standing([text], claims, issuer.roots)
    assert found is not None
    assert not found.fell
    with pytest.raises(jose.Unreadable, match="withdrawn on 3 March 2027"):
        statuses.standing([text], claims, issuer.roots, withdrawn_by([listed(issuer, issuer.leaf)], issuer.roots))


def test_the_command_reads_the_list_beside_the_roots_and_newer_ones(tmp_path: Path, issuer: Issuer, paper: bytes):
    file, root = tmp_path / "paper.pdf", tmp_path / "root.pem"
    file.write_bytes(paper)
    root.write_bytes(issuer.root_pem)
    (tmp_path / "root.crl").write_bytes(listed(issuer))
    newer = tmp_path / "newer.crl"
    newer.write_bytes(listed(issuer, issuer.leaf))
    code, said = run(file, "--root", root)
    assert (code, "not known" in said.replace("revoked since is not known", "")) == (0, False), said
    code, said = run(file, "--root", root, "--withdrawn", newer)
    assert (code, "NOT proven" in said, make_snapshot()["code"] in said) == (1, True, True), said
    assert "Jane Doe" not in said
    newer.replace(tmp_path / "root.crl")
    code, said = run(file, "--root", root)
    assert (code, "NOT proven" in said) == (1, True), said
    (tmp_path / "root.crl").write_bytes(b"nothing")
    code, said = run(file, "--root", root)
    assert (code, "withdrawn keys cannot be read" in said) == (2, True), said
    (tmp_path / "root.crl").unlink()
    code, said = run(file, "--root", root)
    assert (code, "withdrawn is not known" in said) == (0, True), said


def test_a_status_list_of_somebody_else_says_nothing(tmp_path: Path, issuer: Issuer, paper: bytes):
    file, root, listed = tmp_path / "paper.pdf", tmp_path / "root.pem", tmp_path / "list"
    file.write_bytes(paper)
    root.write_bytes(issuer.root_pem)
    listed.write_text(status.status_list(1, [], PUBLIC_URL, make_issuer("Forger"), now=NOW))
    assert check.main([str(file), "--root", str(root), "--status", str(listed)]) == 2


def test_the_checker_imports_nothing_of_the_house():
    code = (
        "import sys, certificates.check\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'flask', 'sqlalchemy', 'cme', 'weasyprint', 'pikepdf'}, sorted(loaded)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c", "....", "e30.e30.AAAA", "é.e30.e30", json.dumps({"id": 5}), "{" * 5000]
)
def test_a_token_that_is_none_is_unreadable(issuer: Issuer, token: str):
    with pytest.raises(jose.Unreadable):
        jose.read(jose.token_in(token.encode()), issuer.roots)


def test_a_token_cannot_choose_how_it_is_judged(issuer: Issuer):
    """alg none, another algorithm, a key of its own: each is refused."""
    genuine = jose.token_in(credential_json(make_snapshot(), 1, PUBLIC_URL, issuer))
    head, body, value = genuine.split(".")
    header = json.loads(jose.unb64(head))
    for change in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"x5c": []}):
        other = jose.b64(json.dumps({**header, **change}).encode())
        with pytest.raises(jose.Unreadable):
            jose.read(f"{other}.{body}.{value}", issuer.roots)
    own = make_issuer("Forger").leaf.public_bytes(Encoding.DER)
    import base64

    other = jose.b64(json.dumps({**header, "x5c": [base64.b64encode(own).decode()]}).encode())
    assert not jose.read(f"{other}.{body}.{value}", issuer.roots).holds
