"""Invoices of a small agency."""
