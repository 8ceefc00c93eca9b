"""Addresses that can name nothing: answered before any database is asked."""

from flask import Flask, abort, request

LARGEST_NUMBER = 2**31 - 1  # databases refuse larger ones with an error where "not found" is meant


def init_app(app: Flask) -> None:
    """404 for a path that holds a NUL or an impossible number: PostgreSQL takes neither."""

    @app.before_request
    def possible() -> None:
        for value in (request.view_args or {}).values():
            if isinstance(value, str) and "\0" in value:
                abort(404)
            if isinstance(value, int) and value > LARGEST_NUMBER:
                abort(404)
