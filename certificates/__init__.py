"""East wing: frozen documents of earned credit, their files and their verification."""
