"""The catalog of a seed bank."""
