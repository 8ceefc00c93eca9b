"""Passwords: argon2id, and which ones are refused.

Source: NIST SP 800-63B (length and a list of common ones instead of composition rules), OWASP's parameters for
argon2id. A password is taken exactly as it was typed.
"""

import re
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from cme.people.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Of a random password that nobody kept: where there is no account, this is checked, so that both cases cost the same.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Gd5Xn0R1sFgnsZ5a3zKvOA$a1L07y4xTUMw0cqTINDXlcLvGT3ZEHxgnaqe8By9h98"
NO_PASSWORD = "!"  # noqa: S105 - no password fits: the account was made without one
_WEAK_BELOW = 2
_JUDGED = 32  # characters; judging more costs up to half a second and cannot make the beginning weaker


def hash_password(password: str) -> str:
    """The text to store."""
    return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash. Without a stored hash it takes as long and says no."""
    if len(password) > LONGEST_PASSWORD:
        return False  # none that long can have been set; nothing about the account is learnt
    real = stored is not None and stored != NO_PASSWORD
    try:
        return _HASHER.verify(stored if real and stored else _NOBODY, password) and real
    except (VerificationError, InvalidHashError):
        return False


def is_dated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def password_problem(password: str, about: Sequence[str] = ()) -> str | None:
    """Why this password is refused, or None. `about` holds what everybody knows of the person: name, address."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Use at least {SHORTEST_PASSWORD} characters; this has {len(password)}."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters; this has {len(password)}."
    known = [part for text in about for part in _parts(text)]
    parts = _parts(password)
    if parts and all(part in known for part in parts):
        return "This password is only your own name or address. Three or four unrelated words make a good one."
    judged = zxcvbn(password[:_JUDGED], user_inputs=[*about, *known], max_length=_JUDGED)
    if judged["score"] >= _WEAK_BELOW:
        return None
    reason = judged["feedback"]["warning"] or "It is close to a common word, a name or your own address."
    return f"This password is too easy to guess. {reason.rstrip('.')}. Three or four unrelated words make a good one."


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", text.casefold()) if part]
