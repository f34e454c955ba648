<<<<<<< HEAD
"""Workers-style applications: their contexts, what travels between them, and how they are configured."""
=======
"""Workers-style contexts: generations, request scopes, calls, streams and sockets between them, on the scheduler."""
>>>>>>> 8d53476 (Workers-style contexts: scopes, sessions, calls and stubs, not joined up yet)
