"""Verifies a file that was just written: it is decoded anew, and held against its preset and what was composed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import pyvips

from shared.errors import Rejected
from shared.listings.compose import Composed, box_of_sums, fitting_scale, share
from shared.listings.planes import VISIBLE
from shared.listings.presets import Preset
from shared.messages import listings as messages
from shared.messages.message import Message
from shared.pictures.geometry import Box

_FRAME = 10
"""Pixels along each side that must be white."""
_SCALE_OFF = 0.03
"""By how much, of 1, the scale that would bring the subject to the size that the preset asks may differ from 1."""
_BLOCK = 8
"""The side of JPEG's blocks in pixels. A block keeps its mean at every quality, whatever becomes of its detail."""
_BLOCK_OFF = {"jpeg": 24, "png": 0}
"""By how much, of 255, the mean of a block may differ from what was composed. In a JPEG, noise next to black or
white is cut off at one end."""


class Written:
    """A file that was just written, and what it was to become. Raises `pyvips.Error` when it cannot be decoded."""

    def __init__(self, path: Path, preset: Preset, composed: Composed) -> None:
        self.preset = preset
        self.composed = composed
        self.bytes = path.stat().st_size
        stream = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="error")
        # A picture of the photo's size is read once, as it streams; a listing is looked at several times.
        self.decoded = stream if isinstance(preset.canvas, str) else stream.copy_memory()

    @property
    def box(self) -> Box:
        """The subject's in the picture."""
        return self._measured[0]

    @property
    def share(self) -> float:
        """Of the frame, as the preset measures it: 0 to 1."""
        return share(self.box, self.preset, self.decoded.width, self.decoded.height)

    @property
    def coloured(self) -> bool:
        """Whether a clear pixel has a colour."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[Box, bool]:
        """In one pass. A JPEG has no alpha, so the box is that of the picture it was made from: see `_pixels`."""
        transparent = self.decoded.hasalpha()
        alpha = (self.decoded if transparent else self.composed.picture)[3]
        marks = alpha >= VISIBLE
        if transparent:
            red, green, blue = (self.decoded[band] for band in range(3))
            marks = marks.bandjoin((alpha == 0) & ((red | green | blue) > 0))
        columns, rows = marks.project()
        return box_of_sums(columns[0], rows[0]), transparent and columns[1].max() > 0


def check(path: Path, preset: Preset, composed: Composed) -> tuple[Written, tuple[str, ...]]:
    """The decoded file, and the names of the checks that it passed: all that concern `preset`.

    Raises `Rejected` when it cannot be decoded, or with the first check that it does not pass.
    """
    try:
        written = Written(path, preset, composed)
        names = tuple(name for name, (concerns, _) in _CHECKS.items() if concerns(preset))
        fault = next(filter(None, (_CHECKS[name][1](written) for name in names)), None)
    except pyvips.Error as error:
        fault = messages.UNDECODABLE(said=str(error).strip().splitlines()[-1])
    if fault:
        raise Rejected("NotPassed", messages.NOT_PASSED(preset=preset.name, fault=fault))
    return written, names


def _bytes(written: Written) -> Message | None:
    preset = written.preset
    if preset.least_bytes <= written.bytes <= preset.most_bytes:
        return None
    return messages.WRONG_BYTES(bytes=written.bytes, least=preset.least_bytes, most=preset.most_bytes)


def _type(written: Written) -> Message | None:
    found = str(written.decoded.get("vips-loader")).removesuffix("load")
    form = written.preset.form
    return None if found == form else messages.WRONG_TYPE(found=found.upper(), form=form.upper())


def _size(written: Written) -> Message | None:
    decoded, canvas, bands = written.decoded, written.preset.canvas, 3 if written.preset.form == "jpeg" else 4
    width, height = (
        (written.composed.picture.width, written.composed.picture.height) if isinstance(canvas, str) else canvas
    )
    if (decoded.width, decoded.height, decoded.bands, decoded.format) == (width, height, bands, "uchar"):
        return None
    return messages.WRONG_SIZE(
        found_width=decoded.width,
        found_height=decoded.height,
        found_bands=decoded.bands,
        width=width,
        height=height,
        bands=bands,
    )


def _white(written: Written) -> Message | None:
    decoded = written.decoded
    right, bottom = decoded.width - _FRAME, decoded.height - _FRAME
    sides = (
        (0, 0, decoded.width, _FRAME),
        (0, bottom, decoded.width, _FRAME),
        (0, 0, _FRAME, decoded.height),
        (right, 0, _FRAME, decoded.height),
    )
    least = min(decoded.crop(*side).min() for side in sides)
    return None if least == 255 else messages.NOT_WHITE(frame=_FRAME, least=int(least))


def _clear(written: Written) -> Message | None:
    return messages.COLOURED() if written.coloured else None


def _pixels(written: Written) -> Message | None:
    made = written.composed.on(written.preset.background)
    off = (written.decoded.shrink(_BLOCK, _BLOCK) - made.shrink(_BLOCK, _BLOCK)).abs().max()
    return messages.OTHER_PIXELS(off=int(off)) if off > _BLOCK_OFF[written.preset.form] else None


def _share(written: Written) -> Message | None:
    preset, box, decoded = written.preset, written.box, written.decoded
    # A subject that is placed well would be placed again at the scale 1.
    if box.width and abs(fitting_scale(box, preset, (decoded.width, decoded.height)) - 1) <= _SCALE_OFF:
        return None
    return messages.WRONG_SHARE(share=written.share, fill=preset.fill)


_Concerns = Callable[[Preset], bool]
_CHECKS: Mapping[str, tuple[_Concerns, Callable[[Written], Message | None]]] = {
    "bytes": (lambda _: True, _bytes),
    "type": (lambda _: True, _type),
    "size": (lambda _: True, _size),
    "white": (lambda preset: preset.background == "white", _white),
    "clear": (lambda preset: preset.background == "transparent", _clear),
    "pixels": (lambda preset: not isinstance(preset.canvas, str), _pixels),
    "share": (lambda preset: not isinstance(preset.canvas, str), _share),
}
"""Each with the presets that it concerns, in order: the first ones need no pixels."""
