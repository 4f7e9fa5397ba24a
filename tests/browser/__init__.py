"""The desk's page in a real browser, over a cloud in a box."""
