"""Module graphs of generations: an application's own modules, loaded afresh from one pinned snapshot of its sources."""
