"""VIAPI's asynchronous jobs: submitted at once, drawn in the background, and done when their time is up."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.cloud.vendor_drawn import Json
from tests.cloud.vendor_faults import Faults
from tests.cloud.viapi_actions import POLL
from tests.cloud.viapi_replies import Refused

SUBMITTED = (
    "该调用为异步调用，任务已提交成功，"
    "请以requestId的值作为jobId参数调用同类目下GetAsyncJobResult接口查询任务执行状态和结果。"
)
"""The Message a submit is answered with."""


@dataclass
class Job:
    action: str
    key: str
    submitted: float
    drawn: Future[Json]
    failed: str = ""
    """The code it failed with: a job fails once and for all."""


class Jobs:
    def __init__(self, clock: Callable[[], float], seconds: float, faults: Faults) -> None:
        self._clock = clock
        self.seconds_of: Callable[[str], float] = lambda key: seconds
        """What the job of an upload takes."""
        self._faults = faults
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(1)

    def submit(self, job_id: str, action: str, key: str, draw: Callable[[], Json]) -> None:
        self._jobs[job_id] = Job(action, key, self._clock(), self._pool.submit(draw))

    def key(self, job_id: str) -> str:
        """The upload a job is about; empty for a job nobody knows."""
        job = self._jobs.get(job_id)
        return job.key if job else ""

    def poll(self, job_id: str) -> dict[str, Json]:
        """GetAsyncJobResult's Data."""
        job = self._jobs.get(job_id)
        if job is None:
            raise Refused("InvalidParameter", f"There is no job {job_id}.")
        status = self._status(job)
        # The manual's JSON example says the status twice, the second time in lower case.
        data: dict[str, Json] = {"Status": status, "JobId": job_id, "status": status}
        if status == "PROCESS_FAILED":
            data |= {"ErrorCode": job.failed, "ErrorMessage": "The job has failed."}
        elif status == "PROCESS_SUCCESS":
            # The manual's sample has an error beside its success: a client that looks at it first will stumble.
            data |= {"Result": self._result(job), "ErrorCode": "InvalidParameter", "ErrorMessage": "paramsIllegal"}
        return data

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _struck(self, job: Job, kind: str) -> str:
        """The code of a fault of this kind, asked for by the job's action or by the poll's; empty without one."""
        fault = self._faults.strike({kind}, {POLL, job.action}, job.key)
        return fault.code if fault else ""

    def _status(self, job: Job) -> str:
        age, seconds = self._clock() - job.submitted, self.seconds_of(job.key)
        if age < seconds / 3:
            return "QUEUING"
        if age < seconds or not job.drawn.done() or self._struck(job, "slow-job"):
            return "PROCESSING"
        job.failed = job.failed or self._struck(job, "failed-job")
        return "PROCESS_FAILED" if job.failed else "PROCESS_SUCCESS"

    def _result(self, job: Job) -> str:
        if self._struck(job, "bad-result"):
            return "<html>502 Bad Gateway</html>"
        result = json.dumps(job.drawn.result())
        if self._struck(job, "amp"):
            result = result.replace("&", "&amp;")
        return json.dumps(result) if self._struck(job, "double") else result
