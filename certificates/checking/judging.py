"""The verdict on a file: what was seen in it, held against signature, credential, and the record if there is one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certificates.checking import cms, jose
from certificates.checking.comparing import TEXT, Difference, changed, missing, short
from certificates.checking.facts import LABELS, NoFacts, codes_in, facts_of
from certificates.checking.trust import vouched
from certificates.checking.withdrawing import NONE_WITHDRAWN, Withdrawn

ATTACHMENT = "credential.json"
NO_CHANGES = 1
HEX = b"0123456789abcdefABCDEF"
WITHDRAWN = "signer_withdrawn"
LOOKS_DIFFERENT = 30  # pixels of a page drawn 600 pixels wide

SENTENCES = {
    "unreadable": "The file is not a PDF document that can be read.",
    "signature_missing": "The document carries no signature. It was removed, or the page was printed or saved anew.",
    "signature_added": "The document carries more than one signature; a certificate has exactly one.",
    "coverage": "The signature does not cover the whole file, so parts of it could have been exchanged.",
    "update_appended": "Something was added to the file after it was signed.",
    "content_changed": "The file was changed after it was signed.",
    "signature_malformed": "The signature itself is damaged.",
    "signature_forged": "The signature does not fit the key it names.",
    "signer_swapped": "The document was signed by somebody else than the issuer of the certificate.",
    "signer_withdrawn": (
        "It is signed with a key that was withdrawn on {day}, because somebody else may have it: the file proves "
        "nothing by itself. Look its code up on the issuer's page."
    ),
    "permission": "The signature does not forbid later changes, as the issuer's always does.",
    "credential_missing": "The machine-readable credential inside the document is missing.",
    "credential_forged": "The machine-readable credential inside the document was not signed by the issuer.",
    "credential_other": "The machine-readable credential inside the document is not the one that was issued with it.",
    "looks": "The page looks different from the page that was issued, although its text is the same.",
    "pages": "The document has another number of pages than the one that was issued.",
    "bytes": "The file is not byte for byte the one that was issued.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `field` names the fact that differs."""

    code: str
    sentence: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What the issuer keeps: the digest of the file, the credential and the file itself."""

    sha256: str
    credential: bytes
    facts: Mapping[str, str]


@dataclass(slots=True)
class Verdict:
    """`findings` empty: nothing was found wrong. `claims` and `facts` come from a credential the issuer has signed."""

    sha256: str
    findings: list[Finding] = field(default_factory=list)
    vouched: bool = False
    """The issuer has signed it, with a key that still counts."""
    signed_at: datetime | None = None
    claims: dict[str, Any] | None = None
    facts: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    """Codes that the document names, in its credential or its text."""

    @property
    def untouched(self) -> bool:
        return not self.findings

    @property
    def undecided(self) -> bool:
        """Nothing is wrong but the key: whether it was issued, only the issuer's records can tell."""
        codes = {finding.code for finding in self.findings}
        return WITHDRAWN in codes and codes <= {WITHDRAWN, "credential_missing"}

    @property
    def only_signed(self) -> bool:
        """Signed by the issuer and not touched since, but no certificate: a transcript, or the cover of an archive.

        Nobody can take the credential out of a certificate without breaking its signature.
        """
        return self.vouched and [finding.code for finding in self.findings] == ["credential_missing"]

    def add(self, code: str, sentence: str = "", about: str = "") -> None:
        self.findings.append(Finding(code, sentence or SENTENCES[code], about))

    def add_withdrawn(self, day: str) -> None:
        """Once, however many parts the same key has signed."""
        if all(finding.code != WITHDRAWN for finding in self.findings):
            self.add(WITHDRAWN, SENTENCES[WITHDRAWN].format(day=day))


def judge(
    body: bytes,
    seen: dict[str, Any],
    roots: Sequence[bytes],
    record: Record | None = None,
    withdrawn: Withdrawn = NONE_WITHDRAWN,
) -> Verdict:
    """The verdict. `seen` comes from certificates.checking.sandbox.look; the digest is taken here.

    `withdrawn` is for whoever has no record to ask: where there is one, it decides, whatever became of the key.
    """
    verdict = Verdict(hashlib.sha256(body).hexdigest())
    if not seen.get("readable"):
        verdict.add("unreadable")
        return verdict
    _judge_signature(verdict, body, seen, roots, withdrawn)
    _judge_credential(verdict, seen, roots, record, withdrawn)
    _judge_text(verdict, seen, record)
    if record is not None and verdict.sha256 != record.sha256:
        _judge_looks(verdict, seen)
        verdict.add("bytes")
    verdict.findings.sort(key=_weight)
    return verdict


def _weight(finding: Finding) -> int:
    """A field that differs comes first: that is what somebody has to know. Other words and bytes come last."""
    if finding.code in {"field", "credential_field"}:
        return 0
    return 2 if finding.code in {"text", "bytes", "looks", "pages"} else 1


