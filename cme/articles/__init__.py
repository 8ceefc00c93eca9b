"""Articles, immutable revisions, passages, figures, references and reading progress."""
