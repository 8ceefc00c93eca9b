"""The facts of a certificate out of its credential, as they are printed: what every comparison goes by."""

import re
import unicodedata
from datetime import datetime
from typing import Any

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
LABELS = {
    "name": "name",
    "credentials": "letters after the name",
    "title": "title of the activity",
    "amount": "amount",
    "maximum": "maximum",
    "completed": "date of completion",
    "issued": "date of issue",
    "provider": "provider",
    "number": "certificate number",
    "code": "code",
    "kind": "kind of document",
}
CODE = re.compile(r"(?<![0-9A-Z-])[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){6}(?![0-9A-Z-])")

TRADE_MARK = re.compile(r"™|\(TM\)|&trade;")


class NoFacts(ValueError):  # noqa: N818 - a verdict about data
    """The credential is not of a certificate of ours."""


def facts_of(claims: dict[str, Any]) -> dict[str, str]:
    """Field by field, in the words of the page. Refuses: NoFacts."""
    try:
        subject = claims["credentialSubject"]
        achievement = subject["achievement"]
        names = {one["identityType"]: str(one["identityHash"]) for one in subject["identifier"]}
        found = {
            "name": names["name"],
            "credentials": names.get("ext:honorificSuffix", ""),
            "title": str(achievement["name"]),
            "amount": _amount(subject["creditsEarned"]),
            "maximum": _amount(achievement["creditsAvailable"]),
            "completed": _day(subject["activityEndDate"]),
            "provider": str(claims["issuer"]["name"]),
            "number": str(subject["licenseNumber"]),
            "code": str(claims["id"]).rsplit("/", 1)[-1],
            "kind": str(claims["name"]).split(":", 1)[0],
        }
        "".join(found.values()).encode()  # half a character is none, and no page could show it
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NoFacts("not a certificate's credential") from error
    return found


def folded(text: str) -> str:
    """Text without anything that extraction adds or drops: spaces, line ends, joiners, marks of direction, case; and
    without the mark that protected names of credit have on paper, however a title wrote them.
    """
    plain = unicodedata.normalize("NFKC", TRADE_MARK.sub("", text)).casefold()
    return "".join(char for char in plain if unicodedata.category(char)[0] not in "ZC")


def reads_in_order(text: str) -> bool:
    """Whether extraction gives a text back as it was: it does not for scripts that are written from the right or whose
    signs are put together and moved about.
    """
    return not any(0x0590 <= ord(char) <= 0x109F or 0xFB1D <= ord(char) <= 0xFEFC for char in text)


def codes_in(text: str) -> list[str]:
    """Codes of certificates that a text holds."""
    return list(dict.fromkeys(CODE.findall(text.upper())))


def _amount(value: float) -> str:
    return f"{value:.2f}"


def _day(text: str) -> str:
    day = datetime.fromisoformat(text)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
