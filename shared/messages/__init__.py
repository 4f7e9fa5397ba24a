"""The catalogue: every sentence that a receipt, a job or a backfill's report can carry, in English and Chinese; pure.

It uses no other room. A module holds the sentences of those that say them, below the codes that they explain.
"""
