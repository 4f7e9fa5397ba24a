"""The table of capabilities, the functions, s.yaml and the documents say the same."""
