"""A shop whose cutouts become listing pictures: photos of a disk, the vendor's cutouts of them, and the lister."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from shared.jobs import keys
from shared.jobs.listing import Listing, ListingPicture
from shared.jobs.listing_order import ListingOrder
from shared.jobs.upload import Upload
from shared.pipeline.listing import Lister
from tests.unit.fakes import Shop
from tests.unit.viapi_line import LINK, ok

SIDES = (160, 120)
PRESETS = "original"
"""One that is made fast."""
LISTED = f"uploads/goods/commodity/listing={PRESETS}/shoe.jpg"
MEMORY = 1024 << 20
COLOURS = {"red": (200, 30, 40), "blue": (30, 60, 200)}


@lru_cache
def photo(colour: str = "red", form: str = "JPEG") -> bytes:
    """A disk before a gradient."""
    image = Image.linear_gradient("L").resize(SIDES).convert("RGB")
    image.paste(COLOURS[colour], mask=_disk())
    return _encoded(image, form)


@lru_cache
def cutout(colour: str = "red") -> bytes:
    image = Image.open(io.BytesIO(photo(colour))).convert("RGB")
    image.putalpha(_disk())
    return _encoded(image, "PNG")


@lru_cache
def nothing() -> bytes:
    """A cutout in which nothing shows."""
    return _encoded(Image.new("RGBA", SIDES), "PNG")


@lru_cache
def _disk() -> Image.Image:
    disk = Image.new("L", SIDES)
    ImageDraw.Draw(disk).ellipse((45, 25, 115, 95), fill=255)
    return disk


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def listed_shop() -> Shop:
    shop = Shop()
    shop.web.always = ok(ImageURL=LINK)
    return shop


def upload(shop: Shop, key: str = LISTED, colour: str = "red", **metadata: str) -> None:
    """A photo, and the vendor's cutout of it."""
    shop.web.results[LINK] = cutout(colour)
    shop.clock.pass_(seconds=2)
    shop.upload(key, photo(colour), **metadata)


def lister(shop: Shop) -> Lister:
    return Lister(shop.bucket, MEMORY, shop.now)


def orders(shop: Shop) -> list[str]:
    return shop.keys(keys.ORDERS)


def order_at(shop: Shop, key: str) -> ListingOrder:
    return ListingOrder.model_validate_json(shop.bucket.things[key].body)


def work_off(shop: Shop, *keys: str) -> None:
    """Each order, or those of `keys`, as OSS's events have it done."""
    for key in keys or orders(shop):
        lister(shop).work_off(key)


def listing(shop: Shop, key: str = LISTED) -> Listing | None:
    thing = shop.bucket.things.get(Upload(key).listing_key)
    return Listing.model_validate_json(thing.body) if thing else None


def wrong(shop: Shop, key: str = LISTED, colour: str = "red", presets: str = PRESETS) -> str:
    """What is wrong with the listing, which is to be of the version with this colour; empty: nothing."""
    found = listing(shop, key)
    if found is None:
        return "there is no listing"
    if found.status != "done" or found.etag != shop.bucket.things[key].etag:
        return f"it is {found.status}, of {found.etag}: {found.message}"
    if sorted(row.preset for row in found.pictures) != sorted(presets.split("+")):
        return f"it has {[row.preset for row in found.pictures]}"
    below = Upload(key).listing_key.removesuffix("json")
    if sorted(shop.keys(below)) != sorted([*found.keys(), Upload(key).listing_key]):
        return f"there are {shop.keys(below)}"
    return "".join(_wrong_with(row, shop.bucket.things[row.key].body, colour) for row in found.pictures)


def _wrong_with(row: ListingPicture, body: bytes, colour: str) -> str:
    picture = Image.open(io.BytesIO(body)).convert("RGBA")
    if (picture.width, picture.height, len(body)) != (row.width, row.height, row.bytes) or row.box is None:
        return f"{row.key} is not what is told of it"
    shown = np.asarray(picture)[row.box.y + row.box.height // 2, row.box.x + row.box.width // 2, :3]
    return f"{row.key} shows {shown}" if np.abs(shown - np.array(COLOURS[colour])).max() > 12 else ""
