"""Whole sentences in Chinese, as they come, and how they reach a receipt."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from shared.errors import CutoutError, Misconfigured, Rejected, Unavailable
from shared.jobs.job import Job
from shared.jobs.receipt import Receipt, receipt
from shared.messages import pictures, uploads
from shared.pictures.admission import Limits, admit_mask, admit_picture
from shared.pictures.header import read_header
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import Rendering
from shared.pipeline.outcomes import without_error
from shared.pipeline.retries import after_error
from shared.vendors.capabilities import CAPABILITIES, vendor_options
from shared.vendors.error_codes import PICWISH, VIAPI, ErrorKind, error_for
from tests.unit.providers import ERROR_CODES

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
LIMITS = Limits(frozenset({"jpg", "png"}), 3_000_000, 32, 2000, max_aspect=2.0)


def job() -> Job:
    return Job("id", "uploads/goods/common/a.jpg", NOW, NOW, capability="goods/common")


def refusal(header: Header, size: int = 1000, limits: Limits = LIMITS) -> str:
    with pytest.raises(Rejected) as refused:
        admit_picture(header, size, limits)
    return refused.value.text.zh


def test_a_picture_that_is_too_small() -> None:
    expected = "图片为 1,999 × 20 像素，而每边至少须有 32 像素：请上传更大的图片"
    assert refusal(Header("jpg", 1999, 20)) == expected


def test_a_picture_that_is_too_large_for_all() -> None:
    assert refusal(Header("jpg", 31_000, 20_000), 21_000_000, replace(LIMITS, max_side=3000)) == (
        "文件为 21,000,000 字节，上限为 3,000,000 字节；图片为 31,000 × 20,000 像素，每边须为 32 至 3,000 像素；"
        "而 OSS 只能转换不超过 20,000,000 字节、每边不超过 30,000 像素、总像素不超过 250,000,000 的图片："
        "这张图片为 21,000,000 字节、31,000 × 20,000 像素。请将文件压缩到 20 MB 以下，并将图片缩小到每边不超过 "
        "30,000 像素，并将图片缩小到不超过 250 百万像素，再重新上传"
    )


def test_what_is_no_picture() -> None:
    with pytest.raises(Rejected) as refused:
        read_header(b"%PDF-1.7", 8, lambda *_: b"")
    assert refused.value.text.zh == (
        "这是 PDF 文档，不是 JPEG、PNG、BMP、WebP、GIF、TIFF、HEIC 或 AVIF 图片：请另存为 JPEG 或 PNG 后重新上传"
    )


def test_a_mask_of_another_size_names_what_it_is() -> None:
    with pytest.raises(Rejected) as refused:
        admit_mask(Header("png", 10, 20), 100, LIMITS, Header("jpg", 100, 200), Rendering("", 100, 200))
    assert uploads.IN_COMPANION(role="mask", said=refused.value.text).zh == (
        "配套图（mask）：它为 10 × 20 像素，而原图为 100 × 200 像素：两者的尺寸必须一致，"
        "请将其中一张缩放或裁剪成另一张的尺寸后重新上传"
    )


def test_an_option_with_a_value_that_nobody_takes() -> None:
    with pytest.raises(Rejected) as refused:
        vendor_options(CAPABILITIES["picwish/cutout"], {"bg-color": "red"})
    assert refused.value.text.zh == (
        "bg-color 的值为 'red'；picwish/cutout 支持的值：十六进制 RRGGBB，仅与 format=jpg 同用"
    )


@pytest.mark.parametrize(
    ("verdicts", "code", "said", "expected"),
    [
        (VIAPI, "InvalidImage", "Bad image.", "服务商返回：Bad image."),
        (VIAPI, "InvalidImage", "图片有误。", "服务商返回：图片有误。"),
        (VIAPI, "InternalError", "", "服务商未说明原因"),
        (
            VIAPI,
            "InvalidApi.NotPurchase",
            "Not bought.",
            "服务商返回：Not bought；请在阿里云视觉智能开放平台控制台（分割抠图）开通该能力，或结清欠费",
        ),
        (PICWISH, "State-7", "图片有误。", "服务商返回：图片有误；服务商不支持这张图片的格式或分辨率"),
    ],
)
def test_a_vendors_own_words_are_quoted(verdicts: dict[str, ErrorKind], code: str, said: str, expected: str) -> None:
    assert error_for(verdicts, code, said, "").text.zh == expected


@pytest.mark.parametrize(
    "kind", [kind for each in ERROR_CODES.values() for kind in each.values() if kind.advice], ids=lambda _: ""
)
def test_advice_is_given_in_both_languages(kind: ErrorKind) -> None:
    said = error_for({"X": kind}, "X", "Why", "").text
    assert said.en != said.zh
    assert said.zh.startswith("服务商返回：Why；")
    assert "check" not in said.zh


# -------------------------------------------------------------------- on its way into a receipt

TEXT = uploads.PICTURE_MISSING(picture="uploads/a.jpg")


@pytest.mark.parametrize("kind", [Rejected, Misconfigured, Unavailable])
def test_an_error_a_job_and_a_receipt_have_both(kind: type[CutoutError]) -> None:
    error = kind("PictureMissing", TEXT)
    assert (error.message, error.text) == (TEXT.en, TEXT)
    kept = after_error(job(), error, NOW).job
    if kind is not Rejected:
        kept = Job.from_json(kept.to_json())
        assert kept.text == TEXT
        again = without_error(kept, "")
        assert (again.message, again.message_zh) == ("", "")
    written = receipt(job(), NOW, error=kind(error.code, kept.text if kept.message else TEXT))
    assert (written.message, written.message_zh) == (TEXT.en, TEXT.zh)


def test_a_receipt_has_neither_or_both() -> None:
    plain, remarked = receipt(job(), NOW), receipt(replace(job(), remark="CmykColours"), NOW)
    empty = receipt(job(), NOW, empty=True)
    assert (plain.message, plain.message_zh) == ("", "")
    assert remarked.message_zh == "图片使用印刷色彩（CMYK），处理后颜色可能有偏差：如有偏差，请另存为 RGB 后重新上传"
    assert empty.message_zh == pictures.NO_SUBJECT().zh


def test_what_an_earlier_release_wrote_is_still_read() -> None:
    old = json.loads(replace(job(), code="NoAnswer", message="it hung").to_json())
    del old["message_zh"]
    read = Job.from_json(json.dumps(old).encode())
    assert receipt(read, NOW, error=Unavailable(read.code, read.text)).message_zh == "it hung", "better than nothing"
    earlier = receipt(job(), NOW, error=Rejected("InvalidPath", TEXT)).model_dump(mode="json")
    del earlier["message_zh"]
    assert Receipt.model_validate(earlier).message_zh == ""
