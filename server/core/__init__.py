"""The core every door leads into: plain Python, no driver, no framework."""
