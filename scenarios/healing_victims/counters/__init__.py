"""Counts visits of a museum."""
