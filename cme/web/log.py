"""Structured logs: one line of JSON per event, without personal data."""

import logging
import secrets
import sys

import structlog
from flask import Flask, Response, g, request

QUIET = {"/healthz", "/readyz"}  # asked every few seconds by whoever watches


def configure(level: str) -> None:
    """JSON lines on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def init_app(app: Flask) -> None:
    """A number for each request, on its log lines and in its answer. Paths are logged by rule: codes never appear."""
    log = structlog.get_logger("http")

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.endpoint and not request.endpoint.endswith("static"):
            rule = request.url_rule.rule if request.url_rule else ""
            note = log.debug if rule in QUIET else log.info
            note("request", method=request.method, rule=rule, status=response.status_code)
        return response
