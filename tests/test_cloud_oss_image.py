"""What the local OSS makes of a picture on its way out."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable

import oss2
import pytest
import requests
from PIL import ExifTags, Image

from tests import oss_world
from tests.oss_world import World, refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


def picture(size: tuple[int, int], form: str = "JPEG", mode: str = "RGB", orientation: int = 0) -> bytes:
    """Left half red, right half blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    image.save(target := io.BytesIO(), form, exif=exif)
    return target.getvalue()


def processed(bucket: oss2.Bucket, content: bytes, instructions: str) -> Image.Image:
    bucket.put_object("picture", content)
    answer = bucket.get_object("picture", process=instructions)
    image = Image.open(io.BytesIO(answer.read()))
    assert answer.content_type == Image.MIME[image.format or ""]
    image.load()
    return image


@pytest.mark.parametrize(
    ("actions", "size", "form"),
    [
        ("resize,w_100", (100, 50), "JPEG"),
        ("resize,h_100", (200, 100), "JPEG"),
        ("resize,m_lfit,w_100,h_10", (20, 10), "JPEG"),
        ("resize,m_mfit,w_100,h_10", (100, 50), "JPEG"),
        ("resize,m_fixed,w_100,h_10", (100, 10), "JPEG"),
        ("resize,m_fixed,h_100", (100, 100), "JPEG"),
        ("resize,l_100", (100, 50), "JPEG"),
        ("resize,s_100", (200, 100), "JPEG"),
        ("resize,p_25", (100, 50), "JPEG"),
        ("resize,p_25,w_40", (40, 20), "JPEG"),
        ("resize,w_800", (400, 200), "JPEG"),
        ("resize,w_800,limit_1", (400, 200), "JPEG"),
        ("resize,w_800,limit_0", (800, 400), "JPEG"),
        ("resize,w_100/rotate,90", (50, 100), "JPEG"),
        ("rotate,90/resize,w_100", (100, 200), "JPEG"),
        ("auto-orient,1", (400, 200), "JPEG"),
        ("quality,q_10", (400, 200), "JPEG"),
        ("format,png", (400, 200), "PNG"),
        ("format,webp", (400, 200), "WEBP"),
        ("format,bmp", (400, 200), "BMP"),
        ("format,gif", (400, 200), "GIF"),
        ("format,tiff", (400, 200), "TIFF"),
        ("resize,l_40/auto-orient,1/format,jpg", (40, 20), "JPEG"),
    ],
)
def test_a_picture_is_reshaped_on_its_way_out(
    bucket: oss2.Bucket, actions: str, size: tuple[int, int], form: str
) -> None:
    image = processed(bucket, picture((400, 200)), f"image/{actions}")
    assert (image.size, image.format) == (size, form)


def test_a_link_may_have_the_picture_reshaped(bucket: oss2.Bucket) -> None:
    bucket.put_object("picture", picture((400, 200)))
    url = bucket.sign_url("GET", "picture", 60, params={"x-oss-process": "image/resize,w_40/format,png"})
    assert Image.open(io.BytesIO(requests.get(url, timeout=5).content)).size == (40, 20)


@pytest.mark.parametrize(
    ("orientation", "left", "size"),
    [(1, "red", (40, 20)), (2, "blue", (40, 20)), (3, "blue", (40, 20)), (6, "red", (20, 40))],
)
def test_a_picture_is_turned_as_its_camera_was_held(
    bucket: oss2.Bucket, orientation: int, left: str, size: tuple[int, int]
) -> None:
    content = picture((40, 20), orientation=orientation)
    image = processed(bucket, content, "image/auto-orient,1/format,png").convert("RGB")
    assert (image.size, ExifTags.Base.Orientation in image.getexif()) == (size, orientation == 1)
    red, _, blue = image.getpixel((3, 3))  # type: ignore[misc]
    assert ("red" if red > blue else "blue") == left
    untouched = processed(bucket, content, "image/resize,w_20")
    assert untouched.getexif()[ExifTags.Base.Orientation] == orientation


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "1"),
        ("GIF", "P"),
        ("TIFF", "CMYK"),
        ("BMP", "RGB"),
        ("WEBP", "RGBA"),
    ],
)
@pytest.mark.parametrize("target", ["jpg", "png", "webp", "bmp", "gif", "tiff"])
def test_every_kind_of_picture_becomes_every_format(bucket: oss2.Bucket, form: str, mode: str, target: str) -> None:
    image = Image.new("RGB", (40, 20), "white").convert(mode)
    image.save(content := io.BytesIO(), form)
    made = processed(bucket, content.getvalue(), f"image/resize,w_20/format,{target}")
    assert made.size == (20, 10)
    assert made.convert("RGB").getpixel((10, 5)) == (255, 255, 255)


def test_sixteen_bits_a_shade_become_eight(bucket: oss2.Bucket) -> None:
    Image.new("I;16", (40, 20), 0x8000).save(content := io.BytesIO(), "PNG")
    grey = processed(bucket, content.getvalue(), "image/format,jpg").convert("L").getpixel((5, 5))
    assert abs(grey - 127) <= 2  # type: ignore[operator]


