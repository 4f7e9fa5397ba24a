"""PicWish's tasks: each is under way for a while, and then meets its fate, once."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from tests.cloud.picwish_replies import DONE, STATES, UNDER_WAY, UNFIT, Failed
from tests.cloud.picwish_work import ACTIONS, LIMITS, Work
from tests.cloud.vendor_drawn import Drawn, Json, link_up
from tests.cloud.vendor_faults import Faults
from tests.cloud.vendor_pictures import Limits, Picture, Unfit

_STATE_FAULTS = {f"state:{state}": state for state in STATES}
FAULTS = {
    **{f"state:{state}": f"the task ends with that state: {what}" for state, what in STATES.items()},
    "slow-job": "the task stays under way",
    "base64": "the answer has the pictures themselves for links, in base64",
    "data-url": "the same, as data: URLs",
}
"""What may go wrong with a task, and what that does; `<action>` and `<action>/query` both mean the action's tasks."""


@dataclass(frozen=True)
class RunResult:
    """How a task ended."""

    state: int
    message: str
    fields: dict[str, Json]
    began: float
    ended: float


@dataclass
class Task:
    action: str
    key: str
    """The upload's."""
    work: Work
    created: float
    id: str = field(default_factory=lambda: str(uuid4()))
    fate: RunResult | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Told:
    """What there is to say about a task; a `state` below zero is a failure."""

    state: int
    message: str
    data: dict[str, Json]


@dataclass(frozen=True)
class Tasks:
    """Works on tasks: `look` fetches a picture or raises `Unfit`, `link` says where a result lies.

    A task is under way for `seconds`; its photo is fetched when it is first asked about after that.
    """

    clock: Callable[[], float]
    seconds: float
    faults: Faults
    look: Callable[[str, Limits], Picture]
    link: Callable[[Drawn, str, str], str]

    def tell(self, task: Task) -> Told:
        with task.lock:
            age = self.clock() - task.created
            if task.fate is None and (age < self.seconds or self._struck(task, "slow-job")):
                stage = int(3 * age / self.seconds) if age < self.seconds else 2
                return _told(task, UNDER_WAY[stage], 30 * stage)
            task.fate = task.fate or self._fate(task)
        return _told(task, task.fate.state, 100 if task.fate.state == DONE else 0, task.fate.message)

    def _fate(self, task: Task) -> RunResult:
        began = self.clock()
        try:
            state, message, fields = DONE, "success", self._made(task)
        except Failed as failed:
            state, message, fields = failed.state, failed.message, {}
        except Unfit as unfit:
            state, message, fields = UNFIT[unfit.kind], unfit.message, {}
        return RunResult(state, message, fields, began, self.clock())

    def _made(self, task: Task) -> dict[str, Json]:
        if struck := self._struck(task, *_STATE_FAULTS):
            raise Failed(_STATE_FAULTS[struck])
        drawn = task.work.draw(tuple(self.look(url, LIMITS).pixels for url in task.work.urls))
        form = self._struck(task, "base64", "data-url")

        def shown(picture: Drawn) -> str:
            if not form:
                return self.link(picture, task.action, task.key)
            content = base64.b64encode(picture.content).decode()
            return content if form == "base64" else f"data:{picture.content_type};base64,{content}"

        return {"return_type": 2 if form else 1} | {name: link_up(tree, shown) for name, tree in drawn.items()}

    def _struck(self, task: Task, *kinds: str) -> str:
        """The kind of the fault of these kinds that is on for the task; empty without one."""
        fault = self.faults.strike(kinds, {task.action, f"{task.action}/query"}, task.key)
        return fault.kind if fault else ""


def _told(task: Task, state: int, progress: int, message: str = "success") -> Told:
    stamps = {"created_at": task.created}
    if task.fate:
        stamps |= {"processed_at": task.fate.began, "completed_at": task.fate.ended}
    data: dict[str, Json] = {
        "task_id": task.id,
        "state": state,
        "progress": progress,
        **{name: int(stamps.get(name, 0)) for name in ACTIONS[task.action].stamps},
        **(task.fate.fields if task.fate else {}),
    }
    return Told(state, message, data)
