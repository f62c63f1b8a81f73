"""`python -m otel_bridge` is `tracking serve --doors otlp`: the bridge alone, beside the same store."""

import sys

from server.cli import main

main(["serve", "--doors", "otlp", *sys.argv[1:]])
