"""`cutout forget`: photos, and all that the bucket has of them, are deleted."""
