"""Alarms of a cold store."""
