"""A self-hosted log tracking service: the doors, the core, the stores, and what wires them together."""

__version__ = "0.1.0"
