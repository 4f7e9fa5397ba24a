"""商品分割: whatever is uploaded under uploads/goods/."""

from shared.handlers.uploads import on_upload

handler = on_upload("goods")
