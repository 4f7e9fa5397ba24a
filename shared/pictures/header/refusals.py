"""Refusals of files that are no pictures, or pictures in a format that neither OSS nor a vendor reads."""

from __future__ import annotations

import re

from shared.errors import Rejected
from shared.messages import pictures as messages
from shared.messages.message import Message

_RAW = (
    rb"II\*\0.{4}CR\x02|II\x1a\0\0\0HEAPCCDR|....ftypcrx |FUJIFILMCCD-RAW|"
    rb"II(?:RO|RS|U\0)|MMOR|\0MRM|FOVb"
)
"""Canon's CR2, CRW and CR3, Fujifilm's RAF, Olympus's ORF and Panasonic's RW2, Minolta's MRW, Sigma's X3F."""

_RAW_NAMES = r"\.(3fr|arw|cr2|crw|dcr|dng|erf|fff|gpr|iiq|k25|kdc|mef|mos|nef|nrw|orf|pef|raw|rw2|rwl|sr2|srf|srw)\Z"
"""File names of camera raw that is built like TIFF and may differ from a TIFF in its name only."""

_MARKUP = rb"(?:\xef\xbb\xbf)?\s*<"

_LOOKS = (
    (rb"\xff\x0a|\0\0\0\x0cJXL ", messages.JPEG_XL),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", messages.JPEG_2000),
    (rb"II\xbc", messages.JPEG_XR),
    (rb"II\+\0|MM\0\+", messages.BIG_TIFF),
    (rb"8BPS", messages.PHOTOSHOP),
    (rb"gimp xcf", messages.GIMP),
    (rb"(?:\xef\xbb\xbf)?\s*%PDF", messages.PDF),
    (rb"%!PS|\xc5\xd0\xd3\xc6", messages.POSTSCRIPT),
    (_MARKUP + rb"(?i:!doctype html|html|head|body|script)", messages.WEB_PAGE),
    (_MARKUP + rb"(?i:svg|[?!].{0,1000}?<svg)", messages.SVG),
    (rb"....(?:ftyp|moov|mdat|wide)", messages.MP4),
    (rb"\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01|\0\0\x01[\xb3\xba]", messages.FILM),
    (rb"RIFF....WAVE|ID3|OggS|fLaC", messages.SOUND),
    (rb"PK(?:\x03\x04|\x05\x06)", messages.ZIP),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b|\xfd7zXZ", messages.ARCHIVE),
    (rb"\xd0\xcf\x11\xe0", messages.OFFICE),
    (rb"\0\0[\1\2]\0", messages.ICON),
    (rb"MZ|\x7fELF", messages.PROGRAM),
)
"""First bytes of other files. Patterns are compiled when needed, to keep a cold start short."""


def camera_raw() -> Rejected:
    """The refusal of camera raw, which neither OSS nor any vendor reads."""
    return Rejected("CameraRaw", messages.CAMERA_RAW())


def is_camera_raw(name: str) -> bool:
    """Whether a TIFF of that name is camera raw."""
    return re.search(_RAW_NAMES, name, re.IGNORECASE) is not None


def not_an_image(look: Message) -> Rejected:
    """The refusal of a file that is `look`."""
    return Rejected("NotAnImage", messages.SOMETHING_ELSE(look=look))


def unreadable(head: bytes) -> Rejected:
    """The refusal of a file that begins with `head` and that OSS does not read either."""
    start = head[:1024]
    if re.match(_RAW, start, re.DOTALL):
        return camera_raw()
    for pattern, look in _LOOKS:
        if re.match(pattern, start, re.DOTALL):
            return not_an_image(look())
    return Rejected("NotAnImage", messages.NOT_AN_IMAGE())
