"""HEIF files without their pixels, box by box: what encoders at hand do not write."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field


def box(name: bytes, body: bytes, *, large: bool = False) -> bytes:
    """`large`: with a size of 64 bits."""
    if large:
        return struct.pack(">I4sQ", 1, name, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, name) + body


def full_box(name: bytes, body: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags) + body)


def ispe(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def irot(quarter_turns: int) -> bytes:
    return box(b"irot", bytes([quarter_turns]))


def clap(width: tuple[int, int], height: tuple[int, int], across: tuple[int, int], down: tuple[int, int]) -> bytes:
    """Fractions: the sides, and how far the middle lies from that of the picture."""
    return box(b"clap", struct.pack(">iIiIiIiI", *width, *height, *across, *down))


def auxc(kind: bytes) -> bytes:
    return full_box(b"auxC", kind + b"\0")


@dataclass
class Item:
    number: int
    kind: bytes
    properties: list[bytes]
    references: dict[bytes, list[int]] = field(default_factory=dict)


def heif(
    items: list[Item],
    *,
    primary: int = 1,
    brands: tuple[bytes, ...] = (b"heic", b"mif1", b"heic"),
    wide: bool = False,
    before: int = -1,
    after: bytes = b"",
    large: bool = False,
) -> bytes:
    """`wide`: with item numbers of 32 bits and property numbers of 15. `before`: bytes of an `mdat` ahead of `meta`,
    whose size has 64 bits if `large`. `after`: boxes between `meta` and the last `mdat`."""
    number, version = (">I", 1) if wide else (">H", 0)
    filling = [box(b"free", b"")] * (200 if wide else 0)  # so that the numbers of properties need two bytes
    properties = [*filling, *(each for item in items for each in item.properties)]
    associations = b""
    for item in items:
        places = [properties.index(each) + 1 for each in item.properties]
        associations += struct.pack(number, item.number) + bytes([len(places)])
        associations += b"".join(struct.pack(">H", at | 0x8000) if wide else bytes([at | 0x80]) for at in places)
    entries = [
        full_box(b"infe", struct.pack(number + "H4s", item.number, 0, item.kind) + b"\0", version=2 + version)
        for item in items
    ]
    references = [
        box(kind, struct.pack(number, item.number) + struct.pack(f">H{len(to)}{number[1]}", len(to), *to))
        for item in items
        for kind, to in item.references.items()
    ]
    meta = [
        full_box(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        full_box(b"pitm", struct.pack(number, primary), version=version),
        full_box(b"iinf", struct.pack(number, len(entries)) + b"".join(entries), version=version),
        full_box(b"iref", b"".join(references), version=version),
        box(
            b"iprp",
            box(b"ipco", b"".join(properties))
            + full_box(b"ipma", struct.pack(">I", len(items)) + associations, version=version, flags=version),
        ),
    ]
    return b"".join(
        [
            box(b"ftyp", brands[0] + bytes(4) + b"".join(brands[1:])),
            box(b"mdat", bytes(before), large=large) if before >= 0 else b"",
            full_box(b"meta", b"".join(meta)),
            after,
            box(b"mdat", bytes(64)),
        ]
    )


def heic(width: int, height: int, *, tile: int = 512, quarter_turns: int = 0, before: int = -1) -> bytes:
    """As an iPhone writes it: a grid of tiles, turned for display, and a thumbnail."""
    return heif(
        [
            Item(1, b"hvc1", [ispe(tile, tile)]),
            Item(2, b"hvc1", [ispe(tile, tile)]),
            Item(49, b"grid", [ispe(width, height), irot(quarter_turns)], {b"dimg": [1, 2]}),
            Item(50, b"hvc1", [ispe(max(1, tile // 2), max(1, tile // 2)), irot(quarter_turns)], {b"thmb": [49]}),
        ],
        primary=49,
        before=before,
    )


def track(samples: int, *, handler: bytes = b"pict") -> bytes:
    """The box `moov` with a track of so many pictures, and another of sound."""

    def one(handler: bytes, samples: int) -> bytes:
        sizes = full_box(b"stsz", struct.pack(">II", 0, samples))
        described = full_box(b"hdlr", bytes(4) + handler + bytes(13))
        return box(b"trak", box(b"mdia", described + box(b"minf", box(b"stbl", sizes))))

    return box(b"moov", one(handler, samples) + one(b"soun", 1000))
