"""Lockers of a swimming pool."""
