"""One vendor's dialect a file: they build requests and read replies, and never touch the network."""
