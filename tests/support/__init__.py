"""What several tests share: starting the real parts, building events, waiting for conditions."""
