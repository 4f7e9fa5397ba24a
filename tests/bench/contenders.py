"""Who is compared: this project, and in the same box what a user would write instead (`tests/bench/peers/`)."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.bench.backlog import Case, undisturbed
from tests.cloud.box import Cloud
from tests.cloud.fc_code import Code
from tests.cloud.snippets import stage

_PEERS = Path(__file__).with_name("peers")
_NO_EVENTS = b'{"events": []}'

INSTANCES = 40
"""Of a peer's function at once. By default Function Compute makes up to 100 for the account; this machine cannot carry
as many, and fewer are kinder to who keeps no pace."""


@dataclass(frozen=True)
class Contender:
    name: str
    peer: str = ""
    """Its module among the peers; empty for this project."""

    @property
    def general(self) -> Mapping[str, object]:
        """What its function has over the props of s.yaml: a peer's is as Function Compute has it by default."""
        if not self.peer:
            return {}
        return {
            "concurrencyConfig": {"reservedConcurrency": INSTANCES},
            "asyncInvokeConfig": {
                "maxAsyncRetryAttempts": 3,
                "maxAsyncEventAgeInSeconds": 86_400,
                "qualifier": "LATEST",
            },
        }

    @contextmanager
    def code(self) -> Iterator[Code]:
        """What to run as the functions."""
        if not self.peer:
            yield "source"
            return
        with tempfile.TemporaryDirectory() as folder:
            stage(Path(folder), {"general": f"from peers.{self.peer} import handler"})
            shutil.copytree(_PEERS, Path(folder) / "general" / "peers")
            yield Path(folder)

    @contextmanager
    def cloud(self, case: Case, tick: float) -> Iterator[Cloud]:
        """With every instance started that this one may have; `tick` is what settle's timer takes, in seconds."""
        timer = math.inf if self.peer else tick * case.slower
        with (
            self.code() as code,
            Cloud(
                code=code,
                qps=case.box_qps,
                latency=case.box_latency,
                timer_seconds=timer,
                timeouts=case.box_timeouts,
                general=self.general,
                environment=case.box_patience if self.peer else None,
            ) as cloud,
            undisturbed(),
        ):
            _start(cloud, INSTANCES if self.peer else 4)
            yield cloud


CONTENDERS = (
    Contender("oss-cutout"),
    Contender("the usual function", "usual"),
    Contender("the same with retries", "retrying"),
)


def _start(cloud: Cloud, instances: int) -> None:
    """As many as have to start at once when so many events come at once, which is not what is compared."""
    threads = [Thread(target=cloud.fc.invoke, args=["general", _NO_EVENTS]) for _ in range(instances)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
