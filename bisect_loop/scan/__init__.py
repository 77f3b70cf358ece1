"""Finds without running anything what poisons event loops across tests: `scan(paths, root) -> ScanReport`.

A resource that binds to a loop is followed from its constructor to where the process keeps it; fixtures are held
against the loops that they and their users run on. `bisect_loop.scan.rules` lists what is reported, and
`bisect_loop.scan.render` turns a report into text.
"""

from __future__ import annotations

from bisect_loop.scan.model import Gate, Guard, Place, Reach, ScanError, ScanFinding, ScanReport, WireUp
from bisect_loop.scan.run import scan
from bisect_loop.scan.settings import ScanConfig, SettingsError, read_scan_config

__all__ = [
    "Gate",
    "Guard",
    "Place",
    "Reach",
    "ScanConfig",
    "ScanError",
    "ScanFinding",
    "ScanReport",
    "SettingsError",
    "WireUp",
    "read_scan_config",
    "scan",
]
