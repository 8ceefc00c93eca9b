"""What every template finds: the site, the visitor, the menu, the rail's steps and the filters."""

from datetime import date, datetime
from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user
from markupsafe import Markup

from cme.config import Mode, Settings
from cme.kernel import days, quarters
from cme.part import House
from cme.web.moment import request_now

FOOTER = (("privacy", "Privacy"), ("terms", "Terms"), ("contact", "Contact"))


def init_app(app: Flask, settings: Settings, house: House) -> None:
    """Register the context and the filters."""
    site = {
        "name": settings.site_name,
        "demonstration": settings.mode is not Mode.PRODUCTION,
        "public_url": settings.public_url,
    }
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        instant=instant,
        closing=closing,
        day=day,
        quarters=quarters.format_quarters,
        credits=quarters.credits_phrase,
        count=count,
        clock=clock,
        local_day=local_day,
    )

    @app.context_processor
    def context() -> dict[str, Any]:
        return {
            "site": site,
            "visitor": current_user,
            "menu": _menu(house),
            "steps": house.steps,
            "now": request_now(),
            "footer_links": [{"label": label, "url": url_for("pages.show", key=key)} for key, label in FOOTER],
        }


def _menu(house: House) -> list[dict[str, Any]]:
    held = current_user.roles
    entries = [
        entry
        for entry in house.menu
        if (not entry.roles or entry.roles & held) and (not entry.signed_in or current_user.is_authenticated)
    ]
    return [
        {"label": entry.label, "url": url_for(entry.endpoint), "current": request.endpoint == entry.endpoint}
        for entry in entries
    ]


def instant(value: datetime, zone: str = "UTC") -> Markup:
    """A moment, in words, in the named zone."""
    return _time(value, days.instant_phrase(value, zone))


def closing(value: datetime, zone: str) -> Markup:
    """The last minute before a half-open end."""
    return _time(value, days.closing_phrase(value, zone))


def clock(value: datetime) -> str:
    """ "14:02" in UTC; pages put the learner's own time there by script."""
    return f"{value:%H:%M} UTC"


def day(value: date) -> Markup:
    """A calendar day in words."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), days.day_phrase(value))


def local_day(value: datetime, zone: str) -> Markup:
    """The calendar day of an instant in the named zone."""
    return day(days.local_day(value, zone))


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 item", "2 items"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _time(value: datetime, words: str) -> Markup:
    iso = value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(iso, words)
