"""Where uploads go: the folders whose names say what is to be made of them, held against the functions' own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.upload.problems import check_options
from shared.errors import Rejected
from shared.jobs.keys import UPLOADS
from shared.jobs.upload import Upload
from shared.messages.message import Sentence
from shared.vendors.capabilities import capability
from shared.vendors.listing import LISTING

_NOT_IN_A_FOLDER = Sentence(
    "{name}={value} cannot stand in a folder's name: put it into the upload's metadata, or beside the picture",
    "{name}={value} 不能写在文件夹名中：请写入上传对象的元数据，或放在图片旁的文件中",
)


def prefix(name: str, options: Mapping[str, str], listings: Sequence[str] = (), folder: str = "") -> str:
    """The folder below `uploads/` for photos of the capability `name` with these options and listing pictures, and in
    it one of the user's own, which may set options too.

    Raises `Rejected` for what the functions would reject, and for an option that no folder's name can hold.
    """
    capability(name)
    wanted = {**options, LISTING: "+".join(listings)} if listings else dict(options)
    own = "".join(f"{part}/" for part in folder.split("/") if part)
    chosen = f"{','.join(f'{option}={value}' for option, value in wanted.items())}/" if wanted else ""
    found = f"{UPLOADS}{name}/{chosen}{own}"
    photo = Upload(f"{found}photo.jpg")
    read = photo.options
    for option, value in wanted.items():
        if read.get(option) != value:
            raise Rejected("InvalidOption", _NOT_IN_A_FOLDER(name=option, value=value))
    check_options(photo)
    return found
