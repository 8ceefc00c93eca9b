"""All views of certificates: importing this file attaches them to the blueprint."""

from certificates.web import checking, correcting, designing, office, owned, packing, root, status, verifying
from certificates.web.blueprint import bp

__all__ = ["bp", "checking", "correcting", "designing", "office", "owned", "packing", "root", "status", "verifying"]
