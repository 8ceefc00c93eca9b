"""Is the process alive, and is it ready to serve."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from cme.config import Mode
from cme.store.database import db
from cme.web.access import public
from cme.web.moment import request_now
from cme.web.readiness import problems

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """The database answers, migrations are at head, both clocks agree within a second."""
    production = current_app.extensions["settings"].mode is Mode.PRODUCTION
    found = problems(db.session(), production=production, now=request_now())
    return (jsonify(status="ok"), 200) if not found else (jsonify(status="not ready", problems=found), 503)
