"""Verbs of the quiz wing: authoring, taking, loading."""
