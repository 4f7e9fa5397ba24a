"""What shows on stderr while a measurement runs, so that nobody takes a long one for a hung one."""

from __future__ import annotations

import sys
import time

_begun = time.monotonic()


def say(text: str) -> None:
    """A line of its own, with the seconds since the beginning."""
    print(f"{time.monotonic() - _begun:5.0f} s  {text}", file=sys.stderr, flush=True)
