"""What a list is narrowed by: from the address to a filter, days being whole days in the chosen zone."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Form, SearchField, SelectField, StringField, ValidationError
from wtforms.fields import SelectChoice  # pyright: ignore[reportAttributeAccessIssue] - newer than the stubs

from cme.credits.report_rows import Choices, OfficeFilter
from cme.kernel.days import end_instant, first_instant
from cme.kernel.text import clean_line

ANYTHING = SelectChoice("", "All")
FIRST_YEAR, LAST_YEAR = 1950, 2200
UTC = "UTC"


def _choices(**labels: str) -> list[SelectChoice]:
    return [ANYTHING, *(SelectChoice(value, label) for value, label in labels.items())]


class DayField(StringField):
    """A day as browsers send it: 2026-11-23. `day` is it as a date, None when empty."""

    day: date | None = None

    def pre_validate(self, form: Any) -> None:
        text = (self.data or "").strip()
        if not text:
            return
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValidationError("Write the day as year-month-day, such as 2026-11-23.") from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
        self.day = day


class FilterForm(Form):
    """Everything optional. Sent by GET, so it changes nothing and needs no token."""

    module = SelectField("Module")
    person = SearchField("Name or e-mail", render_kw={"maxlength": 100})
    since = DayField("From", render_kw={"type": "date"})
    until = DayField("To, included", render_kw={"type": "date"})
    zone = SelectField("Days are those of")

    def validate_until(self, field: DayField) -> None:
        since = self["since"]
        if isinstance(since, DayField) and since.day and field.day and field.day < since.day:
            raise ValidationError("This day lies before the first one.")

    def wanted(self) -> OfficeFilter:
        """The filter. Call after `validate()`."""
        zone = str(self.zone.data)
        since, until = self["since"].day, self["until"].day  # type: ignore[attr-defined]
        return OfficeFilter(
            slug=self.module.data or "",
            person=clean_line(self.person.data or "")[:100],
            since=first_instant(since, zone) if since else None,
            until=end_instant(until, zone) if until else None,
            outcome=self._value("outcome"),
            kind=self._value("kind"),
        )

    def _value(self, name: str) -> str:
        return (self._fields[name].data or "") if name in self._fields else ""


class CompletionFilter(FilterForm):
    outcome = SelectField("Credit", choices=_choices(claimed="Claimed", open="Not claimed"))


class DecisionFilter(FilterForm):
    outcome = SelectField("Outcome", choices=_choices(granted="Granted", denied="Refused"))


class CreditFilter(FilterForm):
    kind = SelectField("Kind", choices=_choices(credit="Credit", participation="Participation"))


def read_filter(form_class: type[FilterForm], address: MultiDict[str, str], offered: Choices) -> FilterForm:
    """The form as the address fills it; values nobody offers count as unset and are then shown so."""
    zones: Sequence[str] = [*offered.zones, *([UTC] if UTC not in offered.zones else [])]
    form = form_class(address)
    form.module.choices = [ANYTHING, *(SelectChoice(slug, title) for slug, title in offered.modules)]
    form.zone.choices = [SelectChoice(zone, zone.replace("_", " ")) for zone in zones]
    if form.zone.data not in zones:
        # One zone in the house: its days are meant. Several: none of them more than another.
        form.zone.data = zones[0] if len(offered.zones) == 1 else UTC
    form.module.data = form.module.data or ""
    for name in ("outcome", "kind"):
        if name in form:
            form[name].data = form[name].data or ""
    return form
