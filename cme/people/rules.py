"""Pure rules of accounts: names, e-mail life times, throttling, and what a browser is called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cme.kernel.text import clean_line

SHORTEST_NAME = 2
LONGEST_NAME = 120
LONGEST_CREDENTIALS = 40
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128

SESSION_LASTS = timedelta(days=14)
SESSION_IDLES = timedelta(days=3)
TOUCHED_EVERY = timedelta(minutes=5)

NameCheck = Callable[[str], str | None]


class Purpose(StrEnum):
    """What a mailed link does. The addresses are part of the link, so they stand here and not in the views only."""

    CONFIRM = "confirm"
    RESET = "reset"
    CHANGE_EMAIL = "change-email"

    @property
    def lasts(self) -> timedelta:
        return _LIFE[self]

    def path(self, token: str) -> str:
        """The address of the page that takes the link, without the host."""
        return f"/{_PATHS[self]}/{token}"


_LIFE = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
}
_PATHS = {Purpose.CONFIRM: "confirm", Purpose.RESET: "reset", Purpose.CHANGE_EMAIL: "confirm-new-address"}
WELCOME_LASTS = timedelta(days=3)
"""A first password for an account that an administrator made."""


# Names ---------------------------------------------------------------------------------------------------------------


def name_problem(name: str, checks: Iterable[NameCheck] = ()) -> str | None:
    """Why this (cleaned) name cannot be printed on a certificate, or None."""
    if len(name) < SHORTEST_NAME:
        return "Give your name as it should be printed on certificates, with at least two characters."
    if len(name) > LONGEST_NAME:
        return f"A name can have at most {LONGEST_NAME} characters; this one has {len(name)}."
    return _first(checks, name)


def credentials_problem(credentials: str, checks: Iterable[NameCheck] = ()) -> str | None:
    """Why these (cleaned) letters after the name cannot be printed, or None. They may be empty."""
    if len(credentials) > LONGEST_CREDENTIALS:
        return f"Credentials can have at most {LONGEST_CREDENTIALS} characters, such as “MD, PhD”."
    return _first(checks, credentials) if credentials else None


def _first(checks: Iterable[NameCheck], text: str) -> str | None:
    return next((sentence for check in checks if (sentence := check(text)) is not None), None)


# Throttling ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within one window. Windows lie side by side on the clock, so a wait never exceeds one."""

    seconds: int
    most: int

    def window_at(self, now: datetime) -> datetime:
        """When the window that holds `now` began."""
        whole = int(now.timestamp())
        return datetime.fromtimestamp(whole - whole % self.seconds, UTC)

    def wait(self, now: datetime) -> int:
        """Whole seconds until the next window, at least one."""
        left = self.window_at(now) + timedelta(seconds=self.seconds) - now
        return max(1, -(-left // timedelta(seconds=1)))


MINUTE, QUARTER_HOUR, HOUR, DAY = 60, 900, 3600, 86400

# Growing delay: a short wait first, then up to a quarter of an hour, never longer. Who keeps on all day gets fewer
# tries per quarter of an hour, still without locking anybody out.
ACCOUNT_LIMITS = (Limit(MINUTE, 5), Limit(QUARTER_HOUR, 10))
DAY_COUNT = Limit(DAY, 1_000_000)
TIRED_AFTER = 30
TIRED_MOST = 3
# One hospital often shares one address, and only tries that failed stay counted here.
NETWORK_LIMITS = (Limit(QUARTER_HOUR, 100),)
REGISTER_LIMITS = (Limit(HOUR, 300),)
MAILBOX_LIMITS = (Limit(HOUR, 5),)
ASK_LIMITS = (Limit(HOUR, 100),)


def account_wait(counts: Mapping[Limit, int], now: datetime) -> int:
    """Seconds to wait before the password of an account may be tried, 0 for none; the counts include this try."""
    tired = counts.get(DAY_COUNT, 0) > TIRED_AFTER
    waits = [0]
    for limit in ACCOUNT_LIMITS:
        most = TIRED_MOST if tired and limit.seconds == QUARTER_HOUR else limit.most
        if counts.get(limit, 0) > most:
            waits.append(limit.wait(now))
    return max(waits)


def plain_wait(counts: Mapping[Limit, int], now: datetime) -> int:
    """Seconds to wait where each limit stands for itself."""
    return max([0, *(limit.wait(now) for limit, tries in counts.items() if tries > limit.most)])


def wait_phrase(seconds: int) -> str:
    """ "40 seconds", "1 minute", "14 minutes": rounded up, so that it is true when the person tries again."""
    if seconds < MINUTE:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // MINUTE)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


# Browsers ------------------------------------------------------------------------------------------------------------

_BROWSERS: Sequence[tuple[str, str]] = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """ "Firefox on Windows": enough for its owner to recognise it, and nothing more is kept."""
    text = clean_line(user_agent)
    browser = next((name for mark, name in _BROWSERS if mark in text), None)
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"
