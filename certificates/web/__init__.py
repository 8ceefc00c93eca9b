"""Entrances of the certificate wing: download and public verification."""
