"""Unguessable codes and tokens, in an alphabet without look-alikes."""

import hashlib
import secrets

# Crockford's base 32: no I, L, O or U, so that a code survives being read aloud or copied by hand.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
GROUPS = 7  # 28 characters x 5 bits = 140 random bits
_CONFUSED = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_code() -> str:
    """A certificate code such as "7Q2M-…-XK4D" with 140 random bits."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(GROUP * GROUPS))
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def normalise_code(typed: str) -> str | None:
    """The canonical form of what a person typed, or None when it cannot be a code at all."""
    text = "".join(char for char in typed.upper() if char not in " -\t\r\n\u2010\u2011\u2013").translate(_CONFUSED)
    if len(text) != GROUP * GROUPS or any(char not in ALPHABET for char in text):
        return None
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def new_token() -> str:
    """A URL-safe secret with 256 random bits, for sessions and mailed links."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What the database keeps of a token: a stolen table opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
