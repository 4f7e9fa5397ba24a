"""What a call costs, as far as that is known: by the account's own word, else by the vendor's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.vendors.capabilities import CAPABILITIES


@dataclass(frozen=True)
class Prices:
    """`own` are an account's, in yuan a call by capability: they win over the list in `shared.vendors.capabilities`."""

    own: Mapping[str, float] = field(default_factory=dict)

    def of(self, capability_name: str) -> float | None:
        """Yuan a call; None where neither says."""
        row = CAPABILITIES.get(capability_name)
        return self.own.get(capability_name, row.price_yuan if row else None)

    def paid(self, capability_name: str, attempts: int, *, done: bool) -> float | None:
        """Yuan that the upload is told: nothing where nothing was called, and None for calls that came to no cutout, of
        which nobody knows whether they were billed."""
        if not attempts:
            return 0.0
        return self.of(capability_name) if done else None
