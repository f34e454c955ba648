"""The tests; they mirror the package, and add laws, platform tests and checks of the house."""
