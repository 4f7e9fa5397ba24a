"""PicWish (佐糖) on the Alibaba Cloud market: a call is mostly answered with the result, else with a task to poll.

Status 200 means that the call was taken. The task's status is `data.state`: 1 is done, less than 0 is failed, and
anything else means that the vendor is still at work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from shared.cloud.ports import LONGEST_REPLY, Quota, Reply, Request
from shared.errors import CutoutError, Rejected
from shared.messages import vendors as messages
from shared.vendors import market
from shared.vendors.capability import Capability
from shared.vendors.error_codes import PICWISH, error_for
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, ResultLink, Task
from shared.vendors.quotas import Quotas
from shared.vendors.replies import identifier, labelled, lacking, lost, reason

_NO_SUCH_TASK = "Status404"


class Picwish:
    """The dialect. `endpoints` has one for each capability, by its name; empty where it is not set."""

    result_hosts: tuple[str, ...] = ("aoscdn.com",)
    """PicWish's own domain; the manual's example of a result is in Alibaba's OSS."""
    links_live = 3600.0
    works_for = 30.0
    """The manual: 最长处理时间30秒."""

    def __init__(self, endpoints: Mapping[str, str], appcode: str, quotas: Quotas) -> None:
        self._endpoints = endpoints
        self._appcode = appcode
        self.quotas = quotas

    def missing(self, capability: Capability) -> tuple[str, ...]:
        endpoint = f"PICWISH_{capability.name.rpartition('/')[2].upper()}_ENDPOINT"
        given = {endpoint: self._endpoints[capability.name], "PICWISH_APPCODE": self._appcode}
        return tuple(name for name, value in given.items() if not value)

    def call(self, capability: Capability, tasks: Sequence[Task], nonce: Nonce) -> Request:
        (task,) = tasks
        return self._request("POST", capability, "", {**task.links, **task.options})

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        match _task_answer(capability, reply):
            case Failed(error):
                raise error
            case Accepted(""):
                raise lacking("NoTicket", messages.TASK_ID(), reply)
            case answer:
                return answer

    def poll(self, capability: Capability, ticket: str, nonce: Nonce) -> Request:
        return self._request("GET", capability, f"/{quote(ticket, safe='')}", {})

    def poll_answer(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        try:
            answer = _task_answer(capability, reply)
        except CutoutError as error:
            if error.code == _NO_SUCH_TASK or isinstance(error, Rejected):
                return lost(ticket, error)
            raise
        return Pending() if isinstance(answer, Accepted) else answer

    def _request(self, method: str, capability: Capability, path: str, form: Mapping[str, str]) -> Request:
        return Request(
            method,
            f"{self._endpoints[capability.name].rstrip('/')}{capability.action}{path}",
            Quota(capability.action, self.quotas.per_second(capability)),
            form=form,
            headers=market.authorization(self._appcode),
            # Only this vendor documents pictures in the answer itself ("下载地址或者base64数据"). We ask for none.
            longest_reply=LONGEST_REPLY,
        )


def _task_answer(capability: Capability, reply: Reply) -> Done | Failed | Accepted:
    """What `data.state` means: the result, why there is none, or that the vendor is still at work.

    Raises the error of `status` when the call itself was refused.
    """
    body = market.read(reply, PICWISH)
    status = str(body.get("status", 200) if reply.status == 200 else reply.status)
    message, data = reason(body, "message", reply), body.get("data")
    if status != "200":
        raise error_for(PICWISH, f"Status{status}", message, "")
    if not isinstance(data, dict):
        raise lacking("NoState", messages.DATA(), reply)
    task_id, state = identifier(data.get("task_id")), data.get("state")
    if state == 1:
        found = labelled(tuple(_pictures(capability, data)))
        if not found:
            return Failed(lacking("NoResult", messages.PICTURE(), reply, task_id))
        return Done(found, task_id)
    if isinstance(state, int) and state < 0:
        return Failed(error_for(PICWISH, f"State{state}", message, task_id))
    return Accepted(task_id, task_id)


def _pictures(capability: Capability, data: Mapping[str, object]) -> Iterator[ResultLink]:
    """The pictures in `data`, each of them a link or base64."""
    for name in sorted(capability.labels) or ["image"]:
        value = data.get(name)
        if isinstance(value, str) and value:
            is_address = value.startswith(("http://", "https://", "data:"))
            yield ResultLink(value if is_address else f"data:;base64,{value}", name)
