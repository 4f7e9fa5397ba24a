"""The RAM roles of the functions: what they may do, and how an account comes to have them."""
