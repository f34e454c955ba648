"""Runs and journals together: a run that writes itself down, and a journal that is run again."""
