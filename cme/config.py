"""Settings: frozen, and read from the environment in this one place."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DEVELOPMENT_KEY = "development-key-never-used-in-production"
SHORTEST_KEY = 32
BUCKET = "s3://"
DATABASES = ("sqlite:///", "postgresql+psycopg://")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MAIL_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


class SettingsError(Exception):
    """The environment does not make sense; the message is one sentence per problem."""


class Mode(StrEnum):
    """What this installation is for."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between two installations."""

    mode: Mode
    secret_key: str
    database_url: str
    public_url: str
    instance: Path
    site_name: str = "Open CME"
    mail_from: str = "Open CME <no-reply@localhost>"
    smtp_url: str | None = None
    broker_url: str | None = None
    files: str = ""
    """A folder, or s3://bucket/prefix; empty: a folder of the instance."""
    s3_endpoint: str = ""
    proxies: int = 0
    pool_size: int = 10
    certificate_wait_seconds: int = 20
    max_body_bytes: int = 2 * 1024 * 1024
    log_level: str = "INFO"
    signing_key: str = ""
    """PEM text, the path of a PEM file, or the address of a key in a PKCS#11 token; empty: a key of this installation's
    own."""
    signing_certificates: str = ""
    """The certificates of a key in a token, the signer's first: PEM text or the path of a PEM file."""
    tsa_url: str = ""
    tsa_level: str = "t"
    """With a time-stamping service: "t", or "lt" with what verifiers need for long."""

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def trusted_hosts(self) -> list[str]:
        """Hosts the application answers for; anything else gets 400, so that no mailed link names a stranger."""
        local = ["127.0.0.1", "localhost", "[::1]"] if self.mode is not Mode.PRODUCTION else []
        return list(dict.fromkeys([self.host, *local]))

    @property
    def files_bucket(self) -> str:
        """Bucket and prefix at an object store, "bucket/prefix"; empty where files are in a folder."""
        return self.files.removeprefix(BUCKET) if self.files.startswith(BUCKET) else ""

    @property
    def files_folder(self) -> Path:
        return Path(self.files) if self.files and not self.files_bucket else self.instance / "files"

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Settings from CME_… variables. Refuses (SettingsError) what would be unsafe in production."""
        env = os.environ if environment is None else environment  # noqa: TID251 - the one reader
        return _read(env)


def _read(env: Mapping[str, str]) -> Settings:
    problems: list[str] = []
    try:
        mode = Mode(env.get("CME_MODE", Mode.DEMONSTRATION))
    except ValueError:
        raise SettingsError("CME_MODE must be demonstration, production or test.") from None
    production = mode is Mode.PRODUCTION
    instance = Path(env.get("CME_INSTANCE") or Path(__file__).resolve().parent.parent / "instance")
    host, port = env.get("CME_HOST", "127.0.0.1"), env.get("CME_PORT", "8000")
    public_url = env.get("CME_PUBLIC_URL", "" if production else f"http://{_bracketed(host)}:{port}").rstrip("/")
    secret_key = env.get("CME_SECRET_KEY", "" if production else DEVELOPMENT_KEY)
    database_url = _driver(env.get("CME_DATABASE_URL", "" if production else f"sqlite:///{instance / 'cme.sqlite3'}"))
    if production:
        problems += [
            f"{name} must be set when CME_MODE=production."
            for name, value in (
                ("CME_PUBLIC_URL", public_url),
                ("CME_SECRET_KEY", secret_key),
                ("CME_DATABASE_URL", database_url),
            )
            if not value
        ]
        if secret_key and (secret_key == DEVELOPMENT_KEY or len(secret_key) < SHORTEST_KEY):
            problems.append(f"CME_SECRET_KEY must be a random text of at least {SHORTEST_KEY} characters.")
    name = env.get("CME_SITE_NAME", "Open CME")
    mail_from = env.get("CME_MAIL_FROM") or _from_header(name, public_url)
    problems += _address_problems(port, public_url)
    if database_url and not _is_database(database_url, mode):
        problems.append(
            "CME_DATABASE_URL must be postgresql://user:password@host:5432/name or sqlite:////path/to/file."
        )
    problems += _mail_problems(mail_from, env.get("CME_SMTP_URL", ""))
    if env.get("CME_LOG_LEVEL", "INFO") not in LOG_LEVELS:
        problems.append(f"CME_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    if env.get("CME_FILES", "").startswith(BUCKET) and not env["CME_FILES"].removeprefix(BUCKET).split("/")[0]:
        problems.append("CME_FILES must name a bucket: s3://bucket, or s3://bucket/prefix.")
    if env.get("CME_TSA_LEVEL", "") not in {"", "t", "lt"}:
        problems.append("CME_TSA_LEVEL must be t (time stamps) or lt (and what verifiers need for long).")
    numbers = {
        name: _whole_number(env, name, default, problems)
        for name, default in (
            ("CME_PROXIES", 0),
            ("CME_POOL_SIZE", 10),
            ("CME_CERTIFICATE_WAIT", 20),
            ("CME_MAX_BODY", 2 * 1024 * 1024),
        )
    }
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(
        mode=mode,
        secret_key=secret_key,
        database_url=database_url,
        public_url=public_url,
        instance=instance,
        site_name=name,
        mail_from=mail_from,
        smtp_url=env.get("CME_SMTP_URL") or None,
        broker_url=env.get("CME_BROKER_URL") or None,
        files=env.get("CME_FILES", ""),
        s3_endpoint=env.get("CME_S3_ENDPOINT", ""),
        proxies=numbers["CME_PROXIES"],
        pool_size=numbers["CME_POOL_SIZE"],
        certificate_wait_seconds=numbers["CME_CERTIFICATE_WAIT"],
        max_body_bytes=numbers["CME_MAX_BODY"],
        log_level=env.get("CME_LOG_LEVEL", "INFO"),
        signing_key=env.get("CME_SIGNING_KEY", ""),
        signing_certificates=env.get("CME_SIGNING_CERTIFICATES", ""),
        tsa_url=env.get("CME_TSA_URL", ""),
        tsa_level=env.get("CME_TSA_LEVEL") or "t",
    )


def _address_problems(port: str, public_url: str) -> Iterator[str]:
    """Links in letters and on certificates are made of the address: what is wrong with it is found before, not by
    whoever opens one."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        yield "CME_PORT must be a number from 1 to 65535."
    elif public_url:
        parts = _split(public_url)
        if not public_url.startswith(("http://", "https://")):
            yield "CME_PUBLIC_URL must begin with http:// or https://."
        elif parts is None or not parts.hostname:
            yield "CME_PUBLIC_URL has no host; write an address such as https://cme.example.org."
        elif parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            yield "CME_PUBLIC_URL must end with the host, or host and port: no path, no user, no question mark."


