"""Thumbnails for a photo archive."""
