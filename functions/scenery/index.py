"""天空与场景: whatever is uploaded under uploads/scenery/."""

from shared.entry.uploads import on_upload

handler = on_upload("scenery")
