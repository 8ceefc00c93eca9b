"""Settings out of the environment: what is refused, each with a sentence, and what letters are sent from."""

from datetime import UTC, datetime

import pytest

from cme.config import Settings, SettingsError
from cme.mail.compose import compose
from cme.mail.messages import Letter

PRODUCTION = {
    "CME_MODE": "production",
    "CME_PUBLIC_URL": "https://cme.example.org",
    "CME_SECRET_KEY": "k" * 40,
    "CME_DATABASE_URL": "postgresql://cme:secret@db.example.org:5432/cme",
}


@pytest.mark.parametrize("mode", ["production", "demonstration"])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CME_DATABASE_URL", "mysql://db/cme", "CME_DATABASE_URL must be"),
        ("CME_DATABASE_URL", "nonsense", "CME_DATABASE_URL must be"),
        ("CME_DATABASE_URL", "postgresql://u:p@db:port/cme", "CME_DATABASE_URL must be"),
        ("CME_DATABASE_URL", "sqlite://", "CME_DATABASE_URL must be"),
        ("CME_DATABASE_URL", "sqlite:///:memory:", "CME_DATABASE_URL must be"),
        ("CME_PUBLIC_URL", "ftp://cme.example.org", "must begin with http"),
        ("CME_PUBLIC_URL", "cme.example.org", "must begin with http"),
        ("CME_PUBLIC_URL", "https://", "must begin with http"),
        ("CME_PUBLIC_URL", "https://:443", "has no host"),
        ("CME_PUBLIC_URL", "https://[::1", "has no host"),
        ("CME_PUBLIC_URL", "https://cme.example.org:port", "has no host"),
        ("CME_PUBLIC_URL", "https://example.org/cme", "no path"),
        ("CME_PUBLIC_URL", "https://cme.example.org?x=1", "no path"),
        ("CME_PUBLIC_URL", "https://me@cme.example.org", "no path"),
        ("CME_PORT", "http", "CME_PORT must be"),
        ("CME_PORT", "0", "CME_PORT must be"),
        ("CME_PORT", "65536", "CME_PORT must be"),
        ("CME_PORT", "²", "CME_PORT must be"),
        ("CME_SMTP_URL", "mail.example.org", "CME_SMTP_URL must be"),
        ("CME_SMTP_URL", "http://mail.example.org", "CME_SMTP_URL must be"),
        ("CME_SMTP_URL", "smtp://mail.example.org:mail", "CME_SMTP_URL must be"),
        ("CME_MAIL_FROM", "Sleep Society, Inc. <cme@example.org>", "CME_MAIL_FROM must be"),
        ("CME_MAIL_FROM", "nobody", "CME_MAIL_FROM must be"),
        ("CME_LOG_LEVEL", "LOUD", "CME_LOG_LEVEL must be"),
        ("CME_PROXIES", "-1", "CME_PROXIES must be"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(mode: str, name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**PRODUCTION, "CME_MODE": mode, name: value})
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["CME_PUBLIC_URL", "CME_SECRET_KEY", "CME_DATABASE_URL"])
def test_production_asks_for_each_of_three(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be set"):
        Settings.from_env({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"CME_PUBLIC_URL": "https://cme.example.org:8443/"},
        {"CME_PUBLIC_URL": "http://[::1]:8000"},
        {"CME_DATABASE_URL": "sqlite:////var/lib/cme/cme.sqlite3"},
        {"CME_DATABASE_URL": "postgres://cme@/cme?host=/run/postgresql"},
        {"CME_SMTP_URL": "smtps://user:p%40ss@mail.example.org"},
        {"CME_MAIL_FROM": '"Sleep Society, Inc." <cme@example.org>'},
        {"CME_MAIL_FROM": "cme@example.org"},
    ],
)
def test_what_makes_sense_is_taken(changes: dict[str, str]) -> None:
    assert Settings.from_env({**PRODUCTION, **changes}).public_url.startswith("http")


def test_an_ip6_address_is_written_as_addresses_write_it() -> None:
    assert Settings.from_env({"CME_HOST": "::1", "CME_PORT": "8001"}).public_url == "http://[::1]:8001"


@pytest.mark.parametrize(
    "name",
    ["Open CME", "Sleep Society, Inc.", "Sleep (Education)", 'The "Night" School', "Ärzte; Ödegård", "a\\b", "<x>"],
)
def test_letters_leave_whatever_the_site_is_called(name: str) -> None:
    settings = Settings.from_env({**PRODUCTION, "CME_SITE_NAME": name})
    letter = Letter("Confirm", "Words.\n")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    message = compose(letter, sender=settings.mail_from, to="ann@example.org", key="1", asked_at=at)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "no-reply@cme.example.org")
