"""Where entries are kept: one package a store behind the ports of the core. No exception of a driver leaves it."""
