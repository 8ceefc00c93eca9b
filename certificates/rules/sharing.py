"""Handing a certificate on: the address by which LinkedIn takes it into a profile."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from certificates.rules.document import heading, is_demonstration


def linkedin_address(snapshot: dict[str, Any], verify_url: str) -> str | None:
    """The form of LinkedIn, filled in; None for a demonstration, which belongs into no profile.

    No date of expiry is given: earned credit does not expire.
    """
    if is_demonstration(snapshot):
        return None
    issued = date.fromisoformat(snapshot["issued_on"])
    fields = {
        "startTask": "CERTIFICATION_NAME",
        "name": f"{snapshot['title']} ({heading(snapshot)})",
        "organizationName": snapshot["provider_name"],
        "issueYear": issued.year,
        "issueMonth": issued.month,
        "certUrl": verify_url,
        "certId": snapshot["number"],
    }
    return f"https://www.linkedin.com/profile/add?{urlencode(fields)}"
