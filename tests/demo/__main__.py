"""`python -m tests.demo [FOLDER] [--capability NAME]`: photos to cutouts in a cloud of this machine's own.

Without FOLDER, the built-in photos. Exit code 0: every photo has its answer, which is a result or the reason why it was
rejected; 1: some have none; 2: there was nothing to begin with; 130: interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import signal
import sys
from pathlib import Path

from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.box import Cloud
from tests.cloud.manifest import ROOT
from tests.demo import folder
from tests.demo.bucket import OssBucket
from tests.demo.own import GOES_TO, Found, in_folder
from tests.demo.photos import samples
from tests.demo.progress import Progress
from tests.demo.run import run

DEMO = ROOT / "demo"


class Unusable(Exception):
    """The demo cannot begin; the message says what to do."""


def main(arguments: list[str], demo: Path = DEMO) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="", help="whose files to send instead of the built-in photos")
    parser.add_argument(
        "--capability", default="", help=f"where to send them; else as their folders say, or to {GOES_TO}"
    )
    asked = parser.parse_args(arguments)
    try:
        found = _photos(asked.folder, asked.capability.strip("/"), demo)
        folder.empty(demo)
        code = _in_the_box(found, demo)
    except (Unusable, folder.NotOurs) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    if code:
        print(f"What the functions logged is in {_short(demo / 'log.txt')}")
    print(f"Look at {_short(demo / 'index.html')}")
    return code


def _photos(name: str, capability: str, demo: Path) -> Found:
    if capability and capability not in CAPABILITIES:
        near = difflib.get_close_matches(capability, CAPABILITIES, 1, 0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Unusable(f"There is no capability {capability}.{hint} There are: {', '.join(CAPABILITIES)}.")
    if not name:
        if capability:
            raise Unusable("CAPABILITY says where your own photos go: add PHOTOS=<a folder>, or leave it out.")
        return Found(samples(), [])
    source = Path(name).expanduser()  # not every shell does it behind `PHOTOS=`
    if not source.is_dir():
        raise Unusable(
            f"There is no folder {name}: write PHOTOS=<a folder with photos>, or nothing for the built-in ones."
        )
    if source.resolve().is_relative_to(demo.resolve()):
        raise Unusable(f"{name} is in {_short(demo)}, which is emptied first: copy the photos elsewhere.")
    found = in_folder(source, capability)
    if all(photo.is_companion for photo in found.photos):
        raise Unusable(f"There are no photos in {name}: put some there (names with a dot or _ in front don't count).")
    return found


def _in_the_box(found: Found, demo: Path) -> int:
    print("Starting a cloud on this machine: nothing leaves it, and a stand-in will draw the cutouts, not Alibaba.")
    with (
        (demo / "log.txt").open("w", encoding="utf-8", buffering=1) as log,
        # Half a minute is long enough for a first look: settle comes every two seconds rather than every minute.
        # One machine draws for all the vendors, about a photo a second: quotas are no larger than that.
        Cloud(timer_seconds=2, qps=1, job_seconds=3, latency=0.3, log=lambda line: print(line, file=log)) as cloud,
    ):
        bucket = OssBucket(cloud.oss.url, cloud.bucket, cloud.region, cloud.accounts.owner)
        return run(bucket, found, demo, Progress(sys.stdout))


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


if __name__ == "__main__":
    # A name that the terminal cannot spell must not end the run.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # Told to go, it cleans up as if interrupted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