def test_a_lower_quality_makes_fewer_bytes_and_what_was_see_through_white(bucket: oss2.Bucket) -> None:
    Image.effect_noise((100, 100), 90).save(noise := io.BytesIO(), "PNG")
    bucket.put_object("noise", noise.getvalue())
    sizes = [len(bucket.get_object("noise", process=f"image/format,jpg/quality,{q}").read()) for q in ("Q_90", "q_20")]
    assert sizes[0] > 2 * sizes[1]
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(clear := io.BytesIO(), "PNG")
    assert processed(bucket, clear.getvalue(), "image/format,jpg").getpixel((5, 5)) == (255, 255, 255)


def test_info_tells_what_a_picture_is(bucket: oss2.Bucket) -> None:
    content = picture((40, 20), orientation=6)
    bucket.put_object("picture", content)
    assert json.loads(bucket.get_object("picture", process="image/info").read()) == {
        "FileSize": {"value": str(len(content))},
        "Format": {"value": "jpg"},
        "FrameCount": {"value": "1"},
        "ImageHeight": {"value": "20"},
        "ImageWidth": {"value": "40"},
        "Orientation": {"value": "6"},
    }


def grey(width: int, height: int, form: str) -> Callable[[], bytes]:
    def draw() -> bytes:
        Image.new("1", (width, height)).save(target := io.BytesIO(), form)
        return target.getvalue()

    return draw


@pytest.mark.parametrize(
    ("content", "actions", "code", "ec"),
    [
        (lambda: b"this is not a picture", "info", "BadRequest", ""),
        (lambda: picture((40, 20))[:300], "format,png", "BadRequest", ""),
        (lambda: picture((40, 20)) + bytes(20 * 1024 * 1024), "info", "ImageTooLarge", ""),
        (grey(30_001, 10, "PNG"), "resize,w_10", "BadRequest", "0040-00000009"),
        (lambda: picture((30_001, 1)), "format,png", "BadRequest", "0040-00000019"),
        (grey(16_385, 10, "TIFF"), "format,png", "BadRequest", "0040-00000018"),
        (grey(25_000, 10_001, "PNG"), "format,jpg", "BadRequest", "0040-00000012"),
        (grey(25_000, 10_001, "PNG"), "resize,w_10", "BadRequest", "0040-00000009"),
        (lambda: picture((10, 10)), "resize,m_fixed,w_4097,h_4096,limit_0", "BadRequest", "0040-00000007"),
        (lambda: picture((4_097, 10)), "rotate,90", "BadRequest", "0040-00000006"),
        (lambda: picture((4_097, 10), orientation=6), "auto-orient,1", "BadRequest", "0040-00000006"),
        (grey(16_384, 10, "PNG"), "format,webp", "BadRequest", ""),
        (lambda: picture((10, 10)), "", "BadRequest", "0040-00000212"),
        (lambda: picture((10, 10)), "slim,1", "BadRequest", "0040-00000213"),
        (lambda: picture((10, 10)), "rotate,361", "InvalidArgument", "0040-00000217"),
        (lambda: picture((10, 10)), "rotate,1,2", "InvalidArgument", "0040-00000203"),
        (lambda: picture((10, 10)), "resize,w_0", "InvalidArgument", "0040-00000321"),
        (lambda: picture((10, 10)), "resize,w_16385", "InvalidArgument", "0040-00000321"),
        (lambda: picture((10, 10)), "resize", "InvalidArgument", ""),
        (lambda: picture((10, 10)), "format,psd", "InvalidArgument", ""),
        (lambda: picture((10, 10)), "crop,w_5", "NotImplemented", ""),
    ],
)
def test_a_picture_past_the_image_services_limits_is_refused(
    bucket: oss2.Bucket, content: Callable[[], bytes], actions: str, code: str, ec: str
) -> None:
    bucket.put_object("picture", content())
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("picture", process=f"image/{actions}")
    assert (raised.value.code, raised.value.details.get("EC", "")) == (code, ec)


def test_a_large_picture_passes_when_it_is_made_small_first(bucket: oss2.Bucket) -> None:
    content = picture((6_000, 100), orientation=6)
    assert processed(bucket, content, "image/resize,l_600/auto-orient,1").size == (10, 600)


def test_a_reshaped_picture_can_be_kept(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("红 1.jpg", picture((40, 20)))
    world.events.clear()
    name = base64.urlsafe_b64encode("work/新 1.png".encode()).decode()
    answer = bucket.process_object("红 1.jpg", f"image/resize,w_20/format,png|sys/saveas,o_{name}")
    assert (answer.object, answer.process_status) == ("work/新 1.png", "OK")
    kept = bucket.get_object("work/新 1.png")
    assert (Image.open(io.BytesIO(kept.read())).size, kept.content_type) == ((20, 10), "image/png")
    assert refusal(bucket.process_object, "红 1.jpg", "image/resize,w_20") == (400, "InvalidArgument")
