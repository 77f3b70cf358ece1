"""Does tracing change an outcome? The same order with and without, on suites of this project and of others."""
