"""Shell scripts, read and walked through without running anything."""
