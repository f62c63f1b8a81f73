"""The conservation harness: what was acknowledged is stored, what is stored was issued, and nothing twice.

- oracle: the events, each a pure function of the seed and its number.
- ledger: what was issued, and what the service has answered.
- ways: the ways in, over every door. load: producers on all of them, through whatever happens.
- audit: the fault-free end: what is missing is sent again, and everything is read and compared.
"""
