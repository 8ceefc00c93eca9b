"""What a certificate says, and which names it can print: pure functions."""
