"""商品图: whatever is ordered under orders/."""

from shared.entry.listing import on_order

handler = on_order()
