"""Providers that ship with the platform: made where missing, never changed."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cme.activities.models import Provider

FILE = Path(__file__).with_name("providers.toml")


def shipped_providers() -> dict[str, dict[str, Any]]:
    """The texts by key."""
    with FILE.open("rb") as file:
        return {entry["key"]: entry for entry in tomllib.load(file)["provider"]}


def provider_for(session: Session, key: str, *, now: datetime) -> Provider | None:
    """The provider of that key: the installation's own, or one that ships; None when neither knows it."""
    provider = session.scalar(select(Provider).where(Provider.key == key))
    shipped = shipped_providers().get(key)
    if provider is not None or shipped is None:
        return provider
    provider = Provider(**shipped, changed_at=now)
    session.add(provider)
    session.flush()
    return provider
