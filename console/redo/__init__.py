"""`cutout redo`: another try for photos that have a receipt."""
