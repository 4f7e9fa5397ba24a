"""What the bucket says of its photos: receipts, listing pictures, and what is under way."""
