"""What others put into the bucket where work is kept, each by a name, so that it can be counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from shared.jobs import keys
from shared.jobs.job import Waiting
from shared.jobs.store import JobStore
from shared.jobs.upload import Kind, Upload
from shared.vendors.capabilities import CAPABILITIES
from tests.reliability.people import HD
from tests.unit.fakes import Clock, MemoryBucket, Thing
from tests.unit.releases import deploy

_NAMES = ("jobs/x.lease", "jobs/general/", "jobs/notes.txt", "queue/notes.txt", "queue/waiting/")
_DOCUMENTS = (b"", b"[]", b'{"version": 1}', b"\xff\xfe", b"[" * 2_000)
_UNKNOWN = ({"version": 2}, {"stage": {"name": "reviewed", "by": "somebody"}})
"""What a newer release may have written that this one cannot read."""
_STAGES = ("waiting", "claimed", "blocked", "submitted")
_GONE = "general/hd-common"
"""The capability of `HD`, which a release may lack."""


class Strangers:
    """`jobs` are those of the newer release, for which it takes leases as every release does."""

    def __init__(self, bucket: MemoryBucket, clock: Clock, jobs: JobStore) -> None:
        self.are_about = False
        self.theirs: set[str] = set()
        """Names that are none of ours, and stay."""
        self._bucket, self._clock, self._jobs = bucket, clock, jobs
        self._newer: dict[str, tuple[bytes, bytes]] = {}
        """By key, a job as this release can read it, and as the newer one has left it."""
        self._turn = 0

    def do(self, what: str, key: str) -> bool:
        """Whether that could be done, to the upload `key` or beside it."""
        self._turn += 1
        return DEEDS[what](self, Upload(key))

    def leave(self) -> None:
        """The newer release is deployed for good, and moves its jobs on: each is again as it was."""
        for key in [*self._newer]:
            self._give_back(key)

    def touched(self) -> Iterator[str]:
        """What is somebody else's, and was not left as it was."""
        there = self._bucket.things
        for key in self.theirs - there.keys():
            yield f"{key} is gone, which is somebody else's"
        for key, (_, unreadable) in self._newer.items():
            if key not in there or there[key].body != unreadable:
                yield f"{key} was another release's job, and is gone or changed"

    # ---------------------------------------------------------------- the deeds

    def name(self, upload: Upload) -> bool:
        key = _NAMES[self._turn % len(_NAMES)]
        self.theirs.add(key)
        return self._put(key, b"mine")

    def document(self, upload: Upload) -> bool:
        return self._is_free(upload) and self._put(upload.job_key, _DOCUMENTS[self._turn % len(_DOCUMENTS)])

    def copied_job(self, upload: Upload) -> bool:
        """Of any other upload's; where each has its own, of this one's to a name without an upload.

        Not of one that the newer release has: put back in its place later, it would be left to that release for ever.
        """
        there = sorted(self._bucket.things.keys() - self._newer.keys())
        jobs = [key for key in there if key.startswith(keys.JOBS) and key.endswith(".json")]
        copy = upload.job_key if self._is_free(upload) else Upload(f"{upload.folder}copy.jpg").job_key
        if not jobs or copy in jobs:
            return False
        return self._put(copy, self._bucket.things[jobs[self._turn % len(jobs)]].body)

    def lease(self, upload: Upload) -> bool:
        """On the state that a job is in, where nobody has one."""
        there = self._bucket.things.get(upload.job_key)
        key = upload.lease_key(there.etag, 0) if there else ""
        return key != "" and key not in self._bucket.things and self._put(key, b"mine")

    def far_entry(self, upload: Upload) -> bool:
        rest = upload.key.removeprefix(f"{keys.UPLOADS}{upload.capability}/")
        stage = _STAGES[self._turn % len(_STAGES)]
        return self._put(f"{keys.QUEUE}{stage}/{upload.capability}/99991231T235959.999999Z/{rest}", b"")

    def newer_release(self, upload: Upload) -> bool:
        """Takes up a job that nobody holds and leaves it as this release cannot read it, or gives it back."""
        if upload.job_key in self._newer:
            return self._give_back(upload.job_key)
        found = self._jobs.find(upload) if upload.job_key in self._bucket.things else None
        # A job with copies is left alone: what the newer release does with them is its own affair.
        job = self._jobs.acquire(found) if found and not found.job.copies else None
        if job is None:
            return False
        stage = job.stage if job.bought else Waiting()
        left = replace(job, stage=stage, lease_until=None, due=self._clock()).to_json()
        unreadable = json.dumps(json.loads(left) | _UNKNOWN[self._turn % len(_UNKNOWN)]).encode()
        self._newer[upload.job_key] = left, unreadable
        return self._put(upload.job_key, unreadable)

    def release_without_a_capability(self, upload: Upload) -> bool:
        """Or, after that, one which has it again."""
        if upload.key != HD:
            return False
        deploy(without=_GONE if _GONE in CAPABILITIES else "")
        return True

    # ---------------------------------------------------------------- how

    def _put(self, key: str, body: bytes) -> bool:
        self._bucket.things[key] = Thing(body, self._clock())
        return True

    def _is_free(self, upload: Upload) -> bool:
        """Whether the upload may have a job, and has none."""
        return upload.kind in (Kind.PICTURE, Kind.COMPANION) and upload.job_key not in self._bucket.things

    def _give_back(self, key: str) -> bool:
        readable, _ = self._newer.pop(key)
        return self._put(key, readable)


DEEDS: dict[str, Callable[[Strangers, Upload], bool]] = {
    "foreign name": Strangers.name,
    "foreign document": Strangers.document,
    "foreign lease": Strangers.lease,
    "copied job": Strangers.copied_job,
    "queue entry of the year 9999": Strangers.far_entry,
    "job of a newer release, taken or given back": Strangers.newer_release,
    "release without a capability, or with it again": Strangers.release_without_a_capability,
}
