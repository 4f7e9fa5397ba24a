"""Where uploads go: the folders whose names say what is to be made of them, held against the functions' own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.errors import Rejected
from shared.jobs.keys import MAX_UPLOAD_BYTES, UPLOADS
from shared.jobs.upload import Kind, Upload
from shared.messages import uploads as messages
from shared.messages.message import Message, Sentence
from shared.vendors.capabilities import LABELS, capability, vendor_options
from shared.vendors.listing import LISTING, with_listing

_NOT_IN_A_FOLDER = Sentence(
    "{name}={value} cannot stand in a folder's name: put it into the upload's metadata, or beside the picture",
    "{name}={value} 不能写在文件夹名中：请写入上传对象的元数据，或放在图片旁的文件中",
)
_TOO_LONG = Sentence(
    "its key would have {size} bytes in UTF-8, and {most} are the most",
    "对象键的 UTF-8 编码为 {size} 字节，超过上限 {most} 字节",
)
_NO_PICTURE = Message(
    "files whose names begin with a dot or an underscore are not served",
    "以点或下划线开头的文件名不会被处理",
)
_EMPTY = Message("it is empty", "文件为空")


def prefix(name: str, options: Mapping[str, str], listings: Sequence[str] = (), folder: str = "") -> str:
    """The folder below `uploads/` for photos of the capability `name` with these options and listing pictures, and in
    it one of the user's own, which may set options too.

    Raises `Rejected` for what the functions would reject, and for an option that no folder's name can hold.
    """
    row = capability(name)
    wanted = {**options, LISTING: "+".join(listings)} if listings else dict(options)
    own = "".join(f"{part}/" for part in folder.split("/") if part)
    chosen = f"{','.join(f'{option}={value}' for option, value in wanted.items())}/" if wanted else ""
    found = f"{UPLOADS}{name}/{chosen}{own}"
    read = Upload(f"{found}photo.jpg").options
    for option, value in wanted.items():
        if read.get(option) != value:
            raise Rejected("InvalidOption", _NOT_IN_A_FOLDER(name=option, value=value))
    vendor_options(row, {option: value for option, value in read.items() if option != LISTING})
    with_listing(row, read, "")
    return found


def problem(key: str, size: int) -> Message | None:
    """Why no function serves a file of `size` bytes that is uploaded to `key`, as far as its name and size tell."""
    upload = Upload(key)
    length = len(key.encode(errors="backslashreplace"))
    if not size:
        return _EMPTY
    if length > MAX_UPLOAD_BYTES:
        return _TOO_LONG(size=length, most=MAX_UPLOAD_BYTES)
    if upload.kind is Kind.OTHER:
        return _NO_PICTURE
    if upload.kind is Kind.PICTURE and (upload.suffix.isdecimal() or upload.suffix in LABELS):
        return messages.AMBIGUOUS_NAME(suffix=upload.suffix)
    return None
