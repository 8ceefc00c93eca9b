"""Append-only rows of every consequential act."""
