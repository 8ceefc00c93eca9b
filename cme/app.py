"""Building the application: the only place that makes a Flask."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from cme.config import Mode, Settings
from cme.outbox.announce import LISTENERS
from cme.part import House, Part, join
from cme.store.database import db, prepare_engine
from cme.web import addresses, assets, bodies, errors, furniture, guarding, health, log, moment, security, visitor

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def build_app(settings: Settings, parts: Sequence[Part]) -> Flask:
    """Join settings and parts. No input or output: the engine connects on first use."""
    log.configure(settings.log_level)
    house = join(parts)
    app = Flask("cme", instance_path=str(settings.instance.resolve()))
    app.config.update(_flask_settings(settings))
    app.extensions["settings"] = settings
    app.extensions["house"] = house
    _open_store(app, settings, house)
    app.before_request(moment.stamp_request)
    addresses.init_app(app)
    log.init_app(app)
    bodies.init_app(app)
    CSRFProtect(app)
    visitor.init_app(app)
    app.before_request(guarding.guard)
    security.init_app(app, https=settings.is_https)
    errors.init_app(app)
    assets.init_app(app)
    furniture.init_app(app, settings, house)
    app.register_blueprint(health.bp)
    for part in house.parts:
        for blueprint in part.blueprints:
            app.register_blueprint(blueprint)
        for command in part.commands:
            app.cli.add_command(command)
        for name, make in part.extensions.items():
            app.extensions[name] = make()
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0)
    return app


def _flask_settings(settings: Settings) -> dict[str, object]:
    options: dict[str, object] = {}
    if settings.database_url.startswith("postgresql"):
        # As many connections as server threads, so that nobody waits for one; a broken one is noticed before use.
        options = {
            "pool_size": settings.pool_size,
            "max_overflow": 0,
            "pool_timeout": 30,
            "pool_pre_ping": True,
            "pool_use_lifo": True,
        }
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.mode is Mode.TEST,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "TRUSTED_HOSTS": settings.trusted_hosts,
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.max_body_bytes,
        "MAX_FORM_PARTS": 500,
        "PREFERRED_URL_SCHEME": "https" if settings.is_https else "http",
        "WTF_CSRF_TIME_LIMIT": None,  # bound to the session: a quiz left open over night must still be savable
        "WTF_CSRF_SSL_STRICT": True,
        "PERMANENT_SESSION_LIFETIME": 14 * 24 * 3600,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        **security.cookie_settings(https=settings.is_https),
    }


def _open_store(app: Flask, settings: Settings, house: House) -> None:
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)
    # The session factory is shared by every application of a process (tests build several), so transaction() puts these
    # on the session it opens.
    app.extensions["session_info"] = {LISTENERS: house.listeners, "production": settings.mode is Mode.PRODUCTION}
