"""Shared HTTP furniture: access, errors, forms, security headers, limits."""
