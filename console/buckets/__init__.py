"""The buckets of a deployment, and the rules that are set on them."""
