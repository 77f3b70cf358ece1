"""Double-entry books of a club."""
