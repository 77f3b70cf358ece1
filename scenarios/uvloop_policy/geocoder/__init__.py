"""Finds the street that a courier means."""
