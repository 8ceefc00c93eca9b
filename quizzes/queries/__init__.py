"""What the quiz wing reads."""
