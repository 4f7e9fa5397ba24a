"""What Function Compute calls, and how the parts are put together."""
