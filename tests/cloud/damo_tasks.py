"""DAMO's tasks: they come in batches, wait their turn, fetch their pictures when they run, and fail each for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import uuid4

from tests.cloud.damo_bodies import Given
from tests.cloud.damo_replies import Refused
from tests.cloud.vendor_drawn import Json
from tests.cloud.vendor_faults import Faults

Status: TypeAlias = Literal["WAITING", "RUNNING", "SUCCESS", "FAILED"]


@dataclass
class Task:
    given: Given
    key: str
    """The upload its photo is."""
    link: Future[str]
    """Where its result is, or the `Refused` it failed with."""
    failed: str = ""
    """The message it failed with: a task fails once and for all."""


@dataclass(frozen=True)
class Batch:
    api: str
    result_key: str
    submitted: float
    tasks: list[Task]


class Tasks:
    """A task runs when a third of `seconds` has passed since it was submitted; it is done after `seconds`, or later."""

    def __init__(self, clock: Callable[[], float], seconds: float, faults: Faults) -> None:
        self._clock = clock
        self._seconds = seconds
        self._faults = faults
        self._batches: dict[str, Batch] = {}
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def submit(self, api: str, given: Iterable[tuple[Given, str]], make: Callable[[Given, str], str]) -> Batch:
        """`given` are tasks, each with the upload it is about. `make` says where the result of one is, or raises
        `Refused`: it runs in the background, when the task does."""
        now = self._clock()
        tasks = [Task(task, key, self._pool.submit(self._run, now, make, task, key)) for task, key in given]
        batch = Batch(api, uuid4().hex, now, tasks)
        self._batches[batch.result_key] = batch
        return batch

    def find(self, api: str, result_key: str) -> Batch | None:
        batch = self._batches.get(result_key)
        return batch if batch and batch.api == api else None

    def shown(self, batch: Batch) -> dict[str, Json]:
        """The batch as an answer's `data`. Only a task that has ended has a message, and only a success results."""
        return {"result_key": batch.result_key, "task_list": [self._shown(batch, task) for task in batch.tasks]}

    def stop(self) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, submitted: float, make: Callable[[Given, str], str], given: Given, key: str) -> str:
        # The clock may be one that a test sets forward.
        while self._clock() < submitted + self._seconds / 3 and not self._stopped.wait(0.02):
            pass
        return make(given, key)

    def _shown(self, batch: Batch, task: Task) -> Json:
        shown: dict[str, Json] = {**task.given}
        status = self._status(batch, task)
        if status == "SUCCESS":
            shown |= {"message": "success", "results": [task.link.result()]}
        elif status == "FAILED":
            shown["message"] = task.failed
        return {**shown, "status": status}

    def _status(self, batch: Batch, task: Task) -> Status:
        age = self._clock() - batch.submitted
        if age < self._seconds / 3 or not (task.link.running() or task.link.done()):
            return "WAITING"
        if age < self._seconds or not task.link.done() or self._struck(batch, task, "slow-job"):
            return "RUNNING"
        task.failed = task.failed or self._failure(batch, task)
        return "FAILED" if task.failed else "SUCCESS"

    def _failure(self, batch: Batch, task: Task) -> str:
        error = task.link.exception()
        if isinstance(error, Refused):
            return error.message
        code = self._struck(batch, task, "failed-job")
        return Refused(int(code)).message if code else ""

    def _struck(self, batch: Batch, task: Task, kind: str) -> str:
        """The code of a fault of this kind, asked for by either of the API's actions; empty without one."""
        actions = (f"{batch.api}/submit", f"{batch.api}/query")
        fault = self._faults.strike({kind}, actions, task.key)
        return fault.code if fault else ""


def failed(told: Mapping[str, Json]) -> bool:
    """Whether an answer's `data` tells of a task that failed."""
    listed = told["task_list"]
    return isinstance(listed, list) and any(isinstance(task, dict) and task["status"] == "FAILED" for task in listed)
