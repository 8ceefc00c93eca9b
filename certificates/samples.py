"""Certificates that nobody earned, for judging and showing a design: every kind, and the longest texts there can be."""

from typing import Any

from certificates.rules.document import LONGEST_CONTACT, LONGEST_STATEMENTS
from certificates.rules.looks import Paper

VERIFY_URL = "https://cme.example.org/verify/0000-0000-0000-0000-0000-0000-0000"
_LONG_NAME = "Maximiliana Konstantinopolitanska-Brandenburgerin von und zu Hohenzollern"
_LONGEST_NAME = " ".join(["Wilhelmine-Magdalene"] * 6)[:120].strip()
_LONG_TITLE = (
    "Sleep-related leg cramps, restless legs and periodic limb movements of older adults: recognition, differential "
    "diagnosis and treatment in primary care, with a word about quinine"
)
_ACCREDITATION = (
    "The Example Society is accredited by the Accreditation Council for Continuing Medical Education (ACCME) to "
    "provide continuing medical education for physicians."
)
_JOINT = (
    "This activity has been planned and implemented in accordance with the accreditation requirements and policies of "
    "the Accreditation Council for Continuing Medical Education (ACCME) through the joint providership of the Example "
    "Society and the Example Hospital. The Example Society is accredited by the ACCME to provide continuing medical "
    "education for physicians."
)
_DESIGNATION = (
    "The Example Society designates this enduring material for a maximum of 1.00 AMA PRA Category 1 Credit(s)™. "
    "Physicians should claim only the credit commensurate with the extent of their participation in the activity."
)
_FILLER = "Planners, faculty and reviewers disclosed every relationship with ineligible companies. "
_OFFERS = [["abim-moc", 4], ["ama-pra-category-1", 4], ["ancc-contact-hour", 5]]


def sample(kind: str, paper: Paper, **changes: Any) -> dict[str, Any]:
    """A frozen snapshot as a grant would make it, for an accredited provider that does not exist."""
    participation = "This activity was designated for a maximum of 1.00 AMA PRA Category 1 Credit(s)™."
    return {
        "format": 2, "design": kind, "design_digest": "", "paper": paper.value, "kind": kind,
        "number": "CME-0000-000000", "code": "0000-0000-0000-0000-0000-0000-0000", "revision": 1,
        "name": "Jane Doe", "credentials": "MD" if kind == "credit" else "RN",
        "profession": "physician" if kind == "credit" else "nurse",
        "title": "Sleep-related leg cramps", "slug": "sleep-related-leg-cramps", "release_number": 1,
        "learning_format": "enduring material", "provider_name": "The Example Society", "joint_with": "",
        "provider_mode": "accredited", "provider_contact": "education@example.org",
        "accreditation_statement": _ACCREDITATION, "designation_statement": _DESIGNATION,
        "participation_statement": participation, "credit_type": "ama-pra-category-1", "offers": [],
        "amount_quarters": 3, "maximum_quarters": 4,
        "completed_on": "2026-11-22", "completed_at": "2026-11-22T18:00:00+00:00",
        "issued_on": "2026-11-23", "issued_at": "2026-11-23T15:00:00+00:00",
        "released_on": "2024-08-09", "reviewed_on": "2024-08-09", "opens_on": "2024-08-09",
        "expires_on": "2027-08-09", "zone": "America/Los_Angeles", **changes,
    }  # fmt: skip


def plain(kind: str, paper: Paper) -> dict[str, Any]:
    """What most certificates look like."""
    return sample(kind, paper)


def crowded(kind: str, paper: Paper) -> dict[str, Any]:
    """Two lines of name, a joint provider, several types of credit."""
    return sample(kind, paper, name=_LONG_NAME, title=_LONG_TITLE[:100], joint_with="The Example Hospital",
                  accreditation_statement=_JOINT, offers=_OFFERS)  # fmt: skip


def demonstration(kind: str, paper: Paper) -> dict[str, Any]:
    """What may never be mistaken for accredited credit; a right-to-left name, whose letters stand apart."""
    notice = dict.fromkeys(("accreditation_statement", "designation_statement", "participation_statement"), "None.")
    return sample(kind, paper, name="יוסף כהן", provider_name="Demonstration provider", provider_mode="demonstration",
                  **notice)  # fmt: skip


def fullest(kind: str, paper: Paper) -> dict[str, Any]:
    """As much text as a provider and a title may have, and the longest name."""
    own = (_DESIGNATION + " " + _FILLER * 40)[: LONGEST_STATEMENTS - len(_JOINT)].strip()
    contact = ("Example Society, Office of Continuing Education, " * 9)[:LONGEST_CONTACT].strip()
    return sample(kind, paper, name=_LONGEST_NAME, title=_LONG_TITLE, joint_with="The Example Hospital",
                  accreditation_statement=_JOINT, designation_statement=own, participation_statement=own,
                  provider_contact=contact, offers=_OFFERS)  # fmt: skip


EVERY = (plain, crowded, demonstration, fullest)
