"""What pytest-xdist's workers show: their lanes are recorded as they were run, and each failure is run again.

First in one process, as any other order; where no single lane shows it, side by side.
"""
