"""Question files: one module per format, each reads and writes the same Item."""
