"""A line that VIAPI serves, in memory: uploads of each kind, and the answers that tests have it give.

Test modules take the fixture by assignment: arguments of the same name would shadow an import.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.fakes import Shop

COMMON = "uploads/general/common/shoe.jpg"
HD = "uploads/general/hd-common/shoe.jpg"
VEHICLE = "uploads/general/vehicle/street.jpg"
PAIR = "uploads/general/refine-mask/shoe.jpg"
MASK = f"{PAIR}.mask.png"

LINK = "http://results.example/1.png?Expires=1&Signature=x"


def ok(**data: Any) -> tuple[int, str]:
    return 200, json.dumps({"RequestId": "R-1", "Data": data})


def refused(code: str, status: int = 400) -> tuple[int, str]:
    return status, json.dumps({"RequestId": "R-9", "Code": code, "Message": "said the vendor."})


def status(status: str, **more: str) -> tuple[int, str]:
    return ok(Status=status, JobId="R-1", **more)


SUBMITTED = (200, json.dumps({"RequestId": "R-1", "Message": "submitted"}))
THROTTLED = refused("Throttling.User")


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.web.always = ok(ImageURL=LINK)
    return shop
