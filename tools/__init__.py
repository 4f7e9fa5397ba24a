"""What developers run: they build, and write files that are kept."""
