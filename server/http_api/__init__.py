"""The REST door: Sanic routes that authenticate, decode, call the core and encode."""
