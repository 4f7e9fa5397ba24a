"""`cutout desk`: a page at a local address, for the photos of one bucket."""
