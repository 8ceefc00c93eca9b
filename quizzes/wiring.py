"""The quiz wing's part."""

from cme.part import Part

PART = Part(name="quizzes")
