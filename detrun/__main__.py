"""`python -m detrun`: the command line."""

from detrun.cli.main import main

main()
