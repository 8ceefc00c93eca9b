"""Laying out what came from outside: in a process of its own, under hard limits, with nothing at hand."""
