"""商品分割: whatever is uploaded under uploads/goods/."""

from shared.entry.uploads import on_upload

handler = on_upload("goods")
