"""The cloud in a box: a local OSS, a local Function Compute that obeys s.yaml, and stand-ins for the vendors."""
