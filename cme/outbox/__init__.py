"""Work written in the same transaction as the fact that asks for it, done after the commit."""
