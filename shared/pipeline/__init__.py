"""Moves a job on until it has a receipt: in an upload's function, and in settle's worker."""
