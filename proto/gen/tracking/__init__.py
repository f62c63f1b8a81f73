"""The contract of the gRPC doors, one package a version."""
