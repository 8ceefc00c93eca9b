"""Ties the pipeline to this installation: its keys, its compiled pages, and what goes into each document."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from certificates.compiled import Shelf
from certificates.keys import Keys
from certificates.signing import Signer
from certificates.timestamps import time_stamper
from cme.config import Settings

COMPILED = "compiled"


def keys_of(settings: Settings) -> Keys:
    """The installation's signing keys; in the certificates, its name and address say whose they are."""
    owner = f"{settings.site_name}, {settings.host}"
    return Keys(settings.instance, settings.signing_key, owner, settings.signing_certificates)


def signer_of(settings: Settings, *, now: datetime) -> Signer:
    """Who signs today, with time stamps where a service is configured. Raises KeyProblem, SigningError."""
    signer = keys_of(settings).signer(now=now)
    return replace(signer, time_stamper=time_stamper(settings.tsa_url)) if settings.tsa_url else signer


def shelf_of(settings: Settings) -> Shelf:
    """Compiled pages, kept beside the database: a cache that may be deleted at any time."""
    return _shelf(settings.instance / COMPILED)


@cache
def _shelf(folder: Path) -> Shelf:
    """One per process and folder: what is in memory serves every job."""
    return Shelf(folder)
