"""Benchmarks that take too long for a test. Run each module by hand."""
