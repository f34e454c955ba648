"""Benchmarks: each compares detrun with its peers in one process, in turn, and prints medians of ratios."""
