"""The browser in front of us: where it calls from, and which accounts it has entered before."""

import hashlib
import hmac
import ipaddress
import secrets

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as BaseResponse

LONGEST = 365 * 24 * 3600
MOST_ACCOUNTS = 5


def digest(text: str) -> str:
    """A digest that only this installation can make: an address or e-mail cannot be guessed back from it."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"throttle:{text}".encode(), hashlib.sha256).hexdigest()


def network() -> str:
    """The caller's address; of IPv6 the /64, because one household has all the rest of it."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def known_as(email_key: str) -> str | None:
    """This browser's mark for an account it has entered before. Tries from here are counted apart, so that strangers
    who try the same account do not keep its owner out."""
    return _marks().get(_mark_name(email_key))


def remember(response: Response | BaseResponse, email_key: str) -> None:
    """Note in a signed cookie that this browser has entered the account."""
    marks = _marks()
    name = _mark_name(email_key)
    kept = {name: marks.pop(name, None) or secrets.token_hex(8), **marks}
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(
        _cookie_name(),
        _serializer().dumps(dict(list(kept.items())[:MOST_ACCOUNTS])),
        max_age=LONGEST,
        secure=secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _marks() -> dict[str, str]:
    try:
        found = _serializer().loads(request.cookies.get(_cookie_name(), ""))
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _mark_name(email_key: str) -> str:
    return digest(f"known:{email_key}")[:16]


def _cookie_name() -> str:
    return "__Host-known" if current_app.config["SESSION_COOKIE_SECURE"] else "known"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="known-browser")
