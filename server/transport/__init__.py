"""What the doors of one protocol share: `http`, `grpc`."""
