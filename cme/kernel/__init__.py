"""Standard library only: the clock, refusals, credit amounts, codes, roles, text and paging."""
