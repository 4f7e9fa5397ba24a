"""What listing pictures cost, and how good they are, beside two other ways to make them."""
