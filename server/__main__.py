"""`python -m server` is `tracking`."""

from server.cli import main

main()
