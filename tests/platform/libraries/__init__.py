"""Third-party libraries, unmodified, with client and server in one simulated run."""
