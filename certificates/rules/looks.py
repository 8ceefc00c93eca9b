"""What a certificate looks like: its paper and its design, chosen when credit is granted and frozen then."""

from dataclasses import dataclass
from enum import StrEnum

# Where paper is Letter, by the Unicode common locale data; everywhere else it is A4.
_LETTER = frozenset({"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"})


class Paper(StrEnum):
    """A paper that every design is made for; certificates are printed across."""

    LETTER = "letter"
    A4 = "a4"

    @property
    def label(self) -> str:
        return {"letter": "Letter", "a4": "A4"}[self.value]


class PaperChoice(StrEnum):
    """What a provider says about paper."""

    COUNTRY = "country"
    LETTER = "letter"
    A4 = "a4"

    @property
    def label(self) -> str:
        return {"country": "By the learner's country", "letter": "Letter for everybody", "a4": "A4 for everybody"}[
            self.value
        ]


@dataclass(frozen=True, slots=True)
class Look:
    """The design by name and digest, and the paper. Without a digest the design is the one that ships."""

    design: str
    digest: str
    paper: Paper


def paper_of(choice: str, country: str) -> Paper:
    """The paper of one certificate."""
    if choice in set(Paper):
        return Paper(choice)
    return Paper.LETTER if country.upper() in _LETTER or not country else Paper.A4


def pixels_of(paper: str) -> tuple[int, int]:
    """Width and height of the picture of such a page, at 150 dots to the inch."""
    return {"letter": (1650, 1275), "a4": (1754, 1241)}[paper]
