"""Whether a person should look at a cutout before it is sold from: measured on the photo and the vendor's alpha.

All of it at 512 pixels, where it costs the same for every photo. What has no value, as the outline's of a cutout that
is empty or the whole frame, is absent and not 0. A part that the vendor left out cannot be found this way.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Literal, Protocol

import pyvips

from shared.listings.planes import VISIBLE
from shared.listings.thresholds import THRESHOLDS
from shared.messages.message import Message

LONGEST = 512
"""Longest side of what is measured, in pixels: the thresholds are for this size."""

_OPAQUE = 243
"""Of 255: the alpha from which on a pixel is opaque, 95 %. From `VISIBLE` up to it, a pixel is soft."""
_SUBJECT = 128
"""Of 255: the alpha from which on a pixel is the subject's where there is only yes or no."""
_SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


class Seen(Protocol):
    """What is judged: a `shared.listings.subject.Subject`."""

    def low(self, longest: int) -> tuple[pyvips.Image, pyvips.Image]:
        """The photo's RGB and the vendor's alpha, 8 bit, with a longest side of at most `longest` pixels."""


@dataclass(frozen=True)
class Verdict:
    verdict: Literal["ok", "look"]
    """`look` says where people should look first; it stops no picture."""
    reasons: tuple[Message, ...]
    metrics: dict[str, float]
    """By the names in `THRESHOLDS`, with four digits; and `holes`, a number."""


def judge(subject: Seen, *, goods: bool) -> Verdict:
    """`goods`: the subject should be one whole thing, so a thing cut off, in parts or with holes is told as well."""
    photo, alpha = subject.low(LONGEST)
    found = metrics(photo, alpha)
    rows = [row for row in THRESHOLDS if (goods or not row.goods) and row.crossed(found)]
    return Verdict("look" if rows else "ok", tuple(row.reason(**found) for row in rows), found)


def metrics(photo: pyvips.Image, alpha: pyvips.Image) -> dict[str, float]:
    """Of an RGB photo and the alpha of the same size, 8 bit both; THRESHOLDS says what each metric is."""
    photo, alpha = photo.copy_memory(), alpha.copy_memory()
    mask = (alpha >= _SUBJECT).copy_memory()
    found = _opacity(alpha) | _sides(mask) | _outline(photo, alpha, mask) | _parts(mask) | _holes(mask)
    return {name: round(value, 4) for name, value in found.items()}


def _opacity(alpha: pyvips.Image) -> dict[str, float]:
    counts = _numbers(alpha.hist_find())
    found = {"coverage": alpha.avg() / 255}
    if visible := sum(counts[VISIBLE:]):
        inside = _shrunk(_soft(alpha), round(0.01 * max(alpha.width, alpha.height)))
        found["deep_soft"] = _area(inside) / visible
        found["peak"] = next(value for value in range(256) if sum(counts[VISIBLE : value + 1]) >= 0.9 * visible) / 255
    return found


def _sides(mask: pyvips.Image) -> dict[str, float]:
    shares = {name: strip.avg() / 255 for name, strip in _frame(mask).items()}
    return shares | {"sides": sum(share > 0.02 for share in shares.values())}


def _outline(photo: pyvips.Image, alpha: pyvips.Image, mask: pyvips.Image) -> dict[str, float]:
    if not (length := _area(mask ^ _shrunk(mask, 1))):
        return {}
    contour = _grown(mask, 1) ^ _shrunk(mask, 1)
    beside = _grown(contour, 9) ^ _grown(contour, 4)
    zones = ((contour & 1) | (beside & 2)).copy_memory()
    around = zones.find_trim(threshold=0.5, background=[0], line_art=True)
    pixels = _numbers(zones.hist_find())
    sums = _numbers(_gradient(photo.crop(*around)).hist_find_indexed(zones.crop(*around)))
    on_it, beside_it = (sums[zone] / max(1, pixels[zone]) for zone in (1, 2))
    return {
        "soft_width": 100 * _area(_soft(alpha)) / length / max(alpha.width, alpha.height),
        "edge_ratio": on_it / (beside_it + 0.3),
    }


def _gradient(photo: pyvips.Image) -> pyvips.Image:
    """How much the colour changes at each pixel: of lightness, red–green and yellow–blue (CIELAB) what changes most."""
    lab = photo.copy(interpretation="srgb").colourspace("lab").copy_memory()
    across = pyvips.Image.new_from_array(_SOBEL, scale=8)
    dx, dy = lab.conv(across).copy_memory(), lab.conv(across.rot90()).copy_memory()
    squares = (dx * dx + dy * dy).copy_memory()
    return squares[0].maxpair(squares[1]).maxpair(squares[2]) ** 0.5


def _parts(mask: pyvips.Image) -> dict[str, float]:
    # What is less than a hundredth of the frame apart is one part: at this size strands of hair come in pieces.
    joined = _grown(mask, round(0.006 * max(mask.width, mask.height)))
    areas = [area for area in _areas(mask, joined.labelregions()) if area]
    if not areas:
        return {}
    return {
        "specks": sum(area < 0.01 * max(areas) for area in areas),
        "outside_main": 1 - max(areas) / sum(areas),
    }


def _holes(mask: pyvips.Image) -> dict[str, float]:
    if not (subject := _area(mask)):
        return {}
    labels = mask.labelregions().copy_memory()
    outer = {int(label) for strip in _frame(labels).values() for label in _numbers(strip)}
    areas = [area for label, area in enumerate(_areas(mask.invert(), labels)) if label not in outer]
    holes = [area for area in areas if area >= 1e-4 * mask.width * mask.height]
    return {"holes": len(holes), "hole_share": sum(holes) / subject if len(holes) > 3 else 0.0}


def _soft(alpha: pyvips.Image) -> pyvips.Image:
    return (alpha >= VISIBLE) & (alpha < _OPAQUE)


def _area(mask: pyvips.Image) -> float:
    """In pixels."""
    return float(mask.avg() / 255 * mask.width * mask.height)


def _areas(mask: pyvips.Image, labels: pyvips.Image) -> list[float]:
    """The pixels of `mask` in each labelled region; the 65,536th and later regions, of noise, count as one."""
    return [total / 255 for total in _numbers(mask.hist_find_indexed(labels.cast("ushort")))]


def _frame(image: pyvips.Image) -> dict[str, pyvips.Image]:
    """Its outermost pixels, side by side."""
    right, bottom = image.width - 1, image.height - 1
    return {
        "left": image.crop(0, 0, 1, image.height),
        "top": image.crop(0, 0, image.width, 1),
        "right": image.crop(right, 0, 1, image.height),
        "bottom": image.crop(0, bottom, image.width, 1),
    }


def _grown(mask: pyvips.Image, radius: int) -> pyvips.Image:
    return mask.morph(_square(radius), "dilate")


def _shrunk(mask: pyvips.Image, radius: int) -> pyvips.Image:
    return mask.morph(_square(radius), "erode")


def _square(radius: int) -> pyvips.Image:
    side = 2 * radius + 1
    return pyvips.Image.new_from_array([[255] * side] * side)


def _numbers(image: pyvips.Image) -> list[float]:
    return array("d", bytes(image.cast("double").write_to_memory())).tolist()
