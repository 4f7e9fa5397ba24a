"""Makes one listing picture: composed, encoded and verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.errors import Rejected
from shared.listings.checks import check
from shared.listings.compose import Cuttable, compose
from shared.listings.encode import write
from shared.listings.presets import Preset
from shared.pictures.geometry import Box


@dataclass(frozen=True)
class Made:
    """A listing picture in a file, which has passed its checks."""

    path: Path
    extension: str
    content_type: str
    bytes: int
    width: int
    height: int
    quality: int | None
    """Of a JPEG, 60 to 100."""
    scale: float
    """Pixels of the picture for one of the photo; over 1, the photo was enlarged."""
    box: Box
    """The subject's in the picture, in pixels."""
    share: float
    """What the subject's box fills of the picture, as the preset measures it: 0 to 1."""
    passed: tuple[str, ...]
    """The names of the checks."""


def make(subject: Cuttable, preset: Preset, folder: Path) -> Made:
    """The picture that `preset` asks of `subject`, in which something must show, in `folder`.

    Raises `Rejected` when the picture does not pass a check. No file is left then.
    """
    path = folder / f"{preset.name}.{preset.extension}"
    try:
        composed = compose(subject, preset)
        quality = write(composed.on(preset.background), preset, path)
        written, passed = check(path, preset, composed)
    except Rejected:
        path.unlink(missing_ok=True)
        raise
    return Made(
        path=path,
        extension=preset.extension,
        content_type=preset.content_type,
        bytes=written.bytes,
        width=written.decoded.width,
        height=written.decoded.height,
        quality=quality,
        scale=composed.scale,
        box=written.box,
        share=written.share,
        passed=passed,
    )
