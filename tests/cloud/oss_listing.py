"""A bucket's contents a page at a time, as ListObjects and ListObjectsV2 count and word it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from tests.cloud.oss_replies import OWNER, Content, Refused, Reply, xml_reply
from tests.cloud.oss_store import Entry

_DEFAULT, _MOST = 100, 1000


@dataclass(frozen=True)
class _Folder:
    """All keys with one beginning, shown as one."""

    key: str


def listing(
    bucket: str, entries: Iterable[Entry], query: Mapping[str, str], type_of: Callable[[str, str], str]
) -> Reply:
    """One page of `entries`, which are in order of their keys and all begin with the prefix that `query` names.

    `type_of` an object, by its key and ETag, says how it was made.
    """
    second = "list-type" in query
    if second and query["list-type"] != "2":
        raise Refused(400, "InvalidArgument", "The list-type must be 2.")
    encode = encoder(query.get("encoding-type", ""))
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    most = read_max_keys(query.get("max-keys", ""))
    after = _read_token(query) if second else query.get("marker", "")
    shown = list(islice(_after(_folded(entries, len(prefix), delimiter), after), most + 1))
    page, truncated = shown[:most], len(shown) > most

    fields: list[tuple[str, Content]] = [
        ("Name", bucket),
        ("Prefix", encode(prefix)),
        ("MaxKeys", str(most)),
        ("Delimiter", encode(delimiter)),
        ("IsTruncated", str(truncated).lower()),
    ]
    if query.get("encoding-type"):
        fields.append(("EncodingType", query["encoding-type"]))
    if second:
        fields.append(("StartAfter", encode(query.get("start-after", ""))))
        fields.append(("ContinuationToken", query.get("continuation-token", "")))
        fields.append(("KeyCount", str(len(page))))
    else:
        fields.append(("Marker", encode(after)))
    if truncated:
        fields.append(
            ("NextContinuationToken", _token(page[-1].key)) if second else ("NextMarker", encode(page[-1].key))
        )
    with_owner = not second or query.get("fetch-owner") == "true"
    for shown_one in page:
        if isinstance(shown_one, _Folder):
            fields.append(("CommonPrefixes", [("Prefix", encode(shown_one.key))]))
        else:
            kind = type_of(shown_one.key, shown_one.etag)
            fields.append(("Contents", _contents(shown_one, encode(shown_one.key), kind, with_owner)))
    return xml_reply("ListBucketResult", fields)


def _folded(entries: Iterable[Entry], depth: int, delimiter: str) -> Iterator[Entry | _Folder]:
    """`entries`, those with `delimiter` past `depth` characters replaced by one folder for all alike."""
    last = ""
    for entry in entries:
        end = entry.key.find(delimiter, depth) if delimiter else -1
        if end < 0:
            yield entry
            continue
        folder = entry.key[: end + len(delimiter)]
        if folder != last:
            yield _Folder(folder)
        last = folder


def _after(shown: Iterable[Entry | _Folder], marker: str) -> Iterator[Entry | _Folder]:
    # A folder that was the last thing shown is its own marker, and not shown again.
    return (one for one in shown if one.key > marker)


def _contents(entry: Entry, key: str, kind: str, with_owner: bool) -> Content:
    fields: list[tuple[str, Content]] = [
        ("Key", key),
        ("LastModified", entry.modified),
        ("ETag", entry.etag),
        ("Type", kind),
        ("Size", str(entry.size)),
        ("StorageClass", "Standard"),
    ]
    return [*fields, ("Owner", OWNER)] if with_owner else fields


def encoder(encoding: str) -> Callable[[str], str]:
    """How names are written when `encoding-type` says so: without it, control characters make an answer no XML."""
    if encoding not in ("", "url"):
        raise Refused(400, "InvalidArgument", "The encoding-type must be url.")
    return (lambda text: quote(text, safe="/")) if encoding else (lambda text: text)


def read_max_keys(given: str) -> int:
    """How many names a page has; raises `Refused` for what is no such number."""
    if not given:
        return _DEFAULT
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= _MOST:
        raise Refused(400, "InvalidArgument", f"The max-keys must be between 1 and {_MOST}.")
    return int(given)


def _token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read_token(query: Mapping[str, str]) -> str:
    try:
        token = base64.urlsafe_b64decode(query.get("continuation-token", "")).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(400, "InvalidArgument", "The continuation-token is not one of ours.") from None
    return token or query.get("start-after", "")
