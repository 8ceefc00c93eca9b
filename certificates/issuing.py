"""Ties the pipeline to this installation: its keys, its compiled pages, and what goes into each document."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from certificates.compiled import Shelf
from certificates.keys import Keys
from certificates.library import Library
from certificates.signing import Signer
from certificates.timestamps import time_stamper
from certificates.validation import Gatherer
from cme.config import Settings

COMPILED = "compiled"
LONG_TERM = "lt"


def keys_of(settings: Settings) -> Keys:
    """The installation's signing keys; in the certificates, its name and address say whose they are."""
    owner = f"{settings.site_name}, {settings.host}"
    return Keys(settings.instance, settings.signing_key, owner, settings.signing_certificates)


def signer_of(settings: Settings, *, now: datetime) -> Signer:
    """Who signs today, with time stamps where a service is configured, and then with what verifiers will need in many
    years, where that is wanted. Raises KeyProblem, SigningError.
    """
    keys = keys_of(settings)
    signer = keys.signer(now=now)
    if not settings.tsa_url:
        return signer
    stamp = time_stamper(settings.tsa_url)
    if settings.tsa_level != LONG_TERM:
        return replace(signer, time_stamper=stamp)
    gathered = _gatherer(settings.tsa_url).of(signer.certificates, keys.withdrawn(now=now), stamp, now=now)
    return replace(signer, time_stamper=stamp, validation=gathered)


def shelf_of(settings: Settings) -> Shelf:
    """Compiled pages, kept beside the database: a cache that may be deleted at any time."""
    return _shelf(settings.instance / COMPILED)


@cache
def _gatherer(_service: str) -> Gatherer:
    """One per process and service."""
    return Gatherer()


@cache
def _shelf(folder: Path) -> Shelf:
    """One per process and folder: what is in memory serves every job."""
    return Shelf(folder)


@cache
def library() -> Library:
    """One per process: designs are named by their digests, whatever store they came from."""
    return Library()
