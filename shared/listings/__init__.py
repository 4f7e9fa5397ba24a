"""Makes the pictures that a shop shows, from the photo at full size and the vendor's cutout."""
