"""Yields of an orchard."""
