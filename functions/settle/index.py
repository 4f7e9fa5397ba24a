"""When it is woken, and every minute: what an upload's own function could not finish."""

from shared.entry.settle import on_timer

handler = on_timer()
