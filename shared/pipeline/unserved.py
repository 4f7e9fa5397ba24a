"""Which uploads have no current receipt and no job, as listings show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared import log
from shared.cloud.ports import Bucket, ListedObject
from shared.jobs import keys
from shared.jobs.upload import Kind, Upload
from shared.vendors.capabilities import of_group


def unserved(pictures: Bucket, documents: Bucket, prefix: str) -> Iterator[ListedObject]:
    """Uploads below `prefix` in the order of their names; one that is written again in the second of its receipt
    counts, too. `documents` has the jobs."""
    receipts = {each.key: each.modified for each in pictures.list(keys.receipts_below(prefix))}
    under_way = {each.key for each in documents.list(keys.jobs_below(prefix))}
    listed = list(pictures.list(prefix))
    newest = _newest(listed)
    for each in listed:
        upload = Upload(each.key)
        if upload not in newest or upload.kind not in (Kind.PICTURE, Kind.COMPANION) or upload.job_key in under_way:
            continue
        if not any(of_group(upload.group)):
            continue  # no function serves it: no trigger has its prefix
        if len(each.key.encode()) > keys.MAX_UPLOAD_BYTES:
            log.error("upload_refused", key=each.key, message="its key is too long for a receipt")
            continue
        receipt = receipts.get(upload.receipt_key)
        if each.size and (receipt is None or receipt <= newest[upload]):
            yield each


def _newest(listed: Sequence[ListedObject]) -> dict[Upload, datetime]:
    """For each picture, when it or what lies beside it was last written; so for a companion without a picture."""
    there = {each.key for each in listed}
    newest: dict[Upload, datetime] = {}
    of_folder: dict[str, datetime] = {}
    for each in listed:
        upload = Upload(each.key)
        if upload.kind is Kind.FOLDER_COMPANION:
            of_folder[upload.folder] = max(each.modified, of_folder.get(upload.folder, each.modified))
            continue
        picture = upload.picture
        subject = picture if picture and picture.key in there else upload
        newest[subject] = max(each.modified, newest.get(subject, each.modified))
    return {upload: max(moment, of_folder.get(upload.folder, moment)) for upload, moment in newest.items()}
