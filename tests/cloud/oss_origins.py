"""Which object a copy was made from, for whoever sees the copy and must name what was copied."""

from __future__ import annotations


class Origins:
    """By bucket and key; copies from another bucket, and in parts, count as objects of their own."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}

    def made(self, bucket: str, key: str, source: str = "") -> None:
        """The object has been made anew: from `source`, a key of the same bucket, or from nothing there was."""
        # Looked up now and not when somebody asks: what becomes of the source later changes nothing.
        first = self.of(bucket, source) if source else key
        self._first[bucket, key] = first

    def of(self, bucket: str, key: str) -> str:
        """The first of the chain that ends at `key`, deleted or not; `key` itself when it is no copy."""
        return self._first.get((bucket, key), key)
