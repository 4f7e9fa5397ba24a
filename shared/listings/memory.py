"""Decides from headers alone, before anything is decoded, what an instance's memory allows.

A photo that the instance cannot decode is reshaped by OSS on its way here. Every figure is the most memory that a
process used, measured with libvips 8.18.7 and one thread: see `tests/unit/listings/test_memory.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.errors import Rejected
from shared.listings.presets import Preset
from shared.messages import listings as messages
from shared.messages import pictures
from shared.messages.message import COMMA, Message
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import PNG, largest, refuse_unreadable, reshaped, within

_APP = 70_000_000
"""Bytes that the function has before it opens a picture."""
_RESERVE = 60_000_000
"""Bytes that stay free: an instance that exceeds its memory is killed, without a word."""
_HELD = {"jpg": 1, "png": 1, "tiff": 2, "gif": 5, "webp": 10, "avif": 16}
"""Bytes held for each pixel of a photo, by its format: those that libvips reads. It streams the first three."""
_TURNED = 3.3
"""More for each pixel of a photo that EXIF says is turned: it is held whole."""
_CUTOUT = 40
"""Bytes held for each pixel of the vendor's picture, or of the photo where that is smaller."""
_CANVAS = 30
"""Bytes held for each pixel of a canvas of fixed sides, while it is encoded."""


@dataclass(frozen=True)
class Plan:
    """How to make what fits."""

    process: str
    """The `x-oss-process` value with which OSS hands out a photo that fits; empty: as it is stored."""
    refused: Mapping[str, Rejected]
    """By name: the presets that do not fit, and why."""


def plan(photo: Header, size: int, cutout: Header, presets: tuple[Preset, ...], memory: int) -> Plan:
    """`size` is the photo's in bytes; `memory` is the instance's.

    Raises `Rejected` when no preset can be made: OSS cannot reshape the photo, or the cutout takes too much memory.
    """
    room = memory - _APP - _RESERVE - _CUTOUT * min(_pixels(cutout), _pixels(photo))
    process, held = "", _held(photo)
    problems = list(_problems(photo, held, room))
    if problems:
        refuse_unreadable(photo, size, problems)
        sides = within(photo, *largest(photo, math.inf, math.inf, PNG))
        process, held = reshaped(photo, sides, PNG).process, _HELD["png"] * sides[0] * sides[1]
    needed = {preset.name: held + _canvas(preset) for preset in presets}
    refused = {name: _too_small(memory - room + bytes_, memory) for name, bytes_ in needed.items() if bytes_ > room}
    if len(refused) == len(presets):
        raise next(iter(refused.values()))
    return Plan(process, refused)


def _problems(photo: Header, held: float, room: float) -> Iterator[Message]:
    if photo.format not in _HELD:
        taken = COMMA.join(sorted(each.upper() for each in _HELD))
        yield pictures.FORMAT(format=photo.format.upper(), taken=taken)
    elif held > room:
        yield messages.TOO_MUCH_MEMORY(needed=_megabytes(held), room=_megabytes(max(0, room)))


def _held(photo: Header) -> float:
    """Bytes that are held while a photo is decoded."""
    turned = _TURNED if photo.orientation != 1 else 0
    return _pixels(photo) * (_HELD.get(photo.format, 0) + photo.buffered + turned)


def _canvas(preset: Preset) -> int:
    """Bytes that are held for the picture itself: none where its size is the photo's, since that one streams."""
    return 0 if isinstance(preset.canvas, str) else _CANVAS * preset.canvas[0] * preset.canvas[1]


def _pixels(picture: Header) -> int:
    return picture.width * picture.height


def _too_small(needed: float, memory: int) -> Rejected:
    said = messages.INSTANCE_TOO_SMALL(needed=_megabytes(needed), memory=_megabytes(memory))
    return Rejected("InstanceTooSmall", said)


def _megabytes(count: float) -> int:
    return math.ceil(count / 1_000_000)
