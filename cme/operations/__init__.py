"""Running an installation: first start, judging it, draining the outbox, backup and restore."""
