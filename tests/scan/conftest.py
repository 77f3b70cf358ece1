"""The planted defects are read by the scanner, never run."""

collect_ignore = ["corpus"]
