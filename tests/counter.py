"""A counter: hand in a picture, get its receipt, and hear what the vendor saw and billed for it.

Everything is real but the processes and the drawing: the handlers run here, at once, on the event that the bucket
sent, and each kind of answer is drawn once, from a portrait, since what the pictures show is no matter here.
What a vendor takes is what its stand-in's own table says, drawn up from the vendor's manual.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from shared import handlers
from shared.documents import Receipt
from shared.models import Capability
from tests.cloud import oss_image, segment, viapi_actions
from tests.cloud.box import Cloud
from tests.cloud.oss_image_actions import FORMATS
from tests.cloud.segment import Pixels
from tests.cloud.viapi_drawings import Draw
from tests.cloud.viapi_drawn import Order, Tree
from tests.cloud.viapi_pictures import Picture, key_of
from tests.shop import Shop

_LARGE = 1_000_000
_OSS_NAMES = {pillow: name for name, pillow in FORMATS.items() if name != "jpeg"}
_OF_EVERY_CALL = {
    *("Action", "Version", "Format", "RegionId", "AccessKeyId", "SecurityToken", "Timestamp"),
    *("Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce"),
}


@dataclass(frozen=True)
class Takes:
    """What a vendor takes, in OSS's words; bounds are inclusive, in bytes and pixels."""

    formats: frozenset[str]
    max_bytes: int
    least: int
    most: int
    aspect: float
    """The longer side over the shorter one."""
    depths_refused: frozenset[int]
    """Bits a pixel that a PNG may not have."""
    seconds: tuple[str, ...]
    """The fields of pictures beside the first."""
    same_size: bool


def _viapi(action: str) -> Takes:
    row = viapi_actions.ACTIONS[action]
    limits = row.limits
    return Takes(
        formats=frozenset(_OSS_NAMES[form] for form in limits.formats),
        max_bytes=limits.max_bytes,
        least=limits.over + 1,
        most=limits.under - 1,
        aspect=limits.aspect[1] if limits.aspect else math.inf,
        depths_refused=limits.png_depths_refused,
        seconds=row.pictures[1:],
        same_size=row.same_size,
    )


_TABLES: Mapping[str, Callable[[str], Takes]] = {"viapi": _viapi}
"""Where each vendor's stand-in says what it takes: one entry a provider."""


def taken(row: Capability) -> Takes:
    """What the vendor takes, whatever the row says."""
    return _TABLES[row.provider](row.action)


@dataclass(frozen=True)
class Seen:
    """What a vendor was shown: the pictures' width and height, and the options, in its words."""

    sides: tuple[tuple[int, int], ...]
    options: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    receipt: Receipt
    codes: tuple[str, ...]
    """What the vendor answered to each call, an empty one when it did as it was asked."""
    billed: int
    seen: tuple[Seen, ...]


class Counter:
    """Takes pictures in; `seen` is kept by whoever draws, by the upload's key."""

    def __init__(self, cloud: Cloud, clock: _Clock, seen: dict[str, list[Seen]]) -> None:
        self._shop = Shop(cloud)
        self._stand_ins = (cloud.viapi,)
        self._clock = clock
        self._seen = seen
        self._numbers = itertools.count()
        self._told: list[dict[str, Any]] = []
        self._role = cloud.accounts.assume_role()
        cloud.oss.on_event = self._told.append

    def hand_in(self, row: Capability, body: bytes, second: bytes = b"", *, folder: str = "") -> Outcome:
        """Upload `body` below `folder`, with `second` beside it, and wait for the receipt."""
        key = f"uploads/{row.name}/{folder}{'/' if folder else ''}{next(self._numbers)}.jpg"
        companion = f"{key}.{row.companion}.jpg" if second else ""
        if companion:
            self._shop.upload(companion, second)
        self._told.clear()  # which picture is told of first is no matter here
        self._shop.upload(key, body)
        (event,) = self._told
        handlers.on_upload(row.name.partition("/")[0])(json.dumps(event).encode(), self._context())
        receipt = self._shop.receipt(key) or self._settle(key)
        if len(body) + len(second) > _LARGE:
            self._shop.bucket.delete((key, companion) if companion else (key,))  # the bucket is in memory
        return Outcome(
            receipt,
            codes=tuple(call.code for box in self._stand_ins for call in box.calls if call.key == key),
            billed=sum(call.key == key for box in self._stand_ins for call in box.ledger),
            seen=tuple(self._seen.get(key, ())),
        )

    def is_clear(self) -> bool:
        """Whether nothing is left of any work when settle has come by."""
        handlers.on_timer()(b"{}", self._context())
        return not [*self._shop.bucket.list("jobs/"), *self._shop.bucket.list("work/")]

    def _settle(self, key: str) -> Receipt:
        """The receipt of what could not be finished in one go: settle comes by a few times."""
        for _ in range(5):
            self._clock.ahead += timedelta(seconds=10)
            handlers.on_timer()(b"{}", self._context())
            if receipt := self._shop.receipt(key):
                self._clock.ahead = timedelta()
                return receipt
        raise AssertionError(f"no receipt came: {self._shop.job(key)}")

    def _context(self) -> Any:
        return SimpleNamespace(credentials=SimpleNamespace(**vars(self._role)), function=SimpleNamespace(timeout=300))


