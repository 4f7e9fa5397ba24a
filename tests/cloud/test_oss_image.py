"""What the local OSS makes of a picture on its way out."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from contextlib import suppress

import oss2
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from tests.cloud import oss_world
from tests.cloud.oss_image import process
from tests.cloud.oss_image_actions import AS_WRITTEN, READINGS, TURNED_FIRST, Reading
from tests.cloud.oss_replies import Refused
from tests.cloud.oss_world import World, refusal
from tests.pictures.corners import COLOURS, NAMES, case, corners, moving, stored

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
        (lambda: b"this is not a picture", "info", "BadRequest", "0040-00000005"),
        (lambda: picture((40, 20))[:300], "format,png", "BadRequest", "0040-00000005"),
        (lambda: case("plain.avif")[:2000], "format,png", "BadRequest", "0040-00000021"),
        (lambda: case("alpha.heic")[:5000], "format,png", "BadRequest", "0040-00000020"),
        (lambda: case("webp-ori6.webp")[:2000], "format,png", "BadRequest", "0040-00000010"),
        (lambda: case("animated.webp"), "resize,w_10", "BadWebPImage", "0040-00000010"),
        (lambda: case("alpha.heic"), "format,jpg", "BadRequest", ""),
        (lambda: moving(12_500, 10_000, 3), "resize,w_10", "BadRequest", "0040-00000009"),
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
        (lambda: picture((10, 10)), "auto-orient,2", "InvalidArgument", "0040-00000215"),
        (lambda: picture((10, 10)), "crop,w_5", "NotImplemented", ""),
        (lambda: picture((10, 10)), "format,heic", "NotImplemented", ""),
    ],
)
def test_a_picture_past_the_image_services_limits_is_refused(
    bucket: oss2.Bucket, content: Callable[[], bytes], actions: str, code: str, ec: str
) -> None:
    bucket.put_object("picture", content())
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("picture", process=f"image/{actions}")
    assert (raised.value.code, raised.value.details.get("EC", "")) == (code, ec)


readings = pytest.mark.parametrize("reading", READINGS.values(), ids=list(READINGS))


@pytest.mark.parametrize(
    ("actions", "as_written", "turned_first"),
    [
        ("resize,w_20", (20, 10), (20, 40)),  # by default pictures are turned, says the one, and the other nothing
        ("resize,w_20/auto-orient,1", (10, 20), (20, 40)),  # the example on the page "Auto-orient"
        ("auto-orient,1/resize,w_20", (20, 40), (20, 40)),
        ("auto-orient,0/resize,w_20", (20, 10), (20, 10)),
        ("auto-orient,0/resize,w_20/rotate,90", (10, 20), (10, 20)),  # as the FAQ has it
    ],
)
def test_the_documents_can_be_read_in_two_ways(
    actions: str, as_written: tuple[int, int], turned_first: tuple[int, int]
) -> None:
    for reading, size in ((AS_WRITTEN, as_written), (TURNED_FIRST, turned_first)):
        made = process(picture((40, 20), orientation=6), f"image/{actions}", reading)
        assert Image.open(io.BytesIO(made.content)).size == size


def test_which_of_them_holds_can_be_set_for_a_whole_oss(bucket: oss2.Bucket, world: World) -> None:
    world.oss.reading = TURNED_FIRST
    try:
        assert processed(bucket, picture((40, 20), orientation=6), "image/resize,w_20/auto-orient,1").size == (20, 40)
    finally:
        world.oss.reading = AS_WRITTEN


@readings
def test_the_sides_of_the_source_are_what_auto_orient_goes_by(reading: Reading) -> None:
    """That it was made small before is nothing to it; `rotate` minds what it is given."""
    longest = picture((reading.longest, 10), orientation=6)
    assert process(longest, "image/auto-orient,1", reading).content
    longer = picture((reading.longest + 1, 10), orientation=6)
    for actions in ("auto-orient,1", "resize,w_100/auto-orient,1", "auto-orient,1/resize,w_100"):
        with pytest.raises(Refused) as refused:
            process(longer, f"image/{actions}", reading)
        assert (refused.value.status, refused.value.ec) == (400, "0040-00000006")
    small = process(picture((6_000, 100), orientation=6), "image/auto-orient,0/resize,l_600/rotate,90", reading)
    assert Image.open(io.BytesIO(small.content)).size == (10, 600)


@readings
@pytest.mark.parametrize("form", ["WEBP", "PNG", "TIFF"])
def test_other_formats_have_an_orientation_too_and_no_document_says_that_it_is_heeded(
    form: str, reading: Reading
) -> None:
    content = picture((40, 20), form, orientation=6)
    made = process(content, "image/auto-orient,1/format,png", reading)
    assert Image.open(io.BytesIO(made.content)).size == ((20, 40) if reading.comes_first else (40, 20))
    left_alone = process(content, "image/auto-orient,0/format,png", reading)
    assert Image.open(io.BytesIO(left_alone.content)).size == (40, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_undone(form: str, orientation: int) -> None:
    sides = (40, 20) if orientation < 5 else (20, 40)
    content = stored(sides, orientation, form, **({"lossless": True} if form == "WEBP" else {}))
    made = Image.open(io.BytesIO(process(content, "image/auto-orient,1/format,png", TURNED_FIRST).content))
    assert (made.size, corners(made)) == ((40, 20), COLOURS)


def test_a_phones_photo_with_exif_beside_its_orientation_is_turned(bucket: oss2.Bucket) -> None:
    made = processed(bucket, case("phone-orientation6.jpg"), "image/auto-orient,1/format,jpg")
    exif = made.getexif()
    assert (made.size, exif.get(ExifTags.Base.Orientation), exif[ExifTags.Base.Make]) == ((480, 640), None, "Apple")
    assert exif.get_ifd(ExifTags.IFD.Exif)


def test_a_jpeg_with_others_behind_it_is_a_jpeg(bucket: oss2.Bucket) -> None:
    """As phones write it, for depth and brightness."""
    first, second = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (20, 10), "blue")
    first.save(content := io.BytesIO(), "MPO", save_all=True, append_images=[second])
    assert Image.open(content).format == "MPO"
    made = processed(bucket, content.getvalue(), "image/resize,w_20")
    assert (made.format, made.size) == ("JPEG", (20, 10))


@pytest.mark.parametrize("name", ["plain.avif", "avif-major-mif1.avif", "heic-mdat-first-small.heic", "alpha.heic"])
def test_heic_and_avif_are_read(bucket: oss2.Bucket, name: str) -> None:
    made = processed(bucket, case(name), "image/resize,m_fixed,w_320,h_240/format,png")
    assert (made.size, made.has_transparency_data) == ((320, 240), name == "alpha.heic")
    assert json.loads(process(case(name), "image/info").content)["Format"]["value"] == name.rpartition(".")[2]


def test_an_avif_is_turned_as_it_says_itself(bucket: oss2.Bucket) -> None:
    content = stored((40, 20), 6, "AVIF")  # which Pillow writes as `irot`
    made = processed(bucket, content, "image/auto-orient,0/format,png")
    assert (made.size, corners(made)) == ((20, 40), COLOURS)


def test_what_pillow_cannot_do_is_said_to_be_missing_here(bucket: oss2.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "resize", lambda *_: 1 / 0)
    bucket.put_object("picture", picture((40, 20)))
    assert refusal(bucket.get_object, "picture", process="image/resize,w_10") == (501, "NotImplemented")


@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.binary(min_size=1, max_size=8), st.booleans())
def test_no_damage_makes_it_stumble(name: str, where: int, what: bytes, cut_off: bool) -> None:
    content = case(name)
    at = where % len(content)
    content = content[:at] if cut_off else content[:at] + what + content[at + len(what) :]
    for actions in ("info", "auto-orient,1/resize,m_fixed,w_20,h_10/format,jpg/quality,Q_90"):
        with suppress(Refused):
            assert process(content, f"image/{actions}").content


def test_a_reshaped_picture_can_be_kept(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("红 1.jpg", picture((40, 20)))
    world.events.clear()
    name = base64.urlsafe_b64encode("work/新 1.png".encode()).decode()
    answer = bucket.process_object("红 1.jpg", f"image/resize,w_20/format,png|sys/saveas,o_{name}")
    assert (answer.object, answer.process_status) == ("work/新 1.png", "OK")
    kept = bucket.get_object("work/新 1.png")
    assert (Image.open(io.BytesIO(kept.read())).size, kept.content_type) == ((20, 10), "image/png")
    assert refusal(bucket.process_object, "红 1.jpg", "image/resize,w_20") == (400, "InvalidArgument")
