"""`python -m certificates.check FILE.pdf --root root.pem [--status list.json]`: is this the document that was issued.

Keys that were withdrawn are on the root's list: `--withdrawn root.crl`, or the file root.crl beside the roots.

Needs no server, no database and no network: this folder, `cryptography` and `pypdfium2`. Exit code 0: nothing is wrong;
1: something is; 2: it could not be checked.
"""

import argparse
import io
import sys
from pathlib import Path

from certificates.checking import jose, sandbox, statuses
from certificates.checking.facts import LABELS
from certificates.checking.judging import Verdict, judge
from certificates.checking.statuses import Standing
from certificates.checking.trust import roots_from_pem
from certificates.checking.withdrawing import Withdrawn, withdrawn_by

GOOD, BAD, UNKNOWN = 0, 1, 2
LARGEST = 20 * 1024 * 1024
LIST = "root.crl"
AUTHORITIES = "authorities.pem"
"""Beside the roots: whose lists of withdrawn keys count as well, where the signer is under another authority."""


def main(arguments: list[str] | None = None) -> int:
    """Judge one file and say the verdict in words."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names that a console cannot write must not end the check
    wanted = _parser().parse_args(arguments)
    try:
        roots = _roots(wanted.root)
        body = _body(wanted.file)
        lists = [path.read_bytes() for path in wanted.status]
        above = [one for path in _beside(wanted.root, AUTHORITIES) for one in roots_from_pem(path.read_bytes())]
        withdrawn = _withdrawn([*_beside(wanted.root, LIST), *wanted.withdrawn], [*roots, *above])
        verdict = judge(body, sandbox.look(body), roots, withdrawn=withdrawn)
        standing = _standing(verdict, lists, roots, withdrawn)
    except sandbox.CannotLook:
        return _end(UNKNOWN, "The file could not be read within the limits of time and memory.")
    except OSError as error:
        return _end(UNKNOWN, f"It could not be checked: {error.filename} cannot be read ({error.strerror}).")
    except ValueError as error:
        return _end(UNKNOWN, f"It could not be checked: {error}.")
    return _tell(wanted.file.name, verdict, standing, withdrawn, asked=bool(lists))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m certificates.check", description=__doc__)
    parser.add_argument("file", type=Path, help="the certificate, a PDF")
    parser.add_argument("--root", type=Path, default=Path("root.pem"), help="the issuer's roots or signers (PEM)")
    parser.add_argument(
        "--status",
        type=Path,
        action="append",
        default=[],
        help="the issuer's signed status list, to learn of revocation; may be given several times",
    )
    parser.add_argument(
        "--withdrawn",
        type=Path,
        action="append",
        default=[],
        help="a list of withdrawn signing keys (CRL) that is newer than the one beside the roots",
    )
    return parser


def _roots(path: Path) -> list[bytes]:
    if not path.is_file():
        raise ValueError(f"the issuer's certificates are needed, and there is no file {path}; --root FILE names them")
    try:
        return roots_from_pem(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path} does not hold the issuer's certificates (PEM)") from None


def _beside(root: Path, name: str) -> list[Path]:
    """What lies beside the roots, as in the archive for boards."""
    found = root.with_name(name)
    return [found] if found.is_file() else []


def _withdrawn(paths: list[Path], roots: list[bytes]) -> Withdrawn:
    return withdrawn_by((path.read_bytes() for path in paths), roots)


def _body(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if path.stat().st_size > LARGEST:
        raise ValueError("the file is too large for a certificate")
    return path.read_bytes()


def _standing(verdict: Verdict, lists: list[bytes], roots: list[bytes], withdrawn: Withdrawn) -> Standing | None:
    """Whether the certificate was revoked or replaced; None when no list speaks of it."""
    if verdict.claims is None:
        return None
    try:
        return statuses.standing(lists, verdict.claims, roots, withdrawn)
    except jose.Unreadable as error:
        raise ValueError(str(error)) from error


def _tell(name: str, verdict: Verdict, standing: Standing | None, withdrawn: Withdrawn, *, asked: bool) -> int:
    if verdict.facts:
        page = " The page may show something else." if verdict.findings else ""
        _say(f"The credential inside, signed by the issuer, says:{page}")
        for key, value in verdict.facts.items():
            if value:
                _say(f"  {LABELS[key]}: {value}")
        # Whether it is a demonstration, and what the amount counts, stands in no other field.
        _say(f"  in words: {_one_line((verdict.claims or {}).get('description'))}")
    _say(f"SHA-256 of the file: {verdict.sha256}")
    if verdict.only_signed:
        _say("The issuer has signed it, the signature covers the whole file, and nothing was added.")
        _say("It carries no credential: it is a transcript or a list. What it names may have been revoked since.")
        _say(f"Look up each certificate that it names: {', '.join(verdict.codes) or 'none'}")
        return _end(BAD, f"{name}: as it was signed, but NO CERTIFICATE.")
    if verdict.findings:
        for finding in verdict.findings:
            _say(f"- {finding.sentence}")
        if verdict.undecided:
            _say(f"Codes in the file: {', '.join(verdict.codes) or 'none'}")
            return _end(BAD, f"{name}: NOT proven. Only the issuer's own page can tell whether it was issued.")
        return _end(BAD, f"{name}: NOT as it was issued. Do not rely on this file.")
    if not withdrawn.known:
        _say(f"Whether its key was withdrawn is not known: no list of withdrawn keys ({LIST}) lies beside the roots.")
    if verdict.claims:
        _say(f"While the issuer can be reached, its own page has the last word: {_one_line(verdict.claims.get('id'))}")
    if standing is None:
        why = "the status list is older than it, or not about it" if asked else "that takes a status list (--status)"
        return _end(GOOD, f"{name}: as it was issued. Whether it was revoked since is not known: {why}.")
    if standing.fell:
        return _end(BAD, f"{name}: as it was issued, but REVOKED or REPLACED since, by the list of {standing.day}.")
    return _end(GOOD, f"{name}: as it was issued, and it stood when the status list was made: {standing.day}.")


def _one_line(said: object) -> str:
    return " ".join(str(said or "").split())


def _end(code: int, words: str) -> int:
    _say(words)
    return code


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
