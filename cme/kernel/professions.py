"""Professions a person can choose, and which of them earn physician credit.

Source: AMA PRA rules (credit goes to MD, DO and equivalent international degrees) and ACCME figures, which count
residents as physicians since 2015; everyone else receives a certificate of participation.
"""

from enum import StrEnum


class Profession(StrEnum):
    """Stored by value; `label` is what a person reads."""

    PHYSICIAN = "physician"
    RESIDENT = "resident"
    PHYSICIAN_ASSISTANT = "pa"
    NURSE_PRACTITIONER = "np"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    OTHER = "other"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def earns_credit(self) -> bool:
        """True for physicians and residents; False means participation."""
        return self in (Profession.PHYSICIAN, Profession.RESIDENT)


LABELS: dict[Profession, str] = {
    Profession.PHYSICIAN: "Physician (MD, DO, MBBS or equivalent)",
    Profession.RESIDENT: "Resident or fellow in training",
    Profession.PHYSICIAN_ASSISTANT: "Physician assistant or associate",
    Profession.NURSE_PRACTITIONER: "Nurse practitioner",
    Profession.NURSE: "Nurse",
    Profession.PHARMACIST: "Pharmacist",
    Profession.OTHER: "Other profession",
}
