"""Where notifications go: one module a channel (e-mail, Slack, webhook, push) behind the channel port of the core."""
