"""Migrations, both ways, with data."""
