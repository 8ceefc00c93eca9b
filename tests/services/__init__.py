"""Services on real databases."""
