"""Messages and services of `tracking.v1`, generated from `proto/tracking/v1` by `make generate`."""
