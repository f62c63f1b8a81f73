"""`server.asgi:app`: the HTTP doors under an ASGI server (uvicorn, hypercorn); settings from the environment."""

import os

from server.bootstrap.asgi import AsgiDoors

app = AsgiDoors(os.environ)