def _is_database(url: str, mode: Mode) -> bool:
    in_memory = url in {"sqlite://", "sqlite:///", "sqlite:///:memory:"}
    return url.startswith(DATABASES) and _split(url) is not None and (mode is Mode.TEST or not in_memory)


def _mail_problems(mail_from: str, smtp_url: str) -> Iterator[str]:
    if not MAIL_ADDRESS.fullmatch(parseaddr(mail_from)[1]):
        yield (
            'CME_MAIL_FROM must be an address such as "Sleep Society, Inc." <cme@example.org>; a name with a comma or '
            "brackets stands in quotation marks."
        )
    if smtp_url:
        parts = _split(smtp_url)
        if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            yield "CME_SMTP_URL must be smtp://host:587 or smtps://host:465, with user:password@ before the host."


def _bracketed(host: str) -> str:
    """As an address writes it."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _from_header(name: str, public_url: str) -> str:
    """Who letters are from where nothing else is said. Quoted, because a name may hold commas and brackets."""
    parts = _split(public_url)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    host = (parts and parts.hostname) or "localhost"
    return f'"{quoted}" <no-reply@{"localhost" if ":" in host else host}>'


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - judged only when asked
    except ValueError:
        return None
    return parts


def _driver(url: str) -> str:
    """psycopg 3 by name, whatever the address says: the default driver of `postgresql://` has changed before."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _whole_number(env: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        problems.append(f"{name} must be a whole number.")
        return default
    return int(text)
