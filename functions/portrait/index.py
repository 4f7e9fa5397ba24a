"""人像分割: whatever is uploaded under uploads/portrait/."""

from shared.entry.uploads import on_upload

handler = on_upload("portrait")