def _judge_signature(
    verdict: Verdict, body: bytes, seen: dict[str, Any], roots: Sequence[bytes], withdrawn: Withdrawn
) -> None:
    signatures = seen["signatures"]
    if len(signatures) != 1:
        verdict.add("signature_added" if signatures else "signature_missing")
        return
    one = signatures[0]
    hole, digest, problem = _covered(body, one["range"])
    if problem:
        verdict.add(problem)
    if hole is None or digest is None:
        return
    if one["permission"] != NO_CHANGES:
        verdict.add("permission")
    if hole != bytes.fromhex(one["contents"]):
        verdict.add("coverage")
        return
    try:
        signed = cms.judge(hole, digest)
    except cms.Broken as broken:
        verdict.add(broken.code)
        return
    if not vouched(signed.leaf, signed.others, roots, signed.signed_at):
        verdict.add("signer_swapped")
        return
    if day := withdrawn.day_of((signed.leaf, *signed.others)):
        verdict.add_withdrawn(day)
        return
    verdict.vouched, verdict.signed_at = True, signed.signed_at


def _covered(body: bytes, numbers: list[int]) -> tuple[bytes | None, bytes | None, str]:
    """The bytes in the hole, the digest of everything else, and what is wrong with the coverage."""
    if len(numbers) != 4 or min(numbers) < 0:
        return None, None, "coverage"
    start, length, after, rest = numbers
    if start != 0 or length >= after:
        return None, None, "coverage"
    if after + rest > len(body):
        return None, None, "content_changed"
    gap = body[length:after]
    digits = gap[1:-1]
    # One spelling only: a digit in the other case would be another file with the same signature.
    plain = len(digits) % 2 == 0 and digits in (digits.lower(), digits.upper())
    if gap[:1] != b"<" or gap[-1:] != b">" or not plain or digits.strip(HEX):
        return None, None, "coverage"
    digest = hashlib.sha256(body[:length] + body[after : after + rest]).digest()
    return bytes.fromhex(digits.decode("ascii")), digest, "update_appended" if after + rest < len(body) else ""


def _judge_credential(
    verdict: Verdict, seen: dict[str, Any], roots: Sequence[bytes], record: Record | None, withdrawn: Withdrawn
) -> None:
    bodies = [bytes.fromhex(one["body"]) for one in seen["attachments"] if one["name"] == ATTACHMENT]
    verdict.codes = codes_in("\n".join(seen["text"]))
    if len(bodies) != 1 or len(seen["attachments"]) != 1:
        verdict.add("credential_other" if bodies else "credential_missing")
    if not bodies:
        return
    try:
        token = jose.read(jose.token_in(bodies[0]), roots)
        facts = facts_of(token.claims)
    except (jose.Unreadable, NoFacts):
        verdict.add("credential_forged")
        return
    verdict.codes = list(dict.fromkeys([facts["code"], *verdict.codes]))
    day = withdrawn.day_of(token.chain) if token.vouched else ""
    if day:
        verdict.add_withdrawn(day)
    elif token.vouched:
        verdict.claims, verdict.facts = token.claims, facts
    else:
        verdict.add("credential_forged")
    if record is None or bodies[0] == record.credential:
        return
    if token.vouched:
        verdict.add("credential_other")
    for name, value in facts.items():
        if record.facts.get(name, value) != value:
            verdict.add(
                "credential_field", _sentence(Difference(name, record.facts[name], short(value)), "credential"), name
            )


def _judge_text(verdict: Verdict, seen: dict[str, Any], record: Record | None) -> None:
    if record is not None and seen.get("original_text"):
        if verdict.sha256 == record.sha256:
            return  # the very bytes: there is nothing to compare
        differences = changed(record.facts, seen["original_text"], seen["text"])
    else:
        differences = missing(verdict.facts, seen["text"]) if verdict.facts else []
    for one in differences:
        verdict.add("field" if one.field != TEXT else "text", _sentence(one, "document"), one.field)


def _judge_looks(verdict: Verdict, seen: dict[str, Any]) -> None:
    if seen.get("original_pages") is None:
        return
    if seen["pages"] != seen["original_pages"]:
        verdict.add("pages")
    told = any(finding.code in {"field", "text"} for finding in verdict.findings)
    if not told and any(count is None or count > LOOKS_DIFFERENT for count in seen.get("different", [])):
        verdict.add("looks")


def _sentence(one: Difference, where: str) -> str:
    shows = f"the {where} shows “{one.shown}”" if one.shown else f"the {where} does not show it"
    if one.field == TEXT:
        if not one.recorded:
            return f"Words were added that were not on the certificate: “{one.shown}”."
        return f"Words differ: the certificate had “{one.recorded}”, {shows}."
    return f"The {LABELS.get(one.field, one.field)} differs: the record says “{one.recorded}”, {shows}."
