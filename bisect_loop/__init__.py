"""Reproduce a test that fails only in CI, and name the test that breaks it.

This file is imported in the process of the user's tests as well, so it imports nothing.
"""

__version__ = "0.1.0"
