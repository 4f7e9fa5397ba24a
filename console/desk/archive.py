"""Many pictures as one zip, sent while they are read: only one of them is in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from console.records.record import Record
from console.thumbnails import MOST_BYTES
from shared.cloud.ports import Bucket
from shared.errors import CutoutError
from shared.jobs.upload import Upload

WHATS = ("cutouts", "listings", "all")
_PIECE = 1 << 18


def keys_of(records: Iterable[Record], what: str) -> Iterator[str]:
    """The keys of the pictures that are asked for. A forged receipt could name any object of the bucket, so only keys
    where the functions store pictures are taken."""
    for record in records:
        upload = Upload(record.source)
        if what != "listings":
            for output in record.receipt.outputs:
                if output.key == upload.output_key(output.label, _extension(output.key)):
                    yield output.key
        if what != "cutouts" and record.listing:
            for picture in record.listing.pictures:
                if picture.key == upload.listing_picture_key(picture.preset, _extension(picture.key)):
                    yield picture.key


def _extension(key: str) -> str:
    return key.rpartition(".")[2]


def archive(bucket: Bucket, keys: Iterable[str]) -> Generator[bytes, None, None]:
    """The zip, a piece at a time. Pictures that cannot be read are listed in `missing.txt` at its end.

    To be closed, as it has a file on this machine's disk.
    """
    out, missing, names = _Unseekable(), list[str](), set[str]()
    with TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:  # they are compressed
        file = Path(folder) / "picture"
        for key in keys:
            try:
                bucket.download(key, file, most=MOST_BYTES)
            except CutoutError as error:
                missing.append(f"{key}\t{error.code}\t{error.message}\n")
                continue
            with file.open("rb") as read, made.open(_inside(key, names), "w") as entry:
                while piece := read.read(_PIECE):
                    entry.write(piece)
                    yield out.taken()
            yield out.taken()
        if missing:
            made.writestr("missing.txt", "".join(missing))
    yield out.taken()


def _inside(key: str, names: set[str]) -> str:
    """A name that unpacks into the folder in which the zip is unpacked, and nowhere else; none of `names`, to which it
    is added: `a\\b.png` and `a_b.png` give the same one."""
    plain = "/".join(part if part.strip(". ") else "_" for part in key.replace("\\", "_").split("/"))
    name, number = plain, 2
    while name in names:
        start, dot, extension = plain.rpartition(".")
        name, number = f"{start}-{number}{dot}{extension}", number + 1
    names.add(name)
    return name


class _Unseekable(io.RawIOBase):
    """What the zip is written to: it hands out what has been written since the last time."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        view = memoryview(piece)
        self._written += view
        return view.nbytes

    def taken(self) -> bytes:
        piece = bytes(self._written)
        self._written.clear()
        return piece
