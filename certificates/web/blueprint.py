"""The blueprint of certificates, who may enter its office, and its place in the menu."""

from flask import Blueprint

from cme.kernel.roles import Role
from cme.part import MenuEntry
from cme.store.types import MOST_ROW

bp = Blueprint("certificates", "certificates", template_folder="templates")
OFFICE = (Role.REGISTRAR, Role.ADMINISTRATOR)
MENU = (MenuEntry("Certificates", "certificates.office_list", 62, roles=frozenset(role.value for role in OFFICE)),)

# The largest number a row can have: a longer one in an address is no page, rather than an error of the database.
ROW = f"int(max={MOST_ROW})"
