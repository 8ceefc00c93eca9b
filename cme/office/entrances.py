"""All of the office's entrances: importing them here puts their views on the one blueprint."""

from cme.office import lists, notices, providers, releases
from cme.office.blueprint import MENU, bp

MODULES = (lists, releases, providers, notices)
BLUEPRINTS = (bp,)

__all__ = ["BLUEPRINTS", "MENU", "MODULES"]
