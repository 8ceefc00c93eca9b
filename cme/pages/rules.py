"""Which site pages there are, and what a text must be to be saved."""

from dataclasses import dataclass

from cme.kernel.text import clean_block, clean_line

KEYS = ("privacy", "terms", "contact")
LONGEST_TITLE = 120
LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Wording:
    """A page as somebody typed it, cleaned."""

    title: str
    source: str

    @property
    def problems(self) -> dict[str, list[str]]:
        """Sentences by field; empty means it can be saved."""
        found: dict[str, list[str]] = {}
        if not self.title:
            found["title"] = ["Give the page a title."]
        elif len(self.title) > LONGEST_TITLE:
            found["title"] = [f"The title is longer than {LONGEST_TITLE} characters."]
        if not self.source:
            found["source"] = ["Write the text of the page."]
        elif len(self.source) > LONGEST_TEXT:
            found["source"] = [f"The text is longer than {LONGEST_TEXT:,} characters."]
        return found


def wording(title: str, source: str) -> Wording:
    """What was typed, in normal form."""
    return Wording(clean_line(title), clean_block(source))


def split_title(text: str) -> Wording:
    """A text file whose first line is its title: "# Privacy", then the rest."""
    first, _, rest = text.partition("\n")
    return wording(first.removeprefix("#"), rest)
