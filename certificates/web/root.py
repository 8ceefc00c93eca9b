"""The certificates to trust: what a board installs or keeps to judge our signatures without us."""

import ssl

from flask import Response, current_app

from certificates import authority
from certificates.web.blueprint import bp
from cme.config import Settings
from cme.kernel.refusal import NotFound
from cme.web.access import public
from cme.web.moment import request_now


@bp.get("/certificates/root.pem")
@public
def root() -> Response:
    """Every root certificate under which certificates were signed here, today's first."""
    settings: Settings = current_app.extensions["settings"]
    roots = authority.roots_of(settings, now=request_now())
    response = Response("".join(map(ssl.DER_cert_to_PEM_cert, roots)), mimetype="application/x-pem-file")
    response.headers["Content-Disposition"] = f'attachment; filename="{settings.host}-root.pem"'
    return response


@bp.get("/certificates/root.crl")
@public
def withdrawn() -> Response:
    """Our own root's list of withdrawn signers, DER. Refuses: NotFound where there is no root of our own."""
    settings: Settings = current_app.extensions["settings"]
    found = authority.withdrawn_of(settings, now=request_now())
    if found is None:
        raise NotFound("no_list", "This issuer has no root of its own, and so no list of withdrawn signers.")
    return Response(found, mimetype="application/pkix-crl")
