"""The calls a second that were bought: one number a vendor, and one for each capability that has its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.vendors.capability import Capability


@dataclass(frozen=True)
class Quotas:
    """Of one vendor, in calls a second: `usual` is for each of its capabilities but those that `own` names."""

    usual: float
    own: Mapping[str, float] = field(default_factory=dict)

    def per_second(self, row: Capability) -> float:
        """Never more than the vendor lets anyone have."""
        return min(self.own.get(row.name, self.usual), row.max_qps)
