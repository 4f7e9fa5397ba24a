"""The bucket as any OSS client sees it, through oss2: the demo knows nothing of the box but an address and a key."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import oss2
from oss2.credentials import StaticCredentialsProvider
from oss2.exceptions import NoSuchKey

from tests.cloud.accounts import Key


class Bucket(Protocol):
    """What the demo asks of a bucket; every method raises `oss2.exceptions.OssError` when OSS says no."""

    def put(self, key: str, content: bytes | Path) -> None: ...

    def names(self, prefix: str) -> list[str]:
        """Every key that begins with `prefix`."""
        ...

    def read(self, key: str) -> bytes | None:
        """A small object's bytes; None when there is none of that name."""
        ...

    def save(self, key: str, path: Path) -> None:
        """An object of any size, into the file `path`. Raises `OSError` when that cannot be written."""
        ...


class OssBucket:
    def __init__(self, endpoint: str, name: str, region: str, key: Key) -> None:
        auth = oss2.ProviderAuthV4(StaticCredentialsProvider(key.access_key_id, key.access_key_secret))
        self._bucket = oss2.Bucket(auth, endpoint, name, region=region)

    def put(self, key: str, content: bytes | Path) -> None:
        if isinstance(content, bytes):
            self._bucket.put_object(key, content)
        else:
            self._bucket.put_object_from_file(key, str(content))

    def names(self, prefix: str) -> list[str]:
        return [entry.key for entry in oss2.ObjectIteratorV2(self._bucket, prefix=prefix)]

    def read(self, key: str) -> bytes | None:
        try:
            return bytes(self._bucket.get_object(key).read())
        except NoSuchKey:
            return None

    def save(self, key: str, path: Path) -> None:
        self._bucket.get_object_to_file(key, str(path))
