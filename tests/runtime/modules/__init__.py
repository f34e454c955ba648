"""Generations of modules, side by side."""
