"""Tickets of a restaurant kitchen."""
