"""A person's client, over gRPC: sends an event, reads entries, asks for the server's health."""

import os

# gRPC's own log would stand between the lines of a command; it is read once, as grpc is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
