"""The page: each photo beside what came of it, with what the receipt says.

It stands alone: style inside, pictures by relative links into the folder it lies in. The template escapes everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import ExifTags, Image

from shared.jobs import keys
from shared.jobs.listing import Listing
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.vendors.capabilities import CAPABILITIES
from tests.demo.journey import Shot
from tests.demo.own import Found
from tests.demo.photos import Photo
from tests.demo.progress import sentence, word

_SHOWABLE = {"JPEG", "PNG", "GIF", "WEBP", "BMP"}
"""Formats, by Pillow's names, that every browser shows."""

# Only headers are read here, so a picture of any size is harmless.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Picture:
    """A picture on the page: its `link` from there, and what is known of it.

    `width` and `height` are in pixels, as a viewer sees it; 0 for what browsers don't show.
    """

    link: str
    title: str
    facts: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Card:
    """One photo's part of the page."""

    anchor: str
    key: str
    served: bool
    word: str
    sentence: str
    taken: list[Picture]
    made: list[Picture]
    listed: list[Picture]
    verdict: str
    """What the listing says of the cutout; empty without one."""
    facts: list[tuple[str, str]]
    receipt: str
    """The link to the receipt; empty when there is none."""
    credit: str


def write(folder: Path, shots: list[Shot], found: Found, *, seconds: float) -> None:
    """Lay `shots` out as `folder`/index.html; in `found` are the second pictures too, and what was passed over."""
    cards = [_card(folder, shot, found.photos, f"photo-{number}") for number, shot in enumerate(shots, 1)]
    receipts = [shot.receipt for shot in shots if shot.receipt]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("page.html").render(
        cards=cards,
        unserved=[card for card in cards if not card.served],
        passed_over=found.passed_over,
        pictures=sum(len(receipt.outputs) for receipt in receipts),
        calls=sum(receipt.attempts for receipt in receipts),
        yuan=_yuan(sum(receipt.price_yuan or 0.0 for receipt in receipts)),
        unpriced=sum(receipt.price_yuan is None for receipt in receipts),
        seconds=round(seconds),
    )
    # A file's name may hold bytes that are no text.
    (folder / "index.html").write_text(text, encoding="utf-8", errors="backslashreplace")


def _card(folder: Path, shot: Shot, photos: list[Photo], anchor: str) -> Card:
    receipt = shot.receipt
    taken = [_picture(folder, shot.photo.key, "photo")]
    taken += [
        _picture(folder, photo.key, Upload(photo.key.rpartition(".")[0]).suffix)
        for photo in photos
        if photo.companion_of == shot.photo.key
    ]
    outputs = receipt.outputs if receipt else ()
    return Card(
        anchor=anchor,
        key=shot.photo.key.removeprefix(keys.UPLOADS),
        served=shot.served,
        word=word(shot),
        sentence=sentence(shot),
        taken=taken,
        made=[_picture(folder, output.key, f"result {output.label}".rstrip()) for output in outputs],
        listed=list(_listed(folder, shot.listing)),
        verdict=_verdict(shot.listing),
        facts=list(_facts(receipt)) if receipt else [],
        receipt=quote(Upload(shot.photo.key).receipt_key) if receipt else "",
        credit=shot.photo.credit,
    )


def _listed(folder: Path, listing: Listing | None) -> Iterator[Picture]:
    for row in listing.pictures if listing else ():
        if row.key:
            enlarged = f", enlarged {row.scale:.1f} ×" if row.scale and row.scale > 1 else ""
            picture = _picture(folder, row.key, row.preset)
            yield replace(picture, facts=f"{picture.facts}{enlarged}")
        else:
            yield Picture("", row.preset, row.message)


def _verdict(listing: Listing | None) -> str:
    if listing is None:
        return ""
    return "; ".join((listing.verdict, *listing.reasons)) if listing.verdict else listing.message


def _facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    """What the receipt says beside its status, in the order a reader asks."""
    row = CAPABILITIES.get(receipt.capability)
    yield "capability", f"{receipt.capability} {row.title if row else ''} → {receipt.action}"
    if receipt.options:
        yield "options", ", ".join(f"{name} = {value}" for name, value in receipt.options.items())
    if receipt.reshaped:
        yield "reshaped by OSS", receipt.reshaped
    yield "calls", str(receipt.attempts)
    yield "list price", "not known" if receipt.price_yuan is None else _yuan(receipt.price_yuan)
    yield "upload to receipt", f"{(receipt.finished_at - receipt.uploaded_at).total_seconds():.0f} s"


def _yuan(price: float) -> str:
    return f"¥{price:.3f}" if price else "¥0"


def _picture(folder: Path, key: str, title: str) -> Picture:
    path = folder / key
    if not path.is_file():
        return Picture("", title, "not here")
    size = _size(path.stat().st_size)
    try:
        with Image.open(path) as image:
            form, mode, (width, height) = image.format or "", image.mode, image.size
            if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # browsers turn it, and so do we
                width, height = height, width
    except (OSError, ValueError, SyntaxError):  # what Pillow raises for a file that is no picture
        return Picture(quote(key), title, f"{size}, no picture")
    facts = f"{width} × {height} {mode} {form}, {size}"
    return Picture(quote(key), title, facts, width, height) if form in _SHOWABLE else Picture(quote(key), title, facts)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB" if count >= 1e3 else f"{count} bytes"
