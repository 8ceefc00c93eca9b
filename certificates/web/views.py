"""All views of certificates: importing this file attaches them to the blueprint."""

from certificates.web import checking, correcting, designing, office, owned, packing, printing, root, status, verifying
from certificates.web.blueprint import bp

__all__ = ["bp"]

VIEWS = (checking, correcting, designing, office, owned, packing, printing, root, status, verifying)
