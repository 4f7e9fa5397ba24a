"""Why no function would serve a file, told by the functions' own rules before the file is sent."""

from __future__ import annotations

from typing import IO

from shared.errors import Rejected
from shared.jobs.keys import MAX_UPLOAD_BYTES
from shared.jobs.upload import Kind, Upload
from shared.messages import uploads as messages
from shared.messages.message import Message, Sentence
from shared.pictures.admission import admit_picture
from shared.pictures.header import WINDOW, read_header
from shared.vendors.capabilities import LABELS, capability, vendor_options
from shared.vendors.listing import LISTING, with_listing

_TOO_LONG = Sentence(
    "its key would have {size} bytes in UTF-8, and {most} are the most",
    "对象键的 UTF-8 编码为 {size} 字节，超过上限 {most} 字节",
)
_HIDDEN = Message(
    "files and folders whose names begin with a dot are not sent",
    "以点开头的文件和文件夹不会上传",
)
_UNDERSCORE = Message("files whose names begin with an underscore are not served", "以下划线开头的文件不会被处理")
_EMPTY = Message("it is empty", "文件为空")
_OTHER_FILES = ("NotAnImage", "CameraRaw")
"""The codes of `read_header` that need no more than the head of a file."""


def problem(key: str, size: int, head: bytes = b"") -> Message | None:
    """Why no function serves a file of `size` bytes that is uploaded to `key`, as far as its name, its size and its
    first bytes tell; without `head`, the last do not count."""
    upload = Upload(key)
    if found := _of_name(upload, size):
        return found
    if upload.kind is not Kind.PICTURE:
        return None
    try:
        check_options(upload)
    except Rejected as error:
        return error.text
    return _other_file(key, head) if head else None


def _of_name(upload: Upload, size: int) -> Message | None:
    if "/." in upload.key:
        return _HIDDEN
    if not size:
        return _EMPTY
    length = len(upload.key.encode(errors="backslashreplace"))
    if length > MAX_UPLOAD_BYTES:
        return _TOO_LONG(size=length, most=MAX_UPLOAD_BYTES)
    if upload.kind is Kind.PICTURE and (upload.suffix.isdecimal() or upload.suffix in LABELS):
        return messages.AMBIGUOUS_NAME(suffix=upload.suffix)
    return _UNDERSCORE if upload.kind is Kind.OTHER else None


def _other_file(key: str, head: bytes) -> Message | None:
    try:
        read_header(head, len(head), lambda _start, _length: b"", key)
    except Rejected as error:
        return error.text if error.code in _OTHER_FILES else None  # the header may go on where `head` ends
    return None


def picture_problem(key: str, size: int, body: IO[bytes]) -> Message | None:
    """The same of a file that is at hand: a photo also has to be within the limits of its capability, or OSS has to be
    able to bring it there. Raises what reading `body` does."""
    found = problem(key, size)
    upload = Upload(key)
    if found or upload.kind is not Kind.PICTURE:
        return found

    def more(start: int, length: int) -> bytes:
        body.seek(start)
        return body.read(length)

    try:
        admit_picture(read_header(more(0, WINDOW), size, more, key), size, capability(upload.capability).limits)
    except Rejected as error:
        return error.text
    return None


def check_options(upload: Upload) -> None:
    """Raises `Rejected` for options in the upload's folders that its capability does not take."""
    row, options = capability(upload.capability), upload.options
    vendor_options(row, {name: value for name, value in options.items() if name != LISTING})
    with_listing(row, options, "")
