"""`cutout init`: the dialogue in which the settings are given."""
