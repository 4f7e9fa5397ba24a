"""What the demo uploads without a folder of yours: photos anyone may use, sent through every capability."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from shared.jobs import keys
from shared.jobs.upload import Kind, Upload
from tests.samples import photo as picture


@dataclass(frozen=True)
class Photo:
    """A file to upload: where to, and its bytes or the file that holds them."""

    key: str
    content: bytes | Path
    credit: str = ""
    """Whose photo it is, and why it may be used here; empty for the newcomer's own."""

    @property
    def refusal(self) -> str:
        """Why it cannot even be uploaded and get a receipt; empty when it can."""
        try:
            size = len(self.key.encode())
        except UnicodeEncodeError:
            return "Its name is not UTF-8, which names in a bucket are: give it another."
        if size > keys.MAX_UPLOAD_BYTES:
            return f"Its key has {size:,} bytes; up to {keys.MAX_UPLOAD_BYTES} pass: give it a shorter name."
        return ""

    @property
    def companion_of(self) -> str:
        """The upload to which this is the second picture: it is served with that one. Empty for all others."""
        picture = Upload(self.key).picture
        return picture.key if picture else ""

    @property
    def is_companion(self) -> bool:
        """Whether it is the second picture of an upload, or of its whole folder: it gets no receipt of its own."""
        return Upload(self.key).kind in (Kind.COMPANION, Kind.FOLDER_COMPANION)


def samples() -> list[Photo]:
    """The built-in photos, in the order they are to be uploaded in."""
    return [
        _sample("general/common", "astronaut.jpg"),
        # Any name will do.
        _sample("general/common", "咖啡 1+2%.png", of="coffee"),
        _sample("general/common/return-form=whiteBK", "coffee.jpg"),
        _sample("general/common/return-form=mask", "astronaut.jpg"),
        _sample("general/common/return-form=crop", "rocket.jpg"),
        _sample("general/hd-common", "rocket.png"),
        _sample("general/hd-common", "chelsea.jpg"),
        _sample("general/vehicle", "rockets.png"),
        _sample("general/animal", "chelsea.jpg"),
        _sample("general/food", "coffee.jpg"),
        _sample("general/logo", "logo.png"),
        # Of two pictures, whichever comes last starts the work: once it is the photo …
        _rough_mask("general/refine-mask", "coffee.jpg"),
        _sample("general/refine-mask", "coffee.jpg"),
        # … and once the mask.
        _sample("general/refine-mask", "chelsea.png"),
        _rough_mask("general/refine-mask", "chelsea.png"),
        *(
            _sample(f"portrait/{capability}", "astronaut.jpg")
            for capability in (
                "body/listing=trimmed+taobao-main-3x4",
                "hd-body",
                "head",
                "face",
                "hair",
                "features",
                "skin",
            )
        ),
        # What the shop needs, made of the cutout.
        _sample("goods/commodity/listing=taobao-white+original+amazon-main", "coffee.jpg"),
        _sample("goods/furniture", "coffee.jpg"),
        _sample("goods/cloth/cloth-class=tops+hat", "astronaut.jpg"),
        _sample("scenery/sky", "rocket.jpg"),
        _sample("scenery/hd-sky", "rocket.jpg"),
        _sample("scenery/scene", "rocket.jpg"),
        _sample("scenery/change-sky", "rocket.jpg"),
        _sample("scenery/change-sky", "rocket.jpg.sky.jpg", of="hubble"),
        _sample("picwish/cutout/output-type=1", "chelsea.jpg"),
        _sample("picwish/cutout/format=jpg,bg-color=ffd700,crop=1", "astronaut.jpg"),
        # What is to go is said in white, or in numbers.
        _sample("picwish/watermark", "marked.jpg"),
        Photo(f"{keys.UPLOADS}picwish/watermark/marked.jpg.mask.png", _encode(_mark(), "png")),
        _sample("picwish/watermark/2", "marked.jpg"),
        Photo(f"{keys.UPLOADS}picwish/watermark/2/marked.jpg.rectangles.json", _MARKED.encode()),
        _sample("damo/background", "coffee.jpg"),
        _sample("damo/background/model-type=human", "astronaut.jpg"),
        _rough_mask("damo/matting", "coffee.jpg"),
        _sample("damo/matting", "coffee.jpg"),
    ]


# As tests/samples/LICENCES.md has them.
_CREDITS = {
    "astronaut": "Eileen Collins, from the NASA Great Images database; public domain.",
    "chelsea": "Chelsea the cat, by Stefan van der Walt; CC0.",
    "coffee": "A coffee cup, by Rachel Michetti, courtesy of Pikolo Espresso Bar; CC0.",
    "hubble": "The Hubble eXtreme Deep Field, by NASA; public domain.",
    "marked": "A coffee cup, by Rachel Michetti, courtesy of Pikolo Espresso Bar; CC0. Marked here, to be cleaned.",
    "logo": "Drawn here.",
    "rocket": "DSCOVR on a Falcon 9, by SpaceX; CC0.",
    "rockets": "DSCOVR on a Falcon 9, by SpaceX; CC0. Mirrored here, for a photo of two.",
}

# Outlines as a hurried hand draws them, in the photo's pixels.
_ROUGH_OUTLINES = {
    "coffee": [
        *[(72, 200), (105, 115), (170, 75), (180, 35), (290, 12), (395, 30), (415, 75), (455, 115)],
        *[(488, 200), (470, 280), (415, 345), (320, 388), (230, 385), (140, 340), (85, 270)],
    ],
    "chelsea": [(0, 0), (390, 0), (420, 60), (375, 120), (360, 190), (310, 270), (240, 300), (30, 300), (0, 260)],
}


def _sample(folder: str, name: str, of: str = "") -> Photo:
    stem, _, form = name.rpartition(".")
    content = _encode(_photo(of or stem), form)
    return Photo(f"{keys.UPLOADS}{folder}/{name}", content, _CREDITS[of or stem])


def _rough_mask(folder: str, name: str) -> Photo:
    stem = name.rpartition(".")[0]
    mask = Image.new("L", _photo(stem).size)
    ImageDraw.Draw(mask).polygon(_ROUGH_OUTLINES[stem], fill=255)
    return Photo(f"{keys.UPLOADS}{folder}/{name}.mask.png", _encode(mask, "png"))


_MARKED = '[{"x": 30, "y": 340, "width": 190, "height": 40}]'
"""Where the mark is, in the photo's pixels."""


def _mark() -> Image.Image:
    """White on black: the mark, a little bolder than it is in the photo."""
    mark = Image.new("L", _photo("coffee").size)
    ImageDraw.Draw(mark).text((40, 345), "oss-cutout", 255, ImageFont.load_default(32), stroke_width=3, stroke_fill=255)
    return mark


def _photo(name: str) -> Image.Image:
    if name == "rockets":
        rocket = picture("rocket")[:330, 230:410]
        return Image.fromarray(np.hstack([rocket, rocket[:, ::-1]]))
    if name == "marked":
        marked = _photo("coffee")
        ImageDraw.Draw(marked).text((40, 345), "oss-cutout", "white", ImageFont.load_default(32))
        return marked
    return _logo() if name == "logo" else Image.fromarray(picture(name))


def _logo() -> Image.Image:
    logo = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(logo)
    draw.ellipse((110, 30, 290, 210), fill="#1d7044")
    draw.polygon([(200, 65), (245, 155), (155, 155)], fill="#fdf3d8")
    draw.text((200, 250), "oss-cutout", "#1d7044", ImageFont.load_default(40), anchor="mm")
    return logo


def _encode(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG" if form == "jpg" else form.upper(), quality=95)
    return out.getvalue()
