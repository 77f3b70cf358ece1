"""A status page."""
