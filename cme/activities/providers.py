"""Providers as the office sees, enters and changes them; releases already published keep what they froze."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cme.activities.models import Provider
from cme.audit.service import record
from cme.audit.tags import Event
from cme.kernel.refusal import Conflict, Invalid, NotFound
from cme.kernel.text import clean_block, clean_line
from cme.store.session import violates

KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_KEY, LONGEST_NAME, LONGEST_TEXT = 60, 200, 4000
MOST_APPROVALS = 5
JOINT_MARK = "[joint provider]"
MODES = ("accredited", "demonstration")
ITEM_POLICIES = ("standard", "no_true_false", "strict")
STATEMENTS = ("accreditation_statement", "designation_statement", "participation_statement", "contact")


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A provider as it stands now; a release carries its own copy."""

    key: str
    name: str
    mode: str
    accreditation_statement: str
    designation_statement: str
    participation_statement: str
    contact: str
    joint_with: str
    correction_days: int
    alarm_holds: bool
    approvals: int
    """People who must have approved a version of a quiz before it is published."""
    mails_certificate: bool
    item_policy: str
    """Which notes on item writing keep a quiz from being published."""
    changed_at: datetime


def providers(session: Session) -> list[ProviderFacts]:
    """All of them, by name."""
    return [_facts(row) for row in session.scalars(select(Provider).order_by(Provider.name, Provider.key))]


def provider(session: Session, key: str) -> ProviderFacts:
    """One of them. Refuses: NotFound."""
    row = session.scalar(select(Provider).where(Provider.key == key))
    if row is None:
        raise NotFound("provider_unknown", "There is no such provider.")
    return _facts(row)


def enter_provider(session: Session, key: str, values: Mapping[str, str], *, by: int, now: datetime) -> None:
    """Make a provider that library folders can name by its key. Refuses: Invalid with sentences by field."""
    problems, columns = _judge(values)
    if not KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        problems["key"] = ["Use small letters, digits and single hyphens, such as “st-anne-hospital”."]
    if problems:
        raise Invalid("provider_invalid", "The provider cannot be saved like this.", problems)
    session.add(Provider(key=key, **columns, changed_at=now))
    try:
        session.flush()
    except IntegrityError as error:
        if violates(error, "uq_providers_key"):
            taken = {"key": ["There is a provider with this key already."]}
            raise Invalid("provider_invalid", "The provider cannot be saved like this.", taken) from error
        raise
    _note(session, key, columns, is_new=True, by=by, now=now)


def change_provider(
    session: Session, key: str, values: Mapping[str, str], *, seen: datetime, by: int, now: datetime
) -> None:
    """Change texts or mode for releases published from now on. `seen` is the `changed_at` the writer started from.

    Refuses: NotFound; Invalid with sentences by field; Conflict when somebody changed it meanwhile.
    """
    row = session.scalar(select(Provider).where(Provider.key == key).with_for_update())
    if row is None:
        raise NotFound("provider_unknown", "There is no such provider.")
    problems, columns = _judge(values)
    if problems:
        raise Invalid("provider_invalid", "The provider cannot be saved like this.", problems)
    if row.changed_at != seen:
        raise Conflict("provider_changed", "Somebody else changed this provider while you were writing.")
    for name, value in columns.items():
        setattr(row, name, value)
    row.changed_at = now
    session.flush()
    _note(session, key, columns, is_new=False, by=by, now=now)


