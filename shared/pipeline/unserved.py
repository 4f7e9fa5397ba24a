"""Which uploads have no current receipt and no job, as listings show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared import log
from shared.cloud.ports import Bucket, ListedObject
from shared.jobs import keys
from shared.vendors.capabilities import companion_roles, of_group


def unserved(pictures: Bucket, documents: Bucket, prefix: str) -> Iterator[ListedObject]:
    """Uploads below `prefix` in the order of their names; one that is written again in the second of its receipt
    counts, too. `documents` has the jobs."""
    told = {each.key: each.modified for each in pictures.list(keys.receipts_below(prefix))}
    under_way = {each.key for each in documents.list(keys.jobs_below(prefix))}
    listed = list(pictures.list(prefix))
    newest = _newest(listed)
    for each in listed:
        if not keys.is_upload(each.key) or each.key not in newest or keys.job(each.key) in under_way:
            continue
        if not any(of_group(group_of(each.key))):
            continue  # no function serves it: no trigger has its prefix
        if len(each.key.encode()) > keys.MAX_UPLOAD_BYTES:
            log.error("upload_refused", key=each.key, message="its key is too long for a receipt")
            continue
        receipt = told.get(keys.receipt(each.key))
        if each.size and (receipt is None or receipt <= newest[each.key]):
            yield each


def group_of(upload: str) -> str:
    """The first folder, whose function owns the upload."""
    return upload.removeprefix(keys.UPLOADS).partition("/")[0]


def _newest(listed: Sequence[ListedObject]) -> dict[str, datetime]:
    """For each picture, when it or what lies beside it was last written. What lies beside one that is there is none."""
    there = {each.key for each in listed}
    newest: dict[str, datetime] = {}
    of_folder: dict[str, datetime] = {}
    for each in listed:
        roles = companion_roles(keys.capability_name(each.key))
        if keys.serves_folder(each.key, roles):
            of_folder[keys.folder(each.key)] = max(each.modified, of_folder.get(keys.folder(each.key), each.modified))
            continue
        image = keys.image_of(each.key, roles)
        key = image if image in there else each.key
        newest[key] = max(each.modified, newest.get(key, each.modified))
    return {key: max(moment, of_folder.get(keys.folder(key), moment)) for key, moment in newest.items()}
