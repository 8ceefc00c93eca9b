"""The blueprint of certificates."""

from flask import Blueprint

bp = Blueprint("certificates", "certificates", template_folder="templates")
