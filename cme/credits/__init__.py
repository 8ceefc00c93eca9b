"""Term, requirements, the claim decision, the ledger and the transcript."""
