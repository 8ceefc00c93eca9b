"""The blueprint of accounts with all its pages."""

from cme.people.web import account, entry, leaving, mailbox
from cme.people.web.blueprint import bp

__all__ = ["account", "bp", "entry", "leaving", "mailbox"]
