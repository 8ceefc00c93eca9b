"""Judging a certificate by itself: signature, coverage, embedded credential, visible text. Needs no server."""
