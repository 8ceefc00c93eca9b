"""The roof: the only file that knows every wing."""

from flask import Flask

from certificates.wiring import PART as CERTIFICATES
from cme.app import build_app
from cme.config import Settings, SettingsError
from cme.wiring import PART as GROUND
from quizzes.wiring import PART as QUIZZES

PARTS = (GROUND, QUIZZES, CERTIFICATES)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole platform, from the environment unless settings are given."""
    try:
        return build_app(settings or Settings.from_env(), PARTS)
    except SettingsError as error:
        raise SystemExit(f"The settings do not allow a start:\n{error}") from None


def __getattr__(name: str) -> Flask:
    """`wsgi:app` for servers, made when asked for: importing `create_app` in a test must not read the environment."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
