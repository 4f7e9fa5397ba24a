"""What goes on until something is so, and fails where it never is."""

from __future__ import annotations

from collections.abc import Callable


def until(condition: Callable[[], object], step: Callable[[], object], most: int) -> int:
    """Take steps until the condition holds; how many that took. Fails when it does not hold after `most`."""
    for taken in range(most):
        if condition():
            return taken
        step()
    assert condition(), f"not after {most} steps"
    return most
