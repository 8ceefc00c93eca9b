"""Entrances of certificates: the owner's pages, and verification for everybody."""
