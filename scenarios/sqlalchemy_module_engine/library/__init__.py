"""Loans of a village library."""
