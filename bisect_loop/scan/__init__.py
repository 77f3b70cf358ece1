"""Finds without running anything what poisons event loops across tests: `scan(paths, root) -> ScanReport`.

A resource that binds to a loop is followed from its constructor to where the process keeps it; fixtures are held
against the loops that they and their users run on. Nothing of the scanned project is imported.

    files, settings        what is read: sources, pytest's options, [tool.bisect-loop.scan]
    scopes, build          one module: what each scope defines, imports, mentions, calls
    modules, project       all of them: what a name stands for, who names whom
    resources, safe        what binds to a loop, by the names that libraries give it
    evaluate, effects      what an expression is, what a statement does with it (values, passing, holders, summaries)
    body, flow             one scope, and all of interest to a fixed point
    suite, reach           tests, fixtures and their loops (marks, texts); which tests get where
    conditions, origins    which environment variables decide a test
    closers, guards        what resets a holder, what keeps a resource from outliving its loop (environment)
    wireups                the result of all that: one wire-up for each resource that is kept
    rules, render          what is reported, and how it looks
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
