"""The catalogue: every sentence that a receipt, a job or a backfill's report can carry, in English and Chinese; pure.

A module has the sentences of one subject, each below the codes that it explains.
"""
