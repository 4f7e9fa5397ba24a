"""The ways in which uploads are served, one each, and the only moments at which a death costs a second call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.jobs.job import Job, Submitted
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import damo_line
from tests.unit.fakes import START, ScriptedWeb
from tests.unit.viapi_line import SUBMITTED, THROTTLED, ok, status

COMMON = "uploads/general/common/shoe.jpg"
HD = "uploads/general/hd-common/shoe.jpg"
STREET = "uploads/general/vehicle/street.jpg"
BAG = "uploads/general/refine-mask/bag.jpg"
HAT = "uploads/general/refine-mask/hat.jpg"
FOLDER_MASK = "uploads/general/refine-mask/_mask.png"
CUTOUT = "uploads/picwish/cutout/shoe.jpg"
CROWD = tuple(f"uploads/damo/background/{number}.jpg" for number in range(3))
MARKED = "uploads/picwish/watermark/shoe.jpg"
MATTING = "uploads/damo/matting/shoe.jpg"

_LINKS = tuple(f"https://x.example/{number}.png?Signature=hidden" for number in range(3))


@dataclass(frozen=True)
class Shape:
    """One way. `paid_again` names the boundaries at which nobody can know whether a call was bought, and for how many
    uploads each; a death anywhere else costs nothing."""

    name: str
    uploads: tuple[str, ...]
    """In the order in which they arrive."""
    vendor: Callable[[], ScriptedWeb]
    paid_again: Mapping[str, int]
    links: Callable[[str], tuple[str, ...]] = lambda upload: _LINKS[:1]
    """Where the vendor puts an upload's results."""
    shut: tuple[int, str] | None = None
    """How the vendor turns everything away until all have arrived: then they wait, and are taken up by settle."""
    signature: str = "hidden"
    """Of signed links: as long as a function's temporary key makes it, or short."""
    companions: frozenset[str] = field(default=frozenset())
    """Second pictures, which have no receipt of their own."""
    there: Mapping[str, bytes] = field(default_factory=dict)
    """What others have put into the bucket before."""
    refused: tuple[str, ...] = ()
    """Uploads that were there before, each with a receipt that its second picture is missing."""

    @property
    def served(self) -> tuple[str, ...]:
        return (*self.refused, *(key for key in self.uploads if key not in self.companions))


def body(key: str) -> bytes:
    """Another one for each key, so that an ETag says of which upload it is."""
    return picture(480, 400, "PNG" if key.endswith(".png") else "JPEG") + key.encode()


def _says(call: tuple[int, str], question: tuple[int, str] | None = None) -> Callable[[], ScriptedWeb]:
    def vendor() -> ScriptedWeb:
        web = ScriptedWeb()
        web.always, web.polls = call, question
        return web

    return vendor


def _picwish(**data: object) -> tuple[int, str]:
    return 200, json.dumps({"status": 200, "data": {"task_id": "T-1", **data}})


def _unrecorded(upload: str, *, record: int = 1, call: int = 1) -> dict[str, int]:
    """The two sides of the moment between a call and the record of its answer, the job's `record`th."""
    return {_numbered("after call", call): 1, _numbered(f"before write {upload} job", record): 1}


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}, number {number}"


_ELEMENTS = ok(Elements=[{"ImageURL": link} for link in _LINKS[:1]])
_SYNC = _says(ok(ImageURL=_LINKS[0]))
_ANOTHERS = Job("1", HD, START, START, stage=Submitted("T-1", START), attempts=1)

SHAPES = (
    Shape("synchronous", (COMMON,), _SYNC, _unrecorded(COMMON)),
    Shape(
        "synchronous, after a wait",
        (COMMON,),
        _SYNC,
        _unrecorded(COMMON, record=3, call=2),  # after those of its wait, and of its being taken up
        shut=THROTTLED,
    ),
    Shape(
        "synchronous, in the place of another's job",
        (COMMON,),
        _SYNC,
        _unrecorded(COMMON, record=2),  # after that of its being taken up
        there={Upload(COMMON).job_key: _ANOTHERS.to_json()},
    ),
    Shape(
        "asynchronous",
        (HD,),
        _says(SUBMITTED, status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": _LINKS[0]}))),
        _unrecorded(HD),
    ),
    Shape(
        "several results",
        (STREET,),
        _says(ok(Elements=[{"ImageURL": link} for link in _LINKS])),
        _unrecorded(STREET),
        links=lambda upload: _LINKS,
    ),
    Shape(
        "two pictures",
        (BAG, f"{BAG}.mask.png"),
        _says(_ELEMENTS),
        _unrecorded(BAG, record=4),  # after those of its wait, of its being taken up, and of the pair as seen
        companions=frozenset({f"{BAG}.mask.png"}),
    ),
    Shape(
        "two pictures, the second first",
        (f"{BAG}.mask.png", BAG),
        _says(_ELEMENTS),
        _unrecorded(BAG),
        companions=frozenset({f"{BAG}.mask.png"}),
    ),
    Shape(
        "a folder's second picture",
        (FOLDER_MASK,),
        _says(_ELEMENTS),
        _unrecorded(BAG, record=2) | _unrecorded(HAT, record=2, call=2),  # after that of its being taken up
        companions=frozenset({FOLDER_MASK}),
        refused=(BAG, HAT),
    ),
    Shape("PicWish", (CUTOUT,), _says(_picwish(state=1, image=_LINKS[0])), _unrecorded(CUTOUT)),
    Shape(
        "PicWish, by a public copy",
        (CUTOUT,),
        _says(_picwish(state=1, image=_LINKS[0])),
        _unrecorded(CUTOUT, record=2),
        signature="hidden" * 120,
    ),
    Shape(
        "PicWish, by a public copy, after a wait",
        (CUTOUT,),
        _says(_picwish(state=1, image=_LINKS[0])),
        _unrecorded(CUTOUT, record=5, call=2),  # after those of its wait, of its being taken up, and of both copies
        shut=(429, json.dumps({"status": 429, "message": "too many"})),
        signature="hidden" * 120,
    ),
    Shape(
        "PicWish, whose task goes on",
        (CUTOUT,),
        _says(_picwish(state=0), _picwish(state=1, image=_LINKS[0])),
        _unrecorded(CUTOUT),
    ),
    Shape(
        "PicWish, two pictures by public copies",
        (MARKED, f"{MARKED}.mask.png"),
        _says(_picwish(state=1, image=_LINKS[0])),
        _unrecorded(MARKED, record=5),  # after those of any pair, and of its copies
        signature="hidden" * 120,
        companions=frozenset({f"{MARKED}.mask.png"}),
    ),
    Shape(
        "DAMO, a batch of three",
        CROWD,
        damo_line.Vendor,
        {  # one call for all of them, after one for each that was turned away; its answer is recorded for one by one
            "after call, number 4": 3,
            f"before write {CROWD[0]} job, number 3": 3,
            f"after write {CROWD[0]} job, number 3": 2,
            f"before write {CROWD[1]} job, number 3": 2,
            f"after write {CROWD[1]} job, number 3": 1,
            f"before write {CROWD[2]} job, number 3": 1,
        },
        links=lambda upload: (f"https://x.alicdn.com/{upload}.png",),
        shut=damo_line.THROTTLED,
    ),
    Shape(
        "DAMO, two pictures",
        (MATTING, f"{MATTING}.mask.png"),
        damo_line.Vendor,
        _unrecorded(MATTING, record=4),
        links=lambda upload: (f"https://x.alicdn.com/{upload}.png",),
        companions=frozenset({f"{MATTING}.mask.png"}),
    ),
)