def _judge(values: Mapping[str, str]) -> tuple[dict[str, list[str]], dict[str, object]]:
    problems: dict[str, list[str]] = {}
    columns: dict[str, object] = {"name": clean_line(values.get("name", "")), "mode": values.get("mode", "")}
    columns |= {field: clean_block(values.get(field, "")) for field in STATEMENTS}
    for field, longest in (("name", LONGEST_NAME), *((field, LONGEST_TEXT) for field in STATEMENTS)):
        if not columns[field]:
            problems[field] = ["This text is needed: releases and certificates print it."]
        elif len(str(columns[field])) > longest:
            problems[field] = [f"This is longer than {longest} characters."]
    if columns["mode"] not in MODES:
        problems["mode"] = ["Choose one of the two."]
    if columns["mode"] == "accredited":
        problems = {**_wording_problems(columns), **problems}
    columns["mails_certificate"] = values.get("mails_certificate", "") == "y"
    columns["alarm_holds"] = values.get("alarm_holds", "") == "y"
    columns["joint_with"] = clean_line(values.get("joint_with", ""))
    problems |= _joint_problems(columns)
    days = values.get("correction_days", "").strip()
    columns["correction_days"] = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
    if not 1 <= int(str(columns["correction_days"])) <= 365:
        problems["correction_days"] = ["Give a number of days from 1 to 365."]
    approvals = values.get("approvals", "").strip() or "0"
    columns["approvals"] = int(approvals) if approvals in {str(one) for one in range(MOST_APPROVALS + 1)} else -1
    if columns["approvals"] == -1:
        problems["approvals"] = [f"Give a number of people from 0 to {MOST_APPROVALS}."]
    columns["item_policy"] = values.get("item_policy", "") or ITEM_POLICIES[0]
    if columns["item_policy"] not in ITEM_POLICIES:
        problems["item_policy"] = ["Choose one of them."]
    return problems, columns


def _wording_problems(columns: Mapping[str, object]) -> dict[str, list[str]]:
    """What accreditors have found wrong on real certificates. Sources: AMA PRA designation statement; ACCME (2015)."""
    designation = str(columns["designation_statement"])
    found: list[str] = []
    if "[credits]" not in designation and "[number of credits]" not in designation:
        found.append("Write [credits] where the amount belongs; each release fills in its own.")
    if "ama pra" in designation.casefold():
        if "[format]" not in designation:
            found.append("The AMA asks for the learning format: write “designates this [format] for a maximum of …”.")
        if "commensurate with the extent of their participation" not in " ".join(designation.split()):
            found.append(
                "The AMA's second sentence is missing: “Physicians should claim only the credit commensurate with the "
                "extent of their participation in the activity.”"
            )
    problems = {"designation_statement": found} if found else {}
    if "sponsorship" in str(columns["accreditation_statement"]).casefold():
        problems["accreditation_statement"] = ["The word is “providership”; the ACCME gave up “sponsorship” in 2015."]
    return problems


def _joint_problems(columns: Mapping[str, object]) -> dict[str, list[str]]:
    """The accreditor words joint providership in one way, and a statement for one provider must not be used for two."""
    joint, statement = str(columns["joint_with"]), str(columns["accreditation_statement"])
    if len(joint) > LONGEST_NAME:
        return {"joint_with": [f"This is longer than {LONGEST_NAME} characters."]}
    if columns["mode"] != "accredited":
        return {}
    named = JOINT_MARK in statement or (bool(joint) and joint in statement)
    if joint and not (named and "joint providership" in statement):
        sentence = (
            "With a joint provider, write “… through the joint providership of [provider] and [joint provider]. The "
            "[provider] is accredited by …”."
        )
        return {"accreditation_statement": [sentence]}
    if not joint and (JOINT_MARK in statement or "joint providership" in statement):
        return {"joint_with": ["The accreditation statement speaks of a joint provider: name it here."]}
    return {}


def _note(session: Session, key: str, columns: Mapping[str, object], *, is_new: bool, by: int, now: datetime) -> None:
    record(
        session,
        Event.PROVIDER_CHANGED,
        now=now,
        person_id=by,
        subject="provider",
        subject_id=key,
        details={
            "mode": columns["mode"],
            "approvals": columns["approvals"],
            "item_policy": columns["item_policy"],
            "new": is_new,
        },
    )


def _facts(row: Provider) -> ProviderFacts:
    return ProviderFacts(
        key=row.key,
        name=row.name,
        mode=row.mode,
        accreditation_statement=row.accreditation_statement,
        designation_statement=row.designation_statement,
        participation_statement=row.participation_statement,
        contact=row.contact,
        joint_with=row.joint_with,
        correction_days=row.correction_days,
        alarm_holds=row.alarm_holds,
        approvals=row.approvals,
        mails_certificate=row.mails_certificate,
        item_policy=row.item_policy,
        changed_at=row.changed_at,
    )
