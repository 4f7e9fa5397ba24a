"""TIFF 6.0, and camera raw that is built like it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from shared.pictures.header.exif import Directory, byte_order, first_directory
from shared.pictures.header.facts import Header
from shared.pictures.header.refusals import camera_raw
from shared.pictures.header.view import View

_NEW_SUBFILE, _SUBFILE = 0x00FE, 0x00FF
_WIDTH, _LENGTH = 0x0100, 0x0101
_COMPRESSION, _PHOTOMETRIC = 0x0103, 0x0106
_SUB_DIRECTORIES = 0x014A
_EXTRA_SAMPLES = 0x0152
_DNG_VERSION = 0xC612

_SEPARATED = 5
"""Photometric interpretation of CMYK."""
_SENSOR = frozenset({32803, 34892})
"""Photometric interpretations of a sensor's data, by colour filters or linear (TIFF/EP, DNG)."""
_MAKERS = frozenset({32767, 32770, 34713, 65000, 65535})
"""Compressions: Sony's, Samsung's, Nikon's, Kodak's and Pentax's, of sensors (libtiff's tiff.h, ExifTool)."""

_MOST_PAGES = 16
"""Pages that are counted, as each may cost a read."""
_MOST_PARTS = 8


def read_tiff(view: View) -> Header:
    """The facts of the first picture that is neither a preview nor a mask. Such pictures count as pages.

    Raises `Rejected` (`CameraRaw`) for a sensor's data: TIFF decoders would show its preview.
    """
    order = byte_order(view)
    chain = _chain(view, order)
    first = chain[0]
    parts = list(_parts(view, order, first))
    if _DNG_VERSION in first or any(_is_raw(each) for each in (*chain, *parts)):
        raise camera_raw()
    pages = [each for each in chain if _is_whole(each)]
    main = next(iter(pages or filter(_is_whole, parts)), first)
    return Header(
        "tiff",
        main.number(_WIDTH, 0),
        main.number(_LENGTH, 0),
        orientation=main.orientation,
        frames=max(1, len(pages)),
        alpha=main.number(_EXTRA_SAMPLES, 0) in (1, 2),
        cmyk=main.number(_PHOTOMETRIC, 0) == _SEPARATED,
    )


def _chain(view: View, order: str) -> list[Directory]:
    """The directories up to the first damaged one. Raises `ValueError` or `struct.error` when that is the first."""
    offset = first_directory(view, order)
    chain, seen = [Directory(view, order, offset)], {0, offset}
    if chain[0].cut_off:
        raise ValueError("a directory that is cut off")
    while (offset := chain[-1].next) not in seen and len(chain) < _MOST_PAGES:
        seen.add(offset)
        try:
            chain.append(Directory(view, order, offset))
        except (struct.error, ValueError):
            break
    return chain


def _parts(view: View, order: str, directory: Directory) -> Iterator[Directory]:
    with suppress(struct.error, ValueError):
        for offset in directory.offsets(_SUB_DIRECTORIES, _MOST_PARTS):
            yield Directory(view, order, offset)


def _is_whole(directory: Directory) -> bool:
    return not directory.number(_NEW_SUBFILE, 0) & 0b101 and directory.number(_SUBFILE, 1) != 2


def _is_raw(directory: Directory) -> bool:
    return directory.number(_PHOTOMETRIC, 0) in _SENSOR or directory.number(_COMPRESSION, 1) in _MAKERS
