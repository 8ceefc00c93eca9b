"""Colours of a design: written as #rrggbb, dark enough to be read on white, and their paler relatives."""

import re

_HEX = re.compile(r"#[0-9a-f]{6}")
LEAST_TEXT = 4.5
"""WCAG 2.2, 1.4.3: running text and headings on white."""
LEAST_ORNAMENT = 2.0
"""Rules and frames carry no meaning; paler than this a grey printer loses them."""


def parse_colour(text: str) -> str | None:
    """The colour in small letters, None when it is not one."""
    colour = text.strip().lower()
    return colour if _HEX.fullmatch(colour) else None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, white: float) -> str:
    """The colour with that share of white."""
    parts = (round(part + (255 - part) * white) for part in _parts(colour))
    return "#" + "".join(f"{part:02x}" for part in parts)


def colour_problem(text: str, least: float) -> str | None:
    """A sentence about a colour that cannot be used, or None."""
    colour = parse_colour(text)
    if colour is None:
        return "Write a colour as #rrggbb, such as #0b5a5e."
    ratio = contrast(colour, "#ffffff")
    if ratio < least:
        return f"This colour is too pale on white: its contrast is {ratio:.1f} to 1, and {least:g} to 1 is needed."
    return None


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
