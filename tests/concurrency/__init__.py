"""Threads, processes and faults."""
