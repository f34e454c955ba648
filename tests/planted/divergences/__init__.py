"""Programs whose replay parts, each with what parts it."""
