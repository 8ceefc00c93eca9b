"""Tables of the quiz wing."""
