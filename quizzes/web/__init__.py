"""Entrances of the quiz wing: taking a quiz, editing one."""
