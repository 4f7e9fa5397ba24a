"""`python -m tests.cloud`: runs the cloud in a box until interrupted.

Its settings go to stdout, one NAME=value a line, so that any OSS client can be pointed at it; what happens, to stderr.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from console.screen import language
from tests.cloud.box import Cloud
from tests.cloud.desk import desk
from tests.cloud.oss_image_actions import AS_WRITTEN, TURNED_FIRST
from tests.cloud.other_terminal import FOLDER, prepare


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    parser.add_argument(
        "--timer-seconds", type=float, default=5.0, help="how often timers fire here, instead of s.yaml's schedule"
    )
    parser.add_argument("--staged", action="store_true", help="run what `make build` made, in a Python 3.10")
    parser.add_argument(
        "--turned-first", action="store_true", help="OSS turns pictures before all else, as its older documents say"
    )
    parser.add_argument("--empty", action="store_true", help="nothing is deployed: the command `cutout` does that")
    parser.add_argument("--desk", action="store_true", help="serve the desk over it, at an address that is printed")
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        help="gets what the command `cutout` needs in another terminal, with --empty or --desk (default: .cloud)",
    )
    options = parser.parse_args()

    # Taken over first: whoever starts us may change their mind at once.
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())

    with Cloud(
        code="staged" if options.staged else "source",
        timer_seconds=options.timer_seconds,
        reading=TURNED_FIRST if options.turned_first else AS_WRITTEN,
        empty=options.empty,
        log=_say,
    ) as cloud:
        if options.desk:
            prepare(options.folder, cloud)
            with desk(cloud, language()) as page:
                print(page.address, flush=True)
                _say("Open this address in a browser of this machine. Ctrl-C ends it.")
                _say(f"Or, in another terminal: `. {_env(options.folder)}`, then `.venv/bin/cutout status`.")
                page.serve_until_interrupted()
            return
        settings = prepare(options.folder, cloud) if options.empty else cloud.settings()
        for name, value in settings.items():
            print(f"{name}={value}", flush=True)
        if options.empty:
            _say(f"Nothing is deployed. In another terminal: `. {_env(options.folder)}`, then `.venv/bin/cutout init`.")
        else:
            _say(f"Upload to {cloud.bucket}/uploads/general/common/. A stand-in draws the cutouts.")
        _say("Ctrl-C ends it.")
        interrupted.wait()
    _say("Ended.")


def _env(folder: Path) -> str:
    return os.path.relpath(folder / "env")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
