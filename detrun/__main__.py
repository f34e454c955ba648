"""`python -m detrun`: the command line."""

from detrun.cli.main import main

if __name__ == "__main__":
    main()
