"""`cutout report`: photos and what came of them, as files that need no server."""
