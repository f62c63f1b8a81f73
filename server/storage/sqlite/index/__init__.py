"""The index behind the log: a file of its own, written by a process of its own, made anew whenever it is not right.

`indexer.py` follows the log's `pending` rows and hands what is new to projections, in batches; `search_terms.py` is
the projection that searches read. `view.py` is how the server reads it, `progress.py` how far it is behind.
"""
