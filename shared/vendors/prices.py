"""What a call costs, as far as it is known: by the setting `PRICES`, else by the vendor's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.vendors.capabilities import CAPABILITIES


@dataclass(frozen=True)
class Prices:
    """`own` are the account's prices in yuan a call, by capability. They precede the vendor's list."""

    own: Mapping[str, float] = field(default_factory=dict)

    def of(self, capability_name: str) -> float | None:
        """Yuan a call; None when the price is not known."""
        row = CAPABILITIES.get(capability_name)
        return self.own.get(capability_name, row.price_yuan if row else None)

    def paid(self, capability_name: str, attempts: int, *, done: bool) -> float | None:
        """The price on the receipt, in yuan: 0 when the vendor was not called, and None when calls gave no cutout,
        as it is not known whether the vendor billed them."""
        if not attempts:
            return 0.0
        return self.of(capability_name) if done else None
