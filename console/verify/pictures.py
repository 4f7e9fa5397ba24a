"""What the pictures of a trial show, judged from the pictures themselves."""

from __future__ import annotations

import io
from collections.abc import Iterable

from shared.vendors.capability import Capability

_WHOLE = ("scenery/change-sky", "picwish/watermark")
"""Of these the whole photo comes back, so that nothing in it need be transparent."""


def subject_share(row: Capability, contents: Iterable[bytes]) -> float | None:
    """The part of a picture that shows something, 0 to 1: what is not transparent, or of a picture without transparency
    (a mask, or a whole photo) its brightness. Of several pictures, that of the first in which it is neither all nor
    nothing. None for what is no picture, and where there is none.
    """
    shares = [_share(content, whole=row.name in _WHOLE) for content in contents]
    return next((each for each in shares if is_partial(each)), shares[0] if shares else None)


def is_partial(share: float | None) -> bool:
    """Whether there is a subject, and something beside it."""
    return share is not None and 0 < share < 1


def _share(content: bytes, *, whole: bool) -> float | None:
    from PIL import Image, ImageStat  # noqa: PLC0415 - only a trial needs it

    try:
        picture = Image.open(io.BytesIO(content))
        by_alpha = picture.has_transparency_data and not whole
        counted = picture.convert("RGBA").getchannel("A") if by_alpha else picture.convert("L")
    except OSError:  # of a file that is none, or is cut off
        return None
    return float(ImageStat.Stat(counted).mean[0]) / 255
