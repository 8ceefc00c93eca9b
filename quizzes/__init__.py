"""West wing: quizzes, their versions, attempts and the editor's desk."""
