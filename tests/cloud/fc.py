"""A local Function Compute: triggers, environment, handler, timeout, concurrency and retries, as s.yaml has them or as
they are deployed."""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.cloud.accounts import Accounts
from tests.cloud.fc_about import About
from tests.cloud.fc_code import Code, interpreter
from tests.cloud.fc_logs import Ship, entry
from tests.cloud.fc_process import Answer, Instance, Program
from tests.cloud.fc_runner import Dropped, Happening, Invocation, LogLine, Runner
from tests.cloud.fc_variables import check_environment
from tests.cloud.function import Function
from tests.cloud.manifest import Manifest, check_code
from tests.cloud.timers import Timer
from tests.cloud.triggers import TimerTrigger

MOST_EVENT_BYTES = 128 * 1024
"""What an asynchronous invocation may carry."""


@dataclass
class _Hosted:
    """A function with what runs it."""

    function: Function
    about: About
    runner: Runner
    timers: list[Timer] = field(default_factory=list)

    def stop(self) -> None:
        for timer in self.timers:
            timer.stop()
        self.runner.stop()


class Fc:
    """Runs from construction until `stop()`, with the functions of a manifest, and with what `place` brings.

    `environment` is what the functions get over that of s.yaml; `timeouts` (seconds, by function) over its timeout.
    Timers fire by their schedule, or every `timer_seconds` where that is given; `math.inf`: only by `tick`.
    `log` gets what the functions log, a line at a time, and `ship` what comes of it in Simple Log Service.

    Raises `ValueError` when there is no such code to run, and for a variable that Function Compute does not take.
    """

    def __init__(
        self,
        manifest: Manifest | None,
        *,
        accounts: Accounts,
        environment: Mapping[str, str],
        code: Code = "source",
        timeouts: Mapping[str, float] | None = None,
        timer_seconds: float | None = None,
        python: str = sys.executable,
        log: Callable[[str], None] = lambda line: None,
        ship: Ship = lambda project, logstore, fields: None,
    ) -> None:
        check_environment(environment)
        self.runs_packages = code == "staged"
        """Whether functions import the packages that they bring along, and not those of `python`."""
        self.invocations: list[Invocation] = []
        self.dropped: list[Dropped] = []
        self.logs: list[LogLine] = []
        self._log, self._ship = log, ship
        self._changed = threading.Condition()
        self._hosted: dict[str, _Hosted] = {}
        self._accounts = accounts
        self._environment = environment
        self._code = code
        self._python = python
        self._timeouts = timeouts or {}
        self._timer_seconds = timer_seconds
        functions = list(manifest.functions.values()) if manifest else []
        for function in functions:
            check_code(function, interpreter(function, code, python)[1][0])
        for function in functions:
            self._host(function, code, environment)

    def place(self, function: Function) -> None:
        """Takes in a function as it was deployed, or its next version: its code lies in a folder of this machine's, and
        its own environment goes over that of construction. Its triggers and timers fire from now on."""
        code: Code = "staged" if self._code == "staged" else Path(function.code).parent
        more = {name: value for name, value in self._environment.items() if name not in function.environment}
        self._host(function, code, more)

    def remove(self, function: str) -> None:
        """Ends a function, with all that it does; raises `KeyError` when there is none."""
        self._hosted[function].stop()
        del self._hosted[function]

    def deliver(self, document: Mapping[str, Any]) -> None:
        """Invokes, asynchronously, the functions whose OSS trigger matches an event of `document`."""
        for event in document["events"]:
            name, about = event["eventName"], event["oss"]
            for function in self._functions():
                for trigger in function.oss_triggers:
                    if trigger.takes(about["bucket"]["name"], name, about["object"]["key"]) and self._may_invoke(
                        trigger.invocation_role, function
                    ):
                        self._submit(function.name, {"events": [event]})

    def submit(self, deployed_name: str, payload: bytes) -> bool:
        """Invokes asynchronously, by its name in the account; False when there is no such function."""
        found = [each.name for each in self._functions() if each.deployed_name == deployed_name]
        for name in found:
            self._hosted[name].runner.submit(payload)
        return bool(found)

    def invoke(self, function: str, payload: bytes) -> Answer:
        """Invokes synchronously: never tried again, and turned away (`429`) when every instance is busy."""
        return self._hosted[function].runner.invoke(payload)

    def tick(self, function: str) -> None:
        """Fires the timers of `function` now."""
        for trigger in self._hosted[function].function.timers:
            self._fire(function, trigger)

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
        about = self._hosted[function].about
        self._accounts.expire(about.key.access_key_id)
        about.key = self._accounts.assume_role(about.function.role_name)

    def fail_internally(self, function: str) -> None:
        """The next attempt of `function` ends in an error of the platform's own."""
        self._hosted[function].runner.internal_errors += 1

    def quiet(self, timeout: float, *functions: str) -> None:
        """Waits until nothing runs, nothing is queued and no retry is due, of `functions` or of all; raises
        `TimeoutError` after `timeout` s. A function that a timer calls every second may never be quiet."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._under_way(*functions), timeout):
                raise TimeoutError(f"still under way after {timeout:g} s: {self._under_way(*functions)}")

    def stop(self) -> None:
        for hosted in self._hosted.values():
            hosted.stop()

    def _host(self, function: Function, code: Code, environment: Mapping[str, str]) -> None:
        command, folders = interpreter(function, code, self._python)
        timeout = self._timeouts.get(function.name, function.timeout)
        key = self._accounts.assume_role(function.role_name)
        about = About(key, function, folders[0], timeout, environment)
        program = Program(command, folders, function.handler, about.environment, about.context)
        before = self._hosted.get(function.name)
        if before is None:
            hosted = _Hosted(function, about, Runner(function, program, timeout, self._note, self._changed))
        else:
            before.runner.replace(function, program, timeout)
            hosted = _Hosted(function, about, before.runner)
        self._hosted[function.name] = hosted
        if before is not None and before.function.timers == function.timers:
            hosted.timers = before.timers
            return
        for timer in before.timers if before else ():
            timer.stop()
        hosted.timers = [self._keep_time(function.name, each) for each in function.timers if self._fires(each)]

    def _functions(self) -> list[Function]:
        return [hosted.function for hosted in list(self._hosted.values())]

    def _instances(self) -> list[Instance]:
        return [instance for hosted in list(self._hosted.values()) for instance in hosted.runner.instances]

    def _under_way(self, *functions: str) -> dict[str, int]:
        asked = functions or list(self._hosted)
        return {name: count for name in asked if (count := self._hosted[name].runner.under_way)}

    def _fires(self, trigger: TimerTrigger) -> bool:
        return trigger.config.enable and self._timer_seconds != math.inf

    def _keep_time(self, function: str, trigger: TimerTrigger) -> Timer:
        return Timer(trigger.config.expression, self._timer_seconds, lambda: self._fire(function, trigger))

    def _fire(self, function: str, trigger: TimerTrigger) -> None:
        now = datetime.now(timezone.utc)
        tick = {"triggerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "triggerName": trigger.name}
        self._submit(function, {**tick, "payload": trigger.config.payload})

    def _submit(self, function: str, document: Mapping[str, Any]) -> None:
        event = json.dumps(document, ensure_ascii=False).encode()
        if len(event) > MOST_EVENT_BYTES:
            raise ValueError(f"an event of {len(event)} bytes: {MOST_EVENT_BYTES} is the most")
        self._hosted[function].runner.submit(event)

    def _note(self, happening: Happening) -> None:
        if isinstance(happening, Dropped):
            self.dropped.append(happening)
            return
        if isinstance(happening, Invocation):
            self.invocations.append(happening)
        if not self._may_log(happening.function):
            return
        if isinstance(happening, LogLine):
            self.logs.append(happening)
            self._log(f"{happening.function}: {happening.text}")
        function = self._hosted[happening.function].function
        if fields := entry(function, happening):
            self._ship(function.logs.project, function.logs.logstore, fields)

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
        about = self._hosted[function].about
        logs = about.function.logs
        resource = f"project/{logs.project}/logstore/{logs.logstore}"
        right = "log:PostLogStoreLogs", f"acs:log:{about.function.region}:{Accounts.uid}:{resource}"
        return self._accounts.allows(about.key.access_key_id, right)
