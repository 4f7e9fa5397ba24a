"""Where each function begins. A function imports what it runs, and no more: that is its cold start."""
