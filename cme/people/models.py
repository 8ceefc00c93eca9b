"""Tables of people: accounts, roles, sessions, mailed links, throttles."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cme.audit.models import RowId
from cme.kernel.professions import Profession
from cme.kernel.roles import GRANTABLE
from cme.store.database import Base
from cme.store.types import Instant


def _one_of(column: str, values: tuple[str, ...] | list[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Person(Base):
    """An account. The name is kept as it should be printed; `email_key`, the address in lower case, is unique."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("email_key", name="uq_people_email_key"),
        CheckConstraint(_one_of("profession", [value.value for value in Profession]), name="profession_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    credentials: Mapped[str] = mapped_column(String(40))
    """Letters after the name, such as "MD, PhD"; may be empty."""
    profession: Mapped[str] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))
    password_hash: Mapped[str] = mapped_column(String(200))
    registered_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class RoleGrant(Base):
    """A role somebody holds beyond learner."""

    __tablename__ = "role_grants"
    __table_args__ = (CheckConstraint(_one_of("role", [value.value for value in GRANTABLE]), name="role_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class SignInSession(Base):
    """One signed-in browser. Ends by sign-out, by its owner from elsewhere, by a password change, or by age."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (
        UniqueConstraint("token_digest", name="uq_sign_in_sessions_token_digest"),
        Index("ix_sign_in_sessions_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    token_digest: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    device: Mapped[str] = mapped_column(String(120))


class MailedLink(Base):
    """A link sent by mail: confirm an address, change it, or set a new password. Works once, for a while."""

    __tablename__ = "mailed_links"
    __table_args__ = (
        UniqueConstraint("token_digest", name="uq_mailed_links_token_digest"),
        CheckConstraint(_one_of("purpose", ["confirm", "reset", "change-email"]), name="purpose_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Throttle(Base):
    """How often something was tried within one window; `bucket` holds a digest, never an address or e-mail."""

    __tablename__ = "throttles"

    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    window_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    tries: Mapped[int]
