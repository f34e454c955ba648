"""Programs with planted bugs that must be found, and correct twins in which nothing may be found."""
