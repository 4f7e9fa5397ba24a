"""The commands that only read: status, failed, receipts, spend, watch."""
