"""What answers of verification have in common: no search engine keeps them, nobody caches them."""

from typing import Any

from flask import Response, current_app, make_response, url_for

from certificates.queries import CertificateFacts
from certificates.rules import document, life
from cme.config import Settings
from cme.kernel.quarters import format_quarters


def unindexed(answer: object, status: int | None = None) -> Response:
    """The answer, for people and programs that asked for it and not for search engines."""
    response: Response = make_response(answer)  # pyright: ignore[reportArgumentType]
    if status is not None:
        response.status_code = status
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def why(found: CertificateFacts) -> str:
    """Why the certificate does not stand any more, as everybody may read it; empty when nothing is known."""
    return life.ground_sentence(found.state, found.ground)


def successor(found: CertificateFacts) -> str | None:
    """The code of what replaced it."""
    return found.latest_code if found.state == life.State.REPLACED and found.latest_code != found.code else None


def as_json(found: CertificateFacts) -> dict[str, Any]:
    """The frozen facts and the state, for programs: the same that the page says."""
    printed, said = found.snapshot, document.summary(found.snapshot)
    following = successor(found)
    return {
        "code": found.code,
        "number": found.number,
        "revision": found.revision,
        "status": life.State(found.state).word,
        "status_since": found.state_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "status_reason": why(found) or None,
        "replaced_by": None if following is None else {"code": following, "url": _address(following)},
        "document": said.heading,
        "demonstration": bool(said.demonstration),
        "name": printed["name"],
        "credentials": printed["credentials"],
        "title": printed["title"],
        "learning_format": printed["learning_format"],
        "provider": printed["provider_name"],
        "kind": printed["kind"],
        "credit_type": printed["credit_type"] if printed["kind"] == "credit" and not said.demonstration else None,
        "amount": format_quarters(printed["amount_quarters"]),
        "maximum": format_quarters(printed["maximum_quarters"]),
        "amount_in_words": said.amount,
        "completed_on": printed["completed_on"],
        "issued_on": printed["issued_on"],
        "zone": printed["zone"],
        "pdf_sha256": found.pdf,
        "url": _address(found.code),
    }


def _address(code: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    return f"{settings.public_url}{url_for('certificates.verify', code=code)}"
