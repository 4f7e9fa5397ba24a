"""What only a trial tells of a bucket: whether names can be created once, and which way round OSS turns and scales."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from console.account import ApiError, speaking
from console.finding import Fact, Finding
from shared.jobs import keys
from shared.messages.message import Message, Sentence
from shared.pictures.header import read_header

if TYPE_CHECKING:
    import oss2

_ONCE = {"x-oss-forbid-overwrite": "true"}
_TURNED = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI"
    "////////////////////////////////////////////////////wAALCAAIABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8AD//Z"
)
"""A grey JPEG of 16 × 8 px, which by its EXIF orientation, 6, is to be shown as 8 × 16."""
_SCALED = "image/resize,m_fixed,w_8,h_4/auto-orient,1"
_TURNED_FIRST, _AS_WRITTEN = (8, 4), (4, 8)
"""What comes of it, if it is turned and then scaled; and if it is done in the order in which it is written."""


def create_once(bucket: oss2.Bucket) -> Iterator[Finding]:
    """Is a name that is taken refused, as jobs and their leases rest on it?"""
    with _trial(bucket) as (_, put):
        put(b"")
        try:
            put(b"")
        except ApiError as refused:
            if refused.code != "FileAlreadyExists":
                raise
            return
    what = Sentence(
        "OSS has overwritten an object of the bucket {bucket}, although it was told not to",
        "Bucket {bucket} 中的文件被覆盖，尽管请求已指定禁止覆盖",
    )
    yield Finding(
        "OverwriteNotRefused",
        "error",
        what(bucket=bucket.bucket_name),
        Message(
            "two instances can hold the same job, so that photos are paid for twice",
            "同一任务可能同时由两个实例处理，导致重复计费",
        ),
        Message(
            "set JOBS_BUCKET to a bucket in cn-shanghai that never had versioning, and deploy again",
            "将 JOBS_BUCKET 设为一个位于 cn-shanghai 且从未开启过版本控制的 Bucket，然后重新部署",
        ),
    )


def turning(bucket: oss2.Bucket) -> Iterator[Finding | Fact]:
    """Of the order in which OSS turns and scales, its documents say two things; photos come out the same by either."""
    with _trial(bucket) as (key, put):
        put(_TURNED)
        with speaking("OSS", "GetObject"):
            made = bucket.get_object(key, process=_SCALED).read()
    sides = read_header(made, len(made), lambda start, length: made[start : start + length]).turned
    if sides == _TURNED_FIRST:
        yield Fact("TurnsFirst", Message("OSS turns a picture first, and scales it then", "OSS 先旋转图片，再缩放"))
    elif sides == _AS_WRITTEN:
        yield Fact(
            "TurnsAsWritten",
            Message(
                "OSS does to a picture what it is asked, in the order in which it is written",
                "OSS 按请求中书写的顺序处理图片",
            ),
        )
    else:
        yield _turned_otherwise(sides)


def _turned_otherwise(sides: tuple[int, int]) -> Finding:
    what = Sentence(
        "OSS made {width} × {height} px of a turned test picture, which is neither of what its documents say",
        "OSS 将一张带旋转信息的测试图片处理为 {width} × {height} 像素，与其文档的两种说法都不符",
    )
    return Finding(
        "TurnsOtherwise",
        "warning",
        what(width=sides[0], height=sides[1]),
        Message(
            "cutouts of large photos that a camera has turned may come out lying, or distorted",
            "由相机旋转的大尺寸照片，抠图结果可能方向错误或变形",
        ),
        Message(
            "report it with these numbers, and look at the cutouts of such photos until then",
            "请附上以上尺寸反馈；在此之前，请留意此类照片的抠图结果",
        ),
    )


@contextmanager
def _trial(bucket: oss2.Bucket) -> Iterator[tuple[str, Callable[[bytes], None]]]:
    """A new name, and how to create an object of it; what was created is gone afterwards, in all its versions."""
    key = f"{keys.WORK}doctor-{secrets.token_hex(8)}"
    versions = list[str]()

    def put(content: bytes) -> None:
        with speaking("OSS", "PutObject"):
            versions.append(bucket.put_object(key, content, headers=_ONCE).versionid or "")

    try:
        yield key, put
    finally:
        with speaking("OSS", "DeleteObject"):
            for version in dict.fromkeys(versions):
                bucket.delete_object(key, params={"versionId": version} if version else None)
