"""达摩院: whatever is uploaded under uploads/damo/."""

from shared.entry.uploads import on_upload

handler = on_upload("damo")
