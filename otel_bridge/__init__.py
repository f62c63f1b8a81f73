"""The OTLP doors: OpenTelemetry log records, over gRPC and HTTP, translated into log events of the core."""
