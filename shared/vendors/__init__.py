"""The table of capabilities and the vendors' dialects: no I/O. Uses what cloud and pictures call things."""
