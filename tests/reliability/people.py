"""What people put into the bucket and take out of it, and what is owed to them: told without asking production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.pictures import picture
from tests.unit.fakes import MemoryBucket, Thing

COMMON = "uploads/general/common/shoe.jpg"
CHINESE = "uploads/general/common/鞋 1.jpg"
HD = "uploads/general/hd-common/shoe.jpg"
HEAD = "uploads/portrait/head/people.jpg"
PAIR = "uploads/general/refine-mask/bag.jpg"
PAIR_TOO = "uploads/general/refine-mask/hat.jpg"
OWN_MASK = f"{PAIR}.mask.png"
MASK_OF_MASK = f"{OWN_MASK}.mask.png"
FOLDER_MASK = "uploads/general/refine-mask/_mask.png"

SCENES = (
    (COMMON,),
    (HD,),
    (HEAD,),
    (CHINESE,),
    (PAIR, OWN_MASK),
    (PAIR, OWN_MASK, MASK_OF_MASK),
    (PAIR, OWN_MASK, FOLDER_MASK),
    (PAIR, PAIR_TOO, FOLDER_MASK),
    (COMMON, HD, CHINESE),
)
"""What a schedule is about: few objects, so that much happens to each."""

BAD, LINK, BROKEN = 3, 4, 5
"""The versions of a picture that cannot be served; 0 to 2 can. The last two are symbolic links, to a photo of somebody
else's and to nothing."""
_TARGETS = {LINK: "private/", BROKEN: "private/nothing/"}


@cache
def body(key: str, version: int) -> bytes:
    """Another one for each key and version, so that an ETag says of which upload it is."""
    name = f"{key} {version}".encode()
    if version == BAD:
        return b"no picture: " + name
    return picture(64, 48, "PNG" if key.endswith(".png") else "JPEG") + name


def _companions(image: str) -> tuple[str, ...]:
    """Where the second picture may lie, the first that is there being the one."""
    return (f"{image}.mask.png", FOLDER_MASK) if image in (PAIR, PAIR_TOO) else ()


def is_image(key: str) -> bool:
    return not key.endswith(("_mask.png", ".mask.png"))


class People:
    """`lives` counts, for each upload, what ends the memory of calls made for it: another mark, or a refusal."""

    def __init__(self, bucket: MemoryBucket) -> None:
        self.scene: tuple[str, ...] = ()
        """The keys that they use."""
        self.lives: Counter[str] = Counter()
        self.tainted: set[str] = set()
        """Marks of which the vendor was shown something else than its caller had looked at."""
        self.bad: set[str] = set()
        """ETags of what cannot be served."""
        self.links: set[str] = set()
        """ETags of symbolic links."""
        self.loose: set[str] = set()
        """Uploads whose second picture was deleted: nobody is told, so what was made with it may stay."""
        self.forgotten: set[str] = set()
        """Uploads that were deleted, or about which others wrote where work is kept: with their jobs go the calls."""
        self.alone: dict[str, bool] = {}
        """Second pictures: whether the first one was missing ever since they came."""
        self.owner: dict[str, str] = {}
        """By ETag, the upload it was put at."""
        self._bucket = bucket

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(key for key in self.scene if is_image(key))

    @property
    def strays(self) -> tuple[str, ...]:
        """What no upload can have as its second picture, whatever it is called."""
        return tuple(key for key in self.scene if key == MASK_OF_MASK)

    def mark(self, image: str) -> str:
        """The ETags of an upload's pictures as they lie there; empty without the upload."""
        return ",".join(thing.etag for _, thing in self._pictures(image))

    def served_by(self, key: str) -> tuple[str, ...]:
        """The uploads to which `key` is, or may be, the second picture."""
        return tuple(image for image in self.images if key in _companions(image))

    def put(self, key: str, version: int) -> str:
        """The ETag it got; empty when it was not put, as production is known not to see that one."""
        things, new = self._bucket.things, self._new(key, version)
        if self._would_return(key, new):
            return ""
        marks = {image: self.mark(image) for image in self.images}
        things[key], etag = new, new.etag
        self.owner[etag] = key
        if version >= BAD:
            self.bad.add(etag)
        if new.target:
            self.links.add(etag)
        self.loose -= {key, *self.served_by(key)}
        if not is_image(key):
            self.alone[key] = key.removesuffix(".mask.png") not in things
        self.alone.pop(f"{key}.mask.png", None)
        self._live_on(marks)
        return etag

    def delete(self, key: str) -> bool:
        """Whether it was there, and is not needed to keep out what production is known not to see."""
        if key not in self._bucket.things or self._would_return(key, None):
            return False
        marks = {image: self.mark(image) for image in self.images}
        del self._bucket.things[key]
        self.forgotten.add(key)
        self.loose |= set(self.served_by(key))
        self.alone.pop(key, None)
        self._live_on(marks)
        return True

    def missed(self, shown: list[str], seen: dict[str, str]) -> bool:
        """Whether the pictures with the ETags `shown` are other ones than the caller saw in their places."""
        looked_at = [seen.get(self.owner[etag], etag) for etag in shown]
        if looked_at != shown:
            self.tainted.add(",".join(looked_at))
        return looked_at != shown

    def _new(self, key: str, version: int) -> Thing:
        now = self._bucket.clock()
        if version not in _TARGETS:
            return Thing(body(key, version), now)
        if version == LINK:
            self._bucket.things[_TARGETS[LINK] + key] = Thing(body(key, 0), now)
        return Thing((_TARGETS[version] + key).encode(), now, target=_TARGETS[version] + key)

    def _would_return(self, key: str, new: Thing | None) -> bool:
        """Known and accepted: v1 is looked at, v2 is what the vendor fetches, and v1 comes back with its own ETag.

        No look at the bucket can tell that the results which are there are v2's.
        """
        things = self._bucket.things
        old = things.get(key)
        if new is not None:
            things[key] = new
        else:
            del things[key]
        returns = any(self.mark(image) in self.tainted for image in self.images)
        if old is not None:
            things[key] = old
        else:
            del things[key]
        return returns

    def _live_on(self, before: dict[str, str]) -> None:
        for image, mark in before.items():
            if self.mark(image) != mark:
                self.lives[image] += 1

    def _pictures(self, image: str) -> Iterator[tuple[str, Thing]]:
        things = self._bucket.things
        if image not in things:
            return
        yield image, things[image]
        for key in _companions(image):
            if key in things:
                yield key, things[key]
                return
