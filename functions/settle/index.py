"""When it is rung for, and every minute: what the vendor had not finished, or had no time for."""

from shared.entry.settle import on_timer

handler = on_timer()
