"""What came in: bytes to a table, a table to labelled texts, labelled texts to a split. No torch."""
