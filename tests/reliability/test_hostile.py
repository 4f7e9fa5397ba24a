"""Hostile input does no harm: each ends as a receipt, a parked job or a line of the log, in little time and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cloud.manifest import ROOT, load
from tests.reliability.hostile_inputs import TRIALS
from tests.reliability.hostile_memory import KINDS

QUICK = {name: trial for name, trial in TRIALS.items() if "a million" not in name and "no length" not in name}
"""With coverage, so many parts take five seconds and more each: `make reliability` tries those too."""


@pytest.mark.parametrize("trial", QUICK.values(), ids=QUICK)
def test_hostile_input_does_no_harm(trial: Callable[[], None]) -> None:
    trial()


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_reply_fits_into_a_functions_memory(kind: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.reliability.hostile_memory", kind],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    ended, megabytes = ran.stdout.split()
    assert ended == {"a picture": "served", "values": "HTTP200"}.get(kind, "ResultNotAnImage")
    assert int(megabytes) < load().functions["picwish"].memory
