"""The refund desk of a small shop."""
