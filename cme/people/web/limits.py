"""Which tries are counted where. Each counts in a transaction of its own, before any costly work begins."""

from cme.people.rules import (
    ACCOUNT_LIMITS,
    ASK_LIMITS,
    DAY_COUNT,
    MAILBOX_LIMITS,
    NETWORK_LIMITS,
    REGISTER_LIMITS,
    account_wait,
)
from cme.people.services import throttle
from cme.people.services.throttle import Counter, Ticket
from cme.people.web import browser
from cme.store.session import transaction
from cme.web.moment import request_now

PASSWORD_LIMITS = (*ACCOUNT_LIMITS, DAY_COUNT)


def password(email_key: str) -> Ticket:
    """One password for one account from one network. Refuses: TooMany."""
    mark = browser.known_as(email_key) or ""
    account = Counter("account", browser.digest(f"{email_key}|{mark}"), PASSWORD_LIMITS, account_wait)
    return _take(account, Counter("network", browser.digest(browser.network()), NETWORK_LIMITS))


def own_password(person_id: int) -> Ticket:
    """The password asked again of somebody who is signed in. Refuses: TooMany."""
    return _take(Counter("own", str(person_id), PASSWORD_LIMITS, account_wait))


def registration() -> None:
    """One registration from one network. Refuses: TooMany."""
    _take(Counter("register", browser.digest(browser.network()), REGISTER_LIMITS))


def asking() -> None:
    """One request for mail from one network. Refuses: TooMany."""
    _take(Counter("ask", browser.digest(browser.network()), ASK_LIMITS))


def mailbox(email_key: str) -> Counter:
    """Counted in the transaction that asks for the mail: nobody's mailbox is flooded from here."""
    return Counter("mailbox", browser.digest(email_key), MAILBOX_LIMITS)


def _take(*counters: Counter) -> Ticket:
    with transaction() as session:
        return throttle.take(session, counters, now=request_now())
