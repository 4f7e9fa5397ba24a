"""The photos of a folder, each on its way to a capability; what is no picture is left where it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from shared.jobs import keys
from shared.jobs.upload import Kind, Upload
from shared.vendors.capabilities import CAPABILITIES
from tests.demo.photos import Photo

GOES_TO = "general/common"
"""Where a photo is sent when neither a capability is named nor its folders are one."""

# What cameras and shops call their pictures. The line says of each whether it can be had, and what would pass.
_PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif"),
    *(".jxl", ".jp2", ".psd", ".svg", ".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2"),
)


@dataclass(frozen=True)
class Found:
    """What is in the folder: `photos` in the order of their names, and of every other file why it is `passed_over`."""

    photos: list[Photo]
    passed_over: list[tuple[str, str]]
    """Path below the folder, and the reason."""


def in_folder(folder: Path, capability: str = "") -> Found:
    """Everything below `folder` but hidden folders, sent to `capability`, or to where its own folders say.

    Raises `OSError` when a file cannot be looked at.
    """
    found = Found([], [])
    for path in sorted(_files(folder)):
        name = path.relative_to(folder).as_posix()
        photo = Photo(f"{keys.UPLOADS}{_address(name, capability)}", path)
        if reason := _why_not(photo, path):
            found.passed_over.append((name, reason))
        else:
            found.photos.append(photo)
    return found


def _address(name: str, capability: str) -> str:
    if capability:
        return f"{capability}/{name}"
    laid_out = Upload(keys.UPLOADS + name).capability in CAPABILITIES
    return name if laid_out else f"{GOES_TO}/{name}"


def _why_not(photo: Photo, path: Path) -> str:
    """Why it is not sent; empty when it is."""
    if path.stat().st_size == 0:
        return "it is empty"
    if photo.is_companion:
        return ""
    if Upload(photo.key).kind is Kind.OTHER:
        return "its name begins with a dot or an underscore"
    return "" if path.name.lower().endswith(_PICTURES) or _is_picture(path) else "it is no picture"


def _is_picture(path: Path) -> bool:
    """By its first bytes: messengers and archives drop suffixes."""
    try:
        with Image.open(path):
            return True
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):  # what Pillow raises for what is none
        return False


def _files(folder: Path) -> Iterable[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (path for name in names if (path := Path(parent, name)).is_file())
