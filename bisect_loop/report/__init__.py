"""Renders what a run recorded: terminal, JSON, Markdown, JUnit, SARIF, HTML. Record once, render many ways.

A renderer takes a `RunReport` and returns text; it runs nothing, reads nothing and asks no clock. `files` writes,
and `live` shows progress. Import the one that is needed: nothing is imported here, for the sake of start-up.
"""
