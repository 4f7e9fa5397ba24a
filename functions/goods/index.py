"""商品分割: whatever is uploaded under uploads/goods/."""

from shared.handlers import on_upload

handler = on_upload("goods")
