"""Text that people type: normal form, invisible characters, and what a fingerprint is taken of."""

import hashlib
import unicodedata

_KEPT_FORMAT = {"\u200c", "\u200d"}  # joiners that Persian and Indic names need


def clean_line(text: str) -> str:
    """One line in NFC without control and direction-changing characters, spaces collapsed."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(
        " " if char in "\t\r\n\v\f\u2028\u2029" else char
        for char in normal
        if char in "\t\r\n\v\f\u2028\u2029"
        or char in _KEPT_FORMAT
        or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(kept.split())


def clean_block(text: str) -> str:
    """Several lines in NFC, line ends as newline, other control characters gone, ends trimmed."""
    normal = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        char
        for char in normal
        if char in "\n\t" or char in _KEPT_FORMAT or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return kept.strip()


def fingerprint(text: str) -> str:
    """SHA-256 of the text in NFKC, lower case, with white space folded: layout changes do not count."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(folded.encode()).hexdigest()
