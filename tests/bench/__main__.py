"""`python -m tests.bench`: prints the figures that the README quotes."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from tests.bench.cold_start import OURS, RUNS, Starter, cold_starts
from tests.bench.stage import stage_peer
from tests.python310 import python310

PEERS = Path(__file__).with_name("peers")


def main() -> int:
    python = python310()
    if python is None:
        print("The staged build is for CPython 3.10, and there is none here: install one, or name it in $PYTHON310.")
        return 1
    peers = sorted(path.parent for path in PEERS.glob("*/requirements.txt"))
    starters = [*OURS, *(Starter(peer.name, stage_peer(peer, python)) for peer in peers)]
    print(f"Cold start on {platform.machine()}, CPython 3.10 with compiled code, medians of {RUNS} taken in turn,")
    print("in milliseconds; ready is the first request for an event, from the start of the process:\n")
    found, bare = cold_starts(python, starters)
    print(f"{'handler':16}{'import index':>14}{'ready':>8}")
    for one in found:
        print(f"{one.name:16}{one.imported:14.0f}{one.ready:8.0f}")
    print(f"{'bare Python':16}{'':14}{bare:8.0f}")
    for peer in found[len(OURS) :]:
        print(f"\ngeneral is ready in {found[0].ready / peer.ready:.2f} of the time that {peer.name} takes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
