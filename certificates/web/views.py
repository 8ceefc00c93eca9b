"""All views of certificates: importing this file attaches them to the blueprint."""

from certificates.web import owned, verifying
from certificates.web.blueprint import bp

__all__ = ["bp", "owned", "verifying"]
