"""Errors as pages people understand, or as JSON for programs."""

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from cme.kernel.refusal import Refused, TooMany
from cme.store.database import db
from cme.web import access, keeping

log = structlog.get_logger(__name__)

WORDS: dict[int, tuple[str, str]] = {
    400: ("That request could not be read", "Something in the request was not as expected. Nothing was changed."),
    401: ("Please sign in", "Your sign-in has ended. What you had saved is kept; sign in and go on."),
    403: ("This page is not open to you", "Your account does not have the role that this page needs."),
    404: ("There is nothing here", "The address may be mistyped, or what it named is not yours to see."),
    405: ("That cannot be done here", "This address does not take that kind of request."),
    413: ("That is too large", "What you sent is larger than this page accepts. Nothing was changed."),
    429: ("Too many requests", "Please wait a little and try again. Nothing was lost."),
    500: ("Something went wrong on our side", "The error was recorded. Nothing was half-written; please try again."),
    503: ("We are busy for a moment", "The request was not carried out. Please try again in a few seconds."),
}


def init_app(app: Flask) -> None:
    """Register one handler for each way of saying no."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        title = WORDS.get(error.status, ("That cannot be done", ""))[0]
        return answer(error.status, title, error.sentence, code=error.code, headers=headers)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        if not current_user.is_authenticated and keeping.from_here():
            again = keeping.sign_in_again(access.safe_next(access.page_of_form()))
            if again is not None:
                return again
        sentence = (
            "The form was open for too long or came from another sign-in. Go back, load the page again and send "
            "it once more. Answers that were shown as saved are kept."
        )
        return answer(400, "Please send that form again", sentence, code="form_expired")

    @app.errorhandler(SecurityError)
    def foreign_host(_error: SecurityError) -> ResponseReturnValue:
        # Without a trusted host no address can be built, so no page of ours either.
        return Response("This server does not answer for that host name.\n", 400, mimetype="text/plain")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        title, sentence = WORDS.get(status, (error.name, "Nothing was changed."))
        response = answer(status, title, sentence, code=error.name.lower().replace(" ", "_"))
        if status == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
        return response

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_busy(error: Exception) -> ResponseReturnValue:
        db.session.rollback()
        log.error("database.unavailable", error=type(error).__name__, path=request.path)
        title, sentence = WORDS[503]
        return answer(503, title, sentence, code="busy", headers={"Retry-After": "5"})

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        if app.testing and app.config.get("PROPAGATE_UNEXPECTED", True):
            raise error
        db.session.rollback()
        log.exception("request.failed", endpoint=request.endpoint, error=type(error).__name__)
        title, sentence = WORDS[500]
        return answer(500, title, sentence, code="internal")


def answer(status: int, title: str, sentence: str, *, code: str, headers: dict[str, str] | None = None) -> Response:
    """The page, or JSON where the request asked for it."""
    if request.is_json or request.accept_mimetypes.best == "application/json" or request.path.startswith("/api/"):
        response = jsonify(error={"code": code, "title": title, "sentence": sentence}, message=sentence)
    else:
        page = render_template("errors/error.html", status=status, title=title, sentence=sentence, code=code)
        response = make_response(page)
    response.status_code = status
    response.headers.update(headers or {})
    return response
