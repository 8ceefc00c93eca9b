"""Taking a quiz: begin (starting), save answers (saving), check one (checking), and submit (submitting)."""

from quizzes.services.checking import Checked, NotChecked, check_answer
from quizzes.services.saving import Saved, save_answer, save_answers
from quizzes.services.starting import begin
from quizzes.services.submitting import Graded, StillOpen, submit, submit_overdue

__all__ = [
    "Checked",
    "Graded",
    "NotChecked",
    "Saved",
    "StillOpen",
    "begin",
    "check_answer",
    "save_answer",
    "save_answers",
    "submit",
    "submit_overdue",
]
