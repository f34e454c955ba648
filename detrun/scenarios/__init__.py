"""What plays with an application: scenarios, their clients, and what may go wrong by itself."""
