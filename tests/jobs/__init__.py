"""Outbox and jobs."""
