"""佐糖: whatever is uploaded under uploads/picwish/."""

from shared.entry.uploads import on_upload

handler = on_upload("picwish")
