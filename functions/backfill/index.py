"""On demand: uploads that have no current receipt are set going."""

from shared.entry.backfill import on_demand

handler = on_demand()
