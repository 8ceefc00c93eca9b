"""The roles a person can hold."""

from enum import StrEnum


class Role(StrEnum):
    """Learner is what everybody is; the others are granted."""

    LEARNER = "learner"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    REGISTRAR = "registrar"
    ADMINISTRATOR = "administrator"


GRANTABLE = (Role.EDITOR, Role.REVIEWER, Role.REGISTRAR, Role.ADMINISTRATOR)
