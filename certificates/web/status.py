"""What verifiers of credentials fetch: the signed status lists, and the issuer with its keys."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from certificates import authority, queries, status
from certificates.checking.jose import b64
from certificates.credential import KIND, envelope, issuer_id, key_id
from certificates.status import MOST_LISTS
from certificates.web.answers import unindexed
from certificates.web.blueprint import bp
from cme.config import Settings
from cme.kernel.refusal import NotFound
from cme.store.database import db
from cme.web.access import public
from cme.web.moment import request_now

CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/cid/v1"]


@bp.get(f"/status/<int(min=1, max={MOST_LISTS}):number>.json")
@public
def status_list(number: int) -> ResponseReturnValue:
    """The list as it is now: what was revoked a moment ago is in it. Made anew each time, never kept by anybody."""
    settings: Settings = current_app.extensions["settings"]
    session, now = db.session(), request_now()
    if number > 1 and queries.highest_number(session) < status.numbers_of(number).start:
        raise NotFound("status_list_unknown", "There is no such status list.")
    fallen = queries.fallen(session, status.numbers_of(number))
    token = status.status_list(number, fallen, settings.public_url, authority.seal_of(settings, now=now), now=now)
    if request.accept_mimetypes.best_match(["application/vc", "application/json", KIND]) == KIND:
        return _for_everybody(Response(token, content_type=KIND))
    return _for_everybody(Response(envelope(token), content_type="application/vc"))


@bp.get("/issuer.json")
@public
def issuer() -> ResponseReturnValue:
    """The issuer of the credentials: name, and every key that has signed, also those that sign no more."""
    settings: Settings = current_app.extensions["settings"]
    name = issuer_id(settings.public_url)
    keys = [_key(one, name) for one in authority.signers_of(settings, now=request_now())]
    about = jsonify(
        {
            "@context": CONTEXTS,
            "id": name,
            "type": ["Profile"],
            "name": settings.site_name,
            "url": settings.public_url,
            "verificationMethod": keys,
            "assertionMethod": [key["id"] for key in keys],
        }
    )
    return _for_everybody(about)


def _for_everybody(answer: Response) -> Response:
    """Also for verifiers that run in a page of somebody else's; no cookie goes along, and nothing here is secret."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return unindexed(answer)


def _key(certificate: authority.Certificate, controller: str) -> dict[str, object]:
    public_key = certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)  # the keys are on P-256, all of them
    numbers, der = public_key.public_numbers(), certificate.public_bytes(Encoding.DER)
    return {
        "id": key_id(der, controller),
        "type": "JsonWebKey",
        "controller": controller,
        "publicKeyJwk": {
            "kty": "EC",
            "crv": "P-256",
            "x": b64(numbers.x.to_bytes(32, "big")),
            "y": b64(numbers.y.to_bytes(32, "big")),
            "x5c": [base64.b64encode(der).decode("ascii")],
        },
    }
