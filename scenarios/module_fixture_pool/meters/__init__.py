"""Readings of water meters."""
