"""Threads of a program: real ones, of which exactly one runs at a time, and the run decides which."""
