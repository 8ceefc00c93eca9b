"""The CME office's entrances: completions, decisions, credits, releases, providers."""
