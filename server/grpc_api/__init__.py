"""The gRPC door: grpc.aio handlers that authenticate, decode, call the core and encode."""
