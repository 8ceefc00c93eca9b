"""Plain words as Markdown that shows exactly these words."""

import re

_ALWAYS = str.maketrans({char: "\\" + char for char in "\\`*[]~^|"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")
_LINE_MARK = re.compile(r"^(#{1,6}(?=\s|$)|>|[+-](?=\s|$|[-\s]*$)|-{2,}|=+(?=\s*$)|:(?=-))")
_LINE_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def collapse(text: str) -> str:
    """White space as a browser shows it; a no-break space stays one."""
    return _SPACE.sub(" ", text)


def escape(text: str) -> str:
    """Escape within a line."""
    if text.isalnum():
        return text
    text = _ENTITY.sub(r"\\&", _TAG.sub(r"\\<", text.translate(_ALWAYS)))
    return _UNDERSCORE.sub(r"\\_", text) if "_" in text else text


def guard_line(line: str) -> str:
    """Escape what would make the start of a line a heading, a quotation, a list, a rule or a table."""
    return _LINE_NUMBER.sub(r"\1\\\2", _LINE_MARK.sub(r"\\\1", line))


def plain_to_markdown(text: str) -> str:
    """Plain text: blank lines part paragraphs, other line ends stay line ends."""
    paragraphs: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [guard_line(escape(collapse(line).strip())) for line in block.split("\n")]
        kept = [line for line in lines if line]
        if kept:
            paragraphs.append("\\\n".join(kept))
    return "\n\n".join(paragraphs)
