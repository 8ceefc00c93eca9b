"""Bytes become text: size first, then the encoding, never a guess that turns letters into others."""

import codecs

from cme.kernel.refusal import Invalid
from cme.kernel.text import clean_block
from quizzes.interchange.limits import MEGABYTE, MOST_BYTES, MOST_TEXT_BYTES

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def check_size(data: bytes, *, package: bool = False) -> None:
    """Refuse what is too large or empty before anybody looks into it."""
    most = MOST_BYTES if package else MOST_TEXT_BYTES
    if len(data) > most:
        size = -(-len(data) // MEGABYTE)
        raise Invalid(
            "import_too_large", f"The file has {size} MB; at most {most // MEGABYTE} MB can be imported. Split it."
        )
    if not data.strip(b"\0\t\r\n "):
        raise Invalid("import_empty", "The file is empty.")


def marked_encoding(data: bytes) -> tuple[str, int] | None:
    """The encoding that a byte order mark names, with the length of the mark."""
    return next(((name, len(mark)) for mark, name in _MARKS if data.startswith(mark)), None)


def decode(data: bytes) -> str:
    """The text of a file without its mark, line ends as newline. Refuses what is not Unicode."""
    check_size(data)
    name, skip = marked_encoding(data) or ("utf-8", 0)
    try:
        text = data[skip:].decode(name)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid(
            "import_encoding", f"Line {line} is not UTF-8 text; save the file with the encoding UTF-8 and try again."
        ) from None
    if "\0" in text:
        raise Invalid("import_encoding", "This is not a text file, or it is saved in an encoding other than UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy(text: str) -> str:
    """A text as the bank keeps it."""
    return clean_block(text)
