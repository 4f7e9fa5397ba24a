"""What Function Compute charges, by its published formula (pay as you go, tier 1, list price in USD).

https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/pay-as-you-go-billing-method-1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.cloud.fc_runner import TURNED_AWAY, Invocation
from tests.cloud.function import Function

USD_PER_CU = 0.000020
_INVOCATION = 0.0075
_VCPU_SECOND, _MEMORY_GB_SECOND, _DISK_GB_SECOND = 1.0, 0.15, 0.05


def units(function: Function, seconds: float, invocations: int = 1) -> float:
    """CU of so many invocations that took `seconds` in all; waiting costs what working does."""
    per_second = (
        function.cpu * _VCPU_SECOND
        + function.memory / 1024 * _MEMORY_GB_SECOND
        + function.disk / 1024 * _DISK_GB_SECOND
    )
    return invocations * _INVOCATION + seconds * per_second


def usd(functions: Mapping[str, Function], invocations: Iterable[Invocation], *, slower: float = 1) -> float:
    """What these cost; `slower`: they ran in a time that went so many times slower. Being turned away is free."""
    ran = [each for each in invocations if each.outcome != TURNED_AWAY]
    return USD_PER_CU * sum(units(functions[each.function], each.seconds / slower) for each in ran)
