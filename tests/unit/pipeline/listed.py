"""A shop whose cutouts become listing pictures: photos of a disk, the vendor's cutouts of them, and the lister."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

from shared.jobs import keys
from shared.jobs.listing import Listing
from shared.jobs.listing_order import ListingOrder
from shared.jobs.upload import Upload
from shared.pipeline.listing import Lister
from tests.unit.fakes import Shop
from tests.unit.viapi_line import LINK, ok

SIDES = (320, 240)
PRESETS = "taobao-white+original"
LISTED = "uploads/goods/commodity/listing=taobao-white+original/shoe.jpg"
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
def _disk() -> Image.Image:
    disk = Image.new("L", SIDES)
    ImageDraw.Draw(disk).ellipse((90, 50, 230, 190), fill=255)
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
    named = {*found.keys(), Upload(key).listing_key}
    if {each for each in shop.keys(keys.LISTINGS) if each.startswith(Upload(key).listing_key[:-4])} != named:
        return f"there are {shop.keys(keys.LISTINGS)}"
    for row in found.pictures:
        picture = Image.open(io.BytesIO(shop.bucket.things[row.key].body)).convert("RGBA")
        if (picture.width, picture.height, len(shop.bucket.things[row.key].body)) != (row.width, row.height, row.bytes):
            return f"{row.key} is not what is told of it"
        shown = picture.getpixel((row.box.x + row.box.width // 2, row.box.y + row.box.height // 2))
        if max(abs(one - other) for one, other in zip(shown, COLOURS[colour], strict=False)) > 12:
            return f"{row.key} shows {shown}"
    return ""
