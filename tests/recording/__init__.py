"""Tests of the scheduler, a file for each module."""
