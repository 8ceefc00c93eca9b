"""How often one address may ask: verification is open to everybody, trying codes is not."""

import hashlib
import hmac
import ipaddress

from flask import current_app, request

from cme.config import Settings
from cme.people.rules import Limit
from cme.people.services.throttle import Counter

# A licensing board checks a pile of certificates from one address; a program that tries codes is another matter.
LOOKING = (Limit(60, 60), Limit(3600, 600))
# Looking into a file costs a process of its own.
CHECKING = (Limit(60, 10), Limit(3600, 120))
# So does printing a document of several pages.
PRINTING = (Limit(60, 3), Limit(3600, 20))


def looking() -> Counter:
    """The counter of this address for codes that are looked up, as a page or as JSON."""
    return Counter("verify", _caller("verify"), LOOKING)


def checking() -> Counter:
    """The counter of this address for files that are checked."""
    return Counter("verify-file", _caller("verify-file"), CHECKING)


def printing(person_id: int) -> Counter:
    """The counter of this person for documents that are laid out while they wait."""
    return Counter("print-sheet", str(person_id), PRINTING)


def _caller(what: str) -> str:
    """A digest of the caller's address; of IPv6 the /64, because one household has all the rest of it."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        text = "unknown"
    else:
        wide = isinstance(address, ipaddress.IPv6Address)
        text = str(ipaddress.ip_network((address, 64), strict=False)) if wide else str(address)
    settings: Settings = current_app.extensions["settings"]
    return hmac.digest(settings.secret_key.encode(), f"{what}:{text}".encode(), hashlib.sha256).hex()
