"""The newcomer's first run: photos go into the cloud in a box, and a page shows what came out."""
