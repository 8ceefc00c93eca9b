"""Library folders: reading their files with positions, judging them, taking them in."""
