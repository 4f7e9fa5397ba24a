"""The calls a second that were bought: one number for each vendor, and one for a capability with its own number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.vendors.capability import Capability


@dataclass(frozen=True)
class Quotas:
    """One vendor's quotas in calls a second: `usual` for each of its capabilities, except those in `own`, by name."""

    usual: float
    own: Mapping[str, float] = field(default_factory=dict)

    def per_second(self, row: Capability) -> float:
        """The quota of `row`, at most its `max_qps`."""
        return min(self.own.get(row.name, self.usual), row.max_qps)
