"""Every minute: what the vendor had not finished, or had no time for."""

from shared.handlers import on_timer

handler = on_timer()
