"""Databases for tests: migrated once, copied for each test that writes."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

from cme.config import Mode, Settings
from cme.store.database import db
from wsgi import create_app

SECRET = "test-secret-key-with-more-than-thirty-two-characters"
DIALECTS = ("sqlite", "postgresql")


def settings_for(database_url: str, instance: Path, **changes: object) -> Settings:
    """Settings of a test installation."""
    values: dict[str, object] = {
        "mode": Mode.TEST,
        "secret_key": SECRET,
        "database_url": database_url,
        "public_url": "http://localhost",
        "instance": instance,
        "certificate_wait_seconds": 0,
        "pool_size": 20,
        "log_level": "CRITICAL",
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class Store:
    """One dialect's database of this test process, with the application on it."""

    dialect: str
    folder: Path
    server_url: str | None = None
    dirty: bool = False
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = f"cme_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        self.app = create_app(settings_for(self.url(), self.folder / "instance"))
        if self.dialect == "postgresql":
            self._administer(f'DROP DATABASE IF EXISTS "{self.name}"', f'CREATE DATABASE "{self.name}"')
        with self.app.app_context():
            upgrade()
        self.close()
        self._keep_template()

    def url(self) -> str:
        if self.dialect == "sqlite":
            return f"sqlite:///{self.folder / 'test.sqlite3'}"
        assert self.server_url is not None
        return self.server_url.rsplit("/", 1)[0] + f"/{self.name}"

    def clean(self) -> None:
        """Bring the migrated, empty state back, if a test has committed since."""
        if not self.dirty:
            return
        self.close()
        shutil.rmtree(self.folder / "instance", ignore_errors=True)
        if self.dialect == "sqlite":
            path = self.folder / "test.sqlite3"
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(self.folder / "template.sqlite3", path)
        else:
            self._administer(
                f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
                f'CREATE DATABASE "{self.name}" TEMPLATE "{self.name}_template"',
            )
        for extension in self.app.extensions.values():
            forget = getattr(extension, "forget", None)
            if callable(forget):
                forget()  # process caches of published content: row numbers begin anew
        self.dirty = False

    def close(self) -> None:
        """Let go of every connection."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _keep_template(self) -> None:
        if self.dialect == "sqlite":
            shutil.copyfile(self.folder / "test.sqlite3", self.folder / "template.sqlite3")
        else:
            self._administer(
                f'DROP DATABASE IF EXISTS "{self.name}_template"',
                f'CREATE DATABASE "{self.name}_template" TEMPLATE "{self.name}"',
            )

    def _administer(self, *statements: str) -> None:
        assert self.server_url is not None
        address = self.server_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]
