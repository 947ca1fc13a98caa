"""`python -m kneesync`, where the command itself is not in PATH."""

from kneesync.cli.app import main

if __name__ == "__main__":
    main()
