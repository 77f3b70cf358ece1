"""Backups of a small office."""