class _Clock:
    """The functions' clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(timezone.utc) + self.ahead


@contextmanager
def counter() -> Iterator[Counter]:
    """A counter in a cloud of its own, whose vendors are as quick as can be."""
    seen: dict[str, list[Seen]] = {}
    with Cloud(timer_seconds=math.inf, qps=1000, job_seconds=0) as cloud, pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.settings().items():
            patch.delenv(name, raising=False)
            if not name.startswith("ALIBABA_CLOUD"):  # those a function gets from its role
                patch.setenv(name, value)
        clock = _Clock()
        patch.setattr(handlers, "_now", clock)
        for action, row in viapi_actions.ACTIONS.items():
            patch.setitem(viapi_actions.ACTIONS, action, replace(row, draw=_drawn_once(row.draw, seen)))
        patch.setattr(segment, "_SEARCH", 64)  # any cutout will do
        _let_oss_read_heic(patch)
        _forget_settings()
        yield Counter(cloud, clock, seen)
        _forget_settings()


def _forget_settings() -> None:
    handlers._settings.cache_clear()
    handlers._arrivals.cache_clear()


def _drawn_once(draw: Draw, seen: dict[str, list[Seen]]) -> Draw:
    """Answers as `draw` answers a portrait with the same options, and notes what it was really shown."""

    @lru_cache
    def answer(options: frozenset[tuple[str, str]], pictures: int) -> Tree:
        return draw(Order((Picture("", _portrait()),) * pictures, dict(options)))

    def noted(order: Order) -> Tree:
        shown = {picture.url for picture in order.pictures}
        options = {
            name: value for name, value in order.options.items() if name not in _OF_EVERY_CALL and value not in shown
        }
        sides = tuple((picture.pixels.shape[1], picture.pixels.shape[0]) for picture in order.pictures)
        seen.setdefault(key_of(order.pictures[0].url), []).append(Seen(sides, options))
        return answer(frozenset(options.items()), len(order.pictures))

    return noted


@lru_cache
def _portrait() -> Pixels:
    """Small, with a face that is large enough for whoever wants one."""
    return np.asarray(data.astronaut()[:300, 90:390], np.uint8)


def _let_oss_read_heic(patch: pytest.MonkeyPatch) -> None:
    """OSS reads HEIC, and Pillow does not: here it learns as much of it as `tests.pictures.heic` writes, black."""

    def read(file: io.BytesIO, name: str | bytes) -> Image.Image:
        content = file.read()
        boxes = [at + 8 for at in range(len(content)) if content.startswith(b"ispe", at)]
        image = Image.new("RGB", max(struct.unpack_from(">II", content, at) for at in boxes))
        image.format = "HEIC"
        return image

    patch.setitem(Image.OPEN, "HEIC", (read, lambda head: head[4:12] == b"ftypheic"))
    patch.setitem(oss_image._NAMES, "HEIC", "heic")
