"""The table of site pages."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cme.store.database import Base
from cme.store.types import Instant


class SitePage(Base):
    """A page as its operator last saved it; a page without a row shows the text that ships."""

    __tablename__ = "site_pages"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    edition: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
