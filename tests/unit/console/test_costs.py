"""What calls cost, in words."""

from __future__ import annotations

from console.costs import costs


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    assert (costs(0.0).en, costs(0.125).zh) == ("0.00 yuan", "0.12 元")
    assert "not known" in costs(None).en
    assert "0.00" not in costs(None).zh.replace("0.003", "")
