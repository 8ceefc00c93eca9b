"""Migrations: up, down, up again with data, equal to the models, on both databases."""
