"""The office's blueprint, who may enter, and its place in the menu."""

from flask import Blueprint

from cme.kernel.roles import Role
from cme.part import MenuEntry
from cme.store.types import MOST_ROW

bp = Blueprint("office", __name__, url_prefix="/office")
OFFICE = (Role.REGISTRAR, Role.ADMINISTRATOR)
MENU = (
    MenuEntry("Office", "office.start", 60, roles=frozenset(role.value for role in OFFICE)),
    # The office finds it on its first page.
    MenuEntry("Corrected texts", "office.corrected", 65, roles=frozenset({Role.EDITOR.value})),
)

# The largest number a row can have: a longer one in an address is no page, rather than an error of the database.
ROW = f"int(max={MOST_ROW})"
