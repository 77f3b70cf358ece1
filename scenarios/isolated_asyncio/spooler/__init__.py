"""A print spooler."""
