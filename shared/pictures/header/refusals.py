"""Refusals of files that are no pictures, or pictures in a format that neither OSS nor a vendor reads."""

from __future__ import annotations

import re

from shared.errors import Rejected

_READ = "JPEG, PNG, BMP, WebP, GIF, TIFF, HEIC or AVIF"

_RAW = (
    rb"II\*\0.{4}CR\x02|II\x1a\0\0\0HEAPCCDR|....ftypcrx |FUJIFILMCCD-RAW|"
    rb"II(?:RO|RS|U\0)|MMOR|\0MRM|FOVb"
)
"""Canon's CR2, CRW and CR3, Fujifilm's RAF, Olympus's ORF and Panasonic's RW2, Minolta's MRW, Sigma's X3F."""

_RAW_NAMES = r"\.(3fr|arw|cr2|crw|dcr|dng|erf|fff|gpr|iiq|k25|kdc|mef|mos|nef|nrw|orf|pef|raw|rw2|rwl|sr2|srf|srw)\Z"
"""File names of camera raw that is built like TIFF and may differ from a TIFF in its name only."""

_MARKUP = rb"(?:\xef\xbb\xbf)?\s*<"

_LOOKS = (
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (rb"II\xbc", "a JPEG XR picture"),
    (rb"II\+\0|MM\0\+", "a BigTIFF, which is for pictures of gigabytes"),
    (rb"8BPS", "a Photoshop document"),
    (rb"gimp xcf", "a GIMP document"),
    (rb"(?:\xef\xbb\xbf)?\s*%PDF", "a PDF document"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document"),
    (_MARKUP + rb"(?i:!doctype html|html|head|body|script)", "a web page"),
    (_MARKUP + rb"(?i:svg|[?!].{0,1000}?<svg)", "an SVG drawing"),
    (rb"....(?:ftyp|moov|mdat|wide)", "a film, or sound (MP4 or MOV)"),
    (rb"\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01|\0\0\x01[\xb3\xba]", "a film"),
    (rb"RIFF....WAVE|ID3|OggS|fLaC", "sound"),
    (rb"PK(?:\x03\x04|\x05\x06)", "a ZIP archive, or an Office document"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b|\xfd7zXZ", "an archive"),
    (rb"\xd0\xcf\x11\xe0", "an Office document"),
    (rb"\0\0[\1\2]\0", "an icon"),
    (rb"MZ|\x7fELF", "a program"),
)
"""First bytes of other files. Patterns are compiled when needed, to keep a cold start short."""


def camera_raw() -> Rejected:
    """The refusal of camera raw, which neither OSS nor any vendor reads."""
    return Rejected("CameraRaw", "this is camera raw; export it as JPEG and upload that")


def is_camera_raw(name: str) -> bool:
    """Whether a TIFF of that name is camera raw."""
    return re.search(_RAW_NAMES, name, re.IGNORECASE) is not None


def not_an_image(look: str) -> Rejected:
    """The refusal of a file that is `look`, in words of a message."""
    return Rejected("NotAnImage", f"this is {look}, and no {_READ} picture: save it as JPEG or PNG, and upload that")


def broken(what: str) -> Rejected:
    """The refusal of a picture whose header `what`, in words of a message."""
    return Rejected("BrokenImage", f"the picture's header {what}: save it again as JPEG, and upload that")


def unreadable(head: bytes) -> Rejected:
    """The refusal of a file that begins with `head` and that OSS does not read either."""
    start = head[:1024]
    if re.match(_RAW, start, re.DOTALL):
        return camera_raw()
    for pattern, look in _LOOKS:
        if re.match(pattern, start, re.DOTALL):
            return not_an_image(look)
    return Rejected(
        "NotAnImage", f"this is no {_READ} picture, whatever its name: save it as JPEG or PNG, and upload that"
    )
