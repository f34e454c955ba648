"""Workers-style applications: their contexts, what travels between them, and how they are configured."""
