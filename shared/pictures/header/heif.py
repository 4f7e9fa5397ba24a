"""HEIF (ISO/IEC 23008-12) in the boxes of ISO/IEC 14496-12: HEIC, and AVIF (AV1 Image File Format)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import suppress

from shared.messages import pictures as messages
from shared.pictures.header.boxes import Fields, boxes, down
from shared.pictures.header.facts import Header
from shared.pictures.header.refusals import not_an_image
from shared.pictures.header.view import View

_CODECS = {b"hvc1": "heic", b"hev1": "heic", b"av01": "avif"}
"""OSS's format by the type of an item with a coded picture."""

_DERIVED = frozenset({b"grid", b"iovl", b"iden", b"tmap"})
"""Types of items that are derived from others: tiles, layers, an identical picture, and a tone-mapped one."""

_MOST_PARTS = 4096
"""Items that one is derived from: tiles of 512 pixels in 30,000 × 30,000 pixels, the largest that OSS takes."""

_SEQUENCES = frozenset({b"msf1", b"hevc", b"hevx", b"hevm", b"hevs", b"avis"})
"""Brands of files that contain a track of pictures, with or without a still picture."""

_PICTURES = frozenset({b"pict", b"vide"})
"""Handlers of tracks that contain pictures."""

_ALPHA = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"})


def read_heif(view: View) -> Header:
    """The facts of the primary item, which decoders show. `frames` is of the longest track, if a brand announces one.

    Raises `Rejected` (`NotAnImage`) when OSS does not read its coding, or the file has a track only.
    """
    still, track = _top(view)
    if still is None:
        raise _without_still(track)
    items = _items(still)
    if items.primary not in items.types:
        raise _without_still(track)
    codec = items.codec(items.primary)
    if codec not in _CODECS:
        raise not_an_image(messages.HEIF_CODEC(codec=codec.decode("latin-1")))
    width, height = _sides(items)
    frames = _samples(track) if track is not None else 1
    return Header(_CODECS[codec], width, height, frames=frames, alpha=_has_alpha(items))


def _without_still(track: View | None) -> Exception:
    return ValueError("no primary item") if track is None else not_an_image(messages.HEIF_SEQUENCE())


def _top(view: View) -> tuple[View | None, View | None]:
    """The box `meta` and, where a brand announces a track, the box `moov`, in either order."""
    brands: frozenset[bytes] = frozenset()
    found: dict[bytes, View] = {}
    with suppress(struct.error, ValueError):  # what follows the box that is needed may be damaged, or never end
        for name, body in boxes(view):
            if name == b"ftyp":
                listed = body.at(0, 400)
                brands = frozenset(listed[at : at + 4] for at in range(0, len(listed), 4))
            found.setdefault(name, body)
            if b"meta" in found and (b"moov" in found or not brands & _SEQUENCES):
                break
    return found.get(b"meta"), found.get(b"moov")


class _Items:
    """The items in the box `meta`, by their ids."""

    def __init__(self) -> None:
        self.primary = 0
        self.types: dict[int, bytes] = {}
        self.properties: list[tuple[bytes, View]] = []
        self.associations: dict[int, list[int]] = {}
        """Each item's properties: their numbers in `properties`, from 1, in the order in which they apply."""
        self.references: list[tuple[bytes, int, tuple[int, ...]]] = []
        """Kind of reference, the item it is from, and the items it is to."""

    def codec(self, item: int) -> bytes:
        """The coding of `item`, or of the first item it is derived from. Raises `KeyError` when it is not stated."""
        for _ in range(4):  # no known writer goes deeper than an overlay of grids
            if self.types[item] not in _DERIVED:
                break
            item = self.parts(item)[0]
        return self.types[item]

    def parts(self, item: int) -> tuple[int, ...]:
        """The items that `item` is derived from. Raises `KeyError` when they are not stated."""
        return {start: to for kind, start, to in self.references if kind == b"dimg"}[item]

    def properties_of(self, item: int) -> list[tuple[bytes, View]]:
        """Type and content of the properties of `item`, in the order in which they apply."""
        return [self.properties[number - 1] for number in self.associations.get(item, ()) if number]


def _items(meta: View) -> _Items:
    items = _Items()
    for name, body in boxes(meta, 4):
        match name:
            case b"pitm":
                fields = Fields(body)
                items.primary = fields.one(">I" if fields.version else ">H")
            case b"iinf":
                items.types = dict(_types(body))
            case b"iref":
                items.references = list(_references(body))
            case b"iprp":
                for inner, content in boxes(body):
                    if inner == b"ipco":
                        items.properties = list(boxes(content))
                    elif inner == b"ipma":
                        items.associations.update(_associations(Fields(content)))
    return items


def _types(iinf: View) -> Iterator[tuple[int, bytes]]:
    (version,) = iinf.unpack(">B", 0)
    for _, entry in boxes(iinf, 8 if version else 6):
        fields = Fields(entry)
        if fields.version >= 2:
            item, _, kind = fields.take(">IH4s" if fields.version > 2 else ">HH4s")
            yield item, kind


def _references(iref: View) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    wide = "I" if iref.unpack(">B", 0)[0] else "H"
    for kind, body in boxes(iref, 4):
        start, many = body.unpack(f">{wide}H", 0)
        if many > _MOST_PARTS:
            raise ValueError("more parts than any picture has")
        yield kind, start, body.unpack(f">{many}{wide}", struct.calcsize(f">{wide}H"))


def _associations(ipma: Fields) -> Iterator[tuple[int, list[int]]]:
    layout, mask = (">H", 0x7FFF) if ipma.flags & 1 else (">B", 0x7F)  # the highest bit: whether it is essential
    for _ in range(ipma.one(">I")):
        item = ipma.one(">I" if ipma.version else ">H")
        yield item, [ipma.one(layout) & mask for _ in range(ipma.one(">B"))]


def _sides(items: _Items) -> tuple[int, int]:
    """The sides as shown: `clap` and `irot` apply in their order, wherever `ispe` is among them."""
    properties = items.properties_of(items.primary)
    width, height = dict(properties)[b"ispe"].unpack(">II", 4)
    for name, body in properties:
        match name:
            case b"clap":
                wide, high, left, top = (over / under for over, under in struct.iter_unpack(">iI", body.at(0, 32)))
                width, height = _cut(width, wide, left), _cut(height, high, top)
            case b"irot" if body.unpack(">B", 0)[0] & 1:
                width, height = height, width
    return width, height


def _cut(side: int, clean: float, shift: float) -> int:
    """The pixels of `side` that are left when `clean` of them are shown, `shift` being the distance of the centres."""
    first = math.floor(shift + (side - clean) / 2)
    return min(side, first + round(clean)) - max(0, first)


def _has_alpha(items: _Items) -> bool:
    """Whether an item is the alpha of the primary one, or of its tiles. Layers have an opaque background."""
    shown = {items.primary}
    if items.types[items.primary] == b"grid":
        shown.update(items.parts(items.primary))
    return any(
        name == b"auxC" and body.at(4, 60).partition(b"\0")[0] in _ALPHA
        for kind, start, to in items.references
        if kind == b"auxl" and shown & {*to}
        for name, body in items.properties_of(start)
    )


def _samples(moov: View) -> int:
    """The number of pictures in the longest track."""
    longest = 1
    for media in down(moov, b"trak", b"mdia"):
        kinds = {handler.at(8, 4) for handler in down(media, b"hdlr")}
        for sizes in down(media, b"minf", b"stbl", b"stsz") if kinds & _PICTURES else ():
            longest = max(longest, Fields(sizes).take(">II")[1])
    return longest
