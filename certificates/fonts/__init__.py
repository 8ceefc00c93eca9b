"""The typefaces of certificates, with their licence and a table of what they cover."""
