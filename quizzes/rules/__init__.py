"""Pure rules of quizzes: blueprint, drawing, grading, delivery, editing."""
