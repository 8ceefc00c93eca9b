"""What a package hands to the roof. Parts are data: building the application reads them, nothing else happens here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from flask import Blueprint
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

Listener = Callable[..., None]
Job = Callable[..., None]
Fallen = Callable[[ColumnElement[int]], ColumnElement[bool]]
"""Of a credit's number the condition that its document was revoked: such a credit is listed, and not counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One station of the credit rail. `begin`, where given, is an endpoint that takes a POST and starts the step."""

    key: str
    label: str
    endpoint: str
    order: int
    begin: str | None = None


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A link in the header, for people who hold one of `roles` (empty: everybody, also signed out)."""

    label: str
    endpoint: str
    order: int
    roles: frozenset[str] = frozenset()
    signed_in: bool = False


@dataclass(frozen=True, slots=True)
class Loader:
    """How one file of a library folder is judged and taken in.

    `validate(path, folder_facts)` gives problems as sentences (empty: fine); `load(session, path, context, now=…)`
    writes and answers with one sentence per thing done.
    """

    validate: Callable[[Path, Any], list[str]]
    load: Callable[..., list[str]]


@dataclass(frozen=True, slots=True)
class CreditLink:
    """Something to offer beside an earned credit: `endpoint` takes `credit_id`."""

    label: str
    endpoint: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class PersonData:
    """What a part keeps of a person.

    `export(session, person_id)` gives plain data. When the account is closed, `erase(session, person_id)` removes what
    nobody needs any more, and `must_stay(session, person_id)` says whether records have to be kept under the name.
    """

    key: str
    export: Callable[[Session, int], Any]
    erase: Callable[[Session, int], None] | None = None
    must_stay: Callable[[Session, int], bool] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Everything a package contributes."""

    name: str
    blueprints: Sequence[Blueprint] = ()
    commands: Sequence[click.Command] = ()
    jobs: Mapping[str, Job] = field(default_factory=dict)
    listeners: Mapping[type, Sequence[Listener]] = field(default_factory=dict)
    loaders: Mapping[str, Loader] = field(default_factory=dict)
    obstacles: Sequence[Callable[[Session, int], list[str]]] = ()
    steps: Sequence[Step] = ()
    credit_links: Sequence[CreditLink] = ()
    transcript_links: Sequence[CreditLink] = ()
    """Offered beside the whole transcript: these endpoints take nothing."""
    fallen_credits: Sequence[Fallen] = ()
    menu: Sequence[MenuEntry] = ()
    person_data: Sequence[PersonData] = ()
    name_checks: Sequence[Callable[[str], str | None]] = ()
    sweeps: Sequence[Callable[..., None]] = ()
    extensions: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """Objects one application owns, such as a cache of published content: name and how it is made."""


@dataclass(frozen=True, slots=True)
class House:
    """All parts joined: what the application carries in `app.extensions["house"]`."""

    parts: Sequence[Part]
    jobs: Mapping[str, Job]
    listeners: Mapping[type, tuple[Listener, ...]]
    loaders: Mapping[str, Loader]
    obstacles: tuple[Callable[[Session, int], list[str]], ...]
    steps: tuple[Step, ...]
    credit_links: tuple[CreditLink, ...]
    transcript_links: tuple[CreditLink, ...]
    fallen_credits: tuple[Fallen, ...]
    menu: tuple[MenuEntry, ...]
    person_data: tuple[PersonData, ...]
    name_checks: tuple[Callable[[str], str | None], ...]
    sweeps: tuple[Callable[..., None], ...]


def join(parts: Sequence[Part]) -> House:
    """One house out of its parts; two parts with the same job or loader name are a programming error."""
    jobs: dict[str, Job] = {}
    loaders: dict[str, Loader] = {}
    listeners: dict[type, tuple[Listener, ...]] = {}
    for part in parts:
        for name, job in part.jobs.items():
            if name in jobs:
                raise ValueError(f"two parts offer the job {name}")
            jobs[name] = job
        for name, loader in part.loaders.items():
            if name in loaders:
                raise ValueError(f"two parts load {name}")
            loaders[name] = loader
        for event_class, functions in part.listeners.items():
            listeners[event_class] = (*listeners.get(event_class, ()), *functions)
    return House(
        parts=tuple(parts),
        jobs=jobs,
        listeners=listeners,
        loaders=loaders,
        obstacles=tuple(check for part in parts for check in part.obstacles),
        steps=tuple(sorted((step for part in parts for step in part.steps), key=lambda step: step.order)),
        credit_links=tuple(sorted((link for part in parts for link in part.credit_links), key=lambda link: link.order)),
        transcript_links=tuple(
            sorted((link for part in parts for link in part.transcript_links), key=lambda link: link.order)
        ),
        fallen_credits=tuple(one for part in parts for one in part.fallen_credits),
        menu=tuple(sorted((entry for part in parts for entry in part.menu), key=lambda entry: entry.order)),
        person_data=tuple(data for part in parts for data in part.person_data),
        name_checks=tuple(check for part in parts for check in part.name_checks),
        sweeps=tuple(sweep for part in parts for sweep in part.sweeps),
    )
