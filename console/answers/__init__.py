"""What the commands answer that only look: status, failed, receipts, spend, watch."""
