"""`cutout upload`: a folder of this machine goes into the bucket."""
