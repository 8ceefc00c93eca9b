"""Pure rules, by tables."""
