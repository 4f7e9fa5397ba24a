"""The table of capabilities, and one dialect a vendor, which builds requests and reads replies without I/O."""
