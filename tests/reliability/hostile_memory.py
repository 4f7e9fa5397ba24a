"""`python -m tests.reliability.hostile_memory <kind>`: a process of its own that is sent the longest reply there may
be, by the vendor whose replies may hold pictures. It prints the code of the receipt or the job, and its peak of memory
in MB."""

from __future__ import annotations

import base64
import sys
from datetime import timedelta
from pathlib import Path

from shared.cloud.http_client import HttpClient
from shared.cloud.ports import LONGEST_REPLY
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.vendors.picwish import Picwish
from shared.vendors.quotas import Quotas
from tests.pictures import picture
from tests.reliability.hostile_sockets import Sink, says, serving
from tests.reliability.hostile_wire import OK
from tests.unit.fakes import Shop

KEY = "uploads/picwish/cutout/a.jpg"
KINDS = {
    "a picture": base64.b64encode(picture(form="PNG") + bytes(2)).decode().rstrip("="),
    "half a character and four bytes": r"\ud83d😀",
    "values": '", "b": [' + "{}," * 7_000_000 + '0], "c": "',
}
"""How what stands in the place of the picture begins; the rest is zeros."""


def reply(image: str, size: int) -> bytes:
    begin, end = b'{"status": 200, "data": {"state": 1, "image": "' + image.encode(), b'"}}'
    zeros = size - len(begin) - len(end)
    whole = begin + b"A" * (zeros - (len(image) + zeros) % 4) + end
    return OK + b"Content-Length: %d\r\n\r\n" % len(whole) + whole


def main() -> None:
    shop = Shop()
    shop.bucket = Sink(shop.clock)
    web = HttpClient(result_hosts=frozenset(), call_seconds=30, wait_seconds=1)
    line = shop.compose(web, JobStore(shop.bucket, shop.clock, timedelta(seconds=132)))

    with serving(says(reply(KINDS[sys.argv[1]], LONGEST_REPLY))) as address:
        shop.providers["picwish"] = Picwish({"picwish/cutout": f"http://{address}"}, "EXAMPLE-appcode", Quotas(100))
        shop.meet(line).dispatch(Upload(KEY), shop.bucket.put(KEY, picture()))
    outcome = shop.receipt(KEY) or shop.job(KEY)
    assert outcome is not None
    print(outcome.code or "served", _peak())


def _peak() -> int:
    """Megabytes. What `resource` tells of a new process may be its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // 1_000_000


if __name__ == "__main__":
    main()
