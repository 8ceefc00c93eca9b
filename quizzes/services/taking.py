"""Taking a quiz: begin (starting), save answers (saving), and submit (submitting)."""

from quizzes.services.saving import Saved, save_answer, save_answers
from quizzes.services.starting import begin
from quizzes.services.submitting import Graded, StillOpen, submit, submit_overdue

__all__ = ["Graded", "Saved", "StillOpen", "begin", "save_answer", "save_answers", "submit", "submit_overdue"]
