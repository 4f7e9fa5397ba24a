"""通用分割: whatever is uploaded under uploads/general/."""

from shared.entry.uploads import on_upload

handler = on_upload("general")
