"""What an operator runs on a machine of their own: it is never deployed. Uses every room of `shared`."""
