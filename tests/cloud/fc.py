"""A local Function Compute that obeys s.yaml: triggers, environment, handler, timeout, concurrency and retries."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from tests.cloud.accounts import Accounts
from tests.cloud.fc_about import About
from tests.cloud.fc_process import Answer, Instance, Program
from tests.cloud.fc_runner import Dropped, Happening, Invocation, Pipeline, Runner
from tests.cloud.fc_variables import check_environment
from tests.cloud.manifest import ROOT, Function, Manifest, check_code
from tests.cloud.timers import moments
from tests.cloud.triggers import TimerTrigger
from tools.python310 import python310

Code = Literal["source", "staged"] | Path
"""`source`: functions/<name>/ and the repository, run by `python`. `staged`: what `make build` made and nothing
else, run by a CPython 3.10. A path: its folders called as the functions are, run by `python`."""

MOST_EVENT_BYTES = 128 * 1024
"""What an asynchronous invocation may carry."""


class Fc:
    """Runs from construction until `stop()`.

    `environment` is what the functions get over that of s.yaml; `timeouts` (seconds, by function) over its timeout.
    Timers fire by their schedule, or every `timer_seconds` where that is given; `math.inf`: only by `tick`.
    `log` gets what the functions log, a line at a time.

    Raises `ValueError` when there is no such code to run, and for a variable that Function Compute does not take.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        accounts: Accounts,
        environment: Mapping[str, str],
        code: Code = "source",
        timeouts: Mapping[str, float] | None = None,
        timer_seconds: float | None = None,
        python: str = sys.executable,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        check_environment(environment)
        self.invocations: list[Invocation] = []
        self.dropped: list[Dropped] = []
        self.logs: list[Pipeline] = []
        self._log = log
        self._manifest = manifest
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._runners: dict[str, Runner] = {}
        self._accounts = accounts
        self._abouts: dict[str, About] = {}
        for name, function in manifest.functions.items():
            timeout = (timeouts or {}).get(name, function.timeout)
            command, folders = _interpreter(function, code, python)
            check_code(function, folders[0])
            key = accounts.assume_role(function.role_name)
            about = self._abouts[name] = About(key, function, folders[0], timeout, environment)
            program = Program(
                command=command,
                folders=folders,
                handler=function.handler,
                environment=about.environment,
                context=about.context,
            )
            self._runners[name] = Runner(function, program, timeout, self._note, self._changed)
        self._timers = [
            threading.Thread(target=self._keep_time, args=[name, trigger, timer_seconds], daemon=True)
            for name, function in manifest.functions.items()
            for trigger in function.timers
            if trigger.config.enable and timer_seconds != math.inf
        ]
        for timer in self._timers:
            timer.start()

    def deliver(self, document: Mapping[str, Any]) -> None:
        """Invokes, asynchronously, the functions whose OSS trigger matches an event of `document`."""
        for event in document["events"]:
            name, about = event["eventName"], event["oss"]
            for function in self._manifest.functions.values():
                for trigger in function.oss_triggers:
                    if trigger.takes(about["bucket"]["name"], name, about["object"]["key"]) and self._may_invoke(
                        trigger.invocation_role, function
                    ):
                        self._submit(function.name, {"events": [event]})

    def submit(self, deployed_name: str, payload: bytes) -> bool:
        """Invokes asynchronously, by its name in the account; False when there is no such function."""
        found = [each.name for each in self._manifest.functions.values() if each.deployed_name == deployed_name]
        for name in found:
            self._runners[name].submit(payload)
        return bool(found)

    def invoke(self, function: str, payload: bytes) -> Answer:
        """Invokes synchronously: never tried again, and turned away (`429`) when every instance is busy."""
        return self._runners[function].invoke(payload)

    def tick(self, function: str) -> None:
        """Fires the timers of `function` now."""
        for trigger in self._manifest.functions[function].timers:
            now = datetime.now(timezone.utc)
            self._submit(
                function,
                {
                    "triggerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "triggerName": trigger.name,
                    "payload": trigger.config.payload,
                },
            )

    def instance_pids(self) -> list[int]:
        """The process ids of the instances there are, idle ones included."""
        return [instance.pid for instance in self._instances()]

    def instance_at(self, client: tuple[str, int]) -> int | None:
        """The process id of the instance that has `client` as its end of a TCP connection."""
        return next((instance.pid for instance in self._instances() if instance.owns(client)), None)

    def kill(self, pid: int) -> None:
        """Ends an instance with SIGKILL; it is dead when this returns. Raises `KeyError` when there is none."""
        {instance.pid: instance for instance in self._instances()}[pid].kill()

    def renew_credentials(self, function: str) -> None:
        """Gives every further request and instance a new key of the role, and ends the one before, which instances
        that are there have in their environment."""
        about = self._abouts[function]
        self._accounts.expire(about.key.access_key_id)
        about.key = self._accounts.assume_role(about.function.role_name)

    def fail_internally(self, function: str) -> None:
        """The next attempt of `function` ends in an error of the platform's own."""
        self._runners[function].internal_errors += 1

    def quiet(self, timeout: float, *functions: str) -> None:
        """Waits until nothing runs, nothing is queued and no retry is due, of `functions` or of all; raises
        `TimeoutError` after `timeout` s. A function that a timer calls every second may never be quiet."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._under_way(*functions), timeout):
                raise TimeoutError(f"still under way after {timeout:g} s: {self._under_way(*functions)}")

    def stop(self) -> None:
        self._stopping.set()
        for timer in self._timers:
            timer.join()
        for runner in self._runners.values():
            runner.stop()

    def _instances(self) -> list[Instance]:
        return [instance for runner in self._runners.values() for instance in runner.instances]

    def _under_way(self, *functions: str) -> dict[str, int]:
        asked = functions or self._runners
        return {name: count for name in asked if (count := self._runners[name].under_way)}

    def _submit(self, function: str, document: Mapping[str, Any]) -> None:
        event = json.dumps(document, ensure_ascii=False).encode()
        if len(event) > MOST_EVENT_BYTES:
            raise ValueError(f"an event of {len(event)} bytes: {MOST_EVENT_BYTES} is the most")
        self._runners[function].submit(event)

    def _keep_time(self, function: str, trigger: TimerTrigger, period: float | None) -> None:
        for moment in moments(trigger.config.expression, datetime.now(timezone.utc)):
            if self._stopping.wait(period or max(0.0, moment.timestamp() - time.time())):
                return
            self.tick(function)

    def _note(self, happening: Happening) -> None:
        match happening:
            case Invocation():
                self.invocations.append(happening)
            case Dropped():
                self.dropped.append(happening)
            case Pipeline() if self._may_log(happening.function):
                self.logs.append(happening)
                self._log(f"{happening.function}: {happening.text}")

    def _may_invoke(self, role: str, function: Function) -> bool:
        """OSS invokes a function with the trigger's role: where it may not assume it, or the role not invoke, nothing
        happens."""
        name = role.rpartition("/")[2]
        resource = f"acs:fc:{function.region}:{Accounts.uid}:functions/{function.deployed_name}"
        return self._accounts.ram.trusts(name, "oss.aliyuncs.com") and self._accounts.role_allows(
            name, ("fc:InvokeFunction", resource)
        )

    def _may_log(self, function: str) -> bool:
        """Function Compute writes to the logstore with the function's own role: without the right, nothing is kept."""
        about = self._abouts[function]
        logs = about.function.logs
        resource = f"project/{logs.project}/logstore/{logs.logstore}"
        right = "log:PostLogStoreLogs", f"acs:log:{about.function.region}:{Accounts.uid}:{resource}"
        return self._accounts.allows(about.key.access_key_id, right)


def _interpreter(function: Function, code: Code, python: str) -> tuple[list[str], list[Path]]:
    if isinstance(code, Path):
        return [python, "-I", "-u"], [code / function.name]
    if code == "source":
        return [python, "-I", "-u"], [ROOT / "functions" / function.name, ROOT]
    if (staged := python310()) is None:
        raise ValueError("a staged build is for CPython 3.10, and none was found here; $PYTHON310 may name one")
    return [staged, "-I", "-S", "-u"], [(ROOT / function.code).resolve()]
