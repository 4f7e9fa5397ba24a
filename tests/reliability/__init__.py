"""What is done to lose an upload, to have it paid for twice, or to let a secret out, and what comes of it."""
