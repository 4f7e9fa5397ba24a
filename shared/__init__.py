"""What all functions share, in six rooms, each of which may use the next ones.

`errors` and `log` are for all of them.
"""
