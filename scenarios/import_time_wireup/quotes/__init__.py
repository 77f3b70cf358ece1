"""Price quotes of a parts dealer."""
