"""The whole cloud in one object: a bucket, the functions of s.yaml and the vendors, wired as a deployment does it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from console.roles.rights import Deployment
from tests.cloud.accounts import Accounts
from tests.cloud.cms_api import Cms
from tests.cloud.effects import Effect, Moment
from tests.cloud.fc import Fc
from tests.cloud.fc_api import FcApi
from tests.cloud.fc_code import Code
from tests.cloud.fc_gateway import FcGateway
from tests.cloud.fc_neighbours import neighbours
from tests.cloud.manifest import load
from tests.cloud.openapi import OpenApi
from tests.cloud.oss import Oss
from tests.cloud.oss_image_actions import AS_WRITTEN, Reading
from tests.cloud.oss_store import Versioning
from tests.cloud.ram_api import RamApi
from tests.cloud.roles import make_roles
from tests.cloud.sls_alert_center import SlsAlertCenter
from tests.cloud.sls_api import Sls
from tests.cloud.stand_ins import STAND_INS, Common, Surroundings
from tests.cloud.sts import Sts
from tests.cloud.vendor import Vendor

Match = Callable[[Effect, Moment], bool]


class Cloud:
    """Runs from construction until `stop()`, or to the end of a `with` block, which fails if a function's role was
    refused anything: the roles may do what `console.roles.rights` says.

    `timer_seconds`, `timeouts` (seconds, by function) and `code` are `Fc`'s; `general` are props, by
    alias, that its function has over those of s.yaml; `qps` and `latency` are every vendor's,
    `job_seconds` and `processing_seconds` those of `Surroundings`. `environment` is what functions get over
    the settings. With `versioning` ("Enabled", "Suspended") the bucket has it; `jobs_bucket` is made beside it and
    named to the functions. `reading` is `Oss`'s. `log` gets what there is to say.

    An `empty` account has its buckets, and neither functions nor roles: they come and go through Alibaba's OpenAPI,
    which `openapi` plays.
    """

    bucket = "shop-photos"
    region = "cn-shanghai"

    def __init__(
        self,
        *,
        code: Code = "source",
        timeouts: Mapping[str, float] | None = None,
        general: Mapping[str, object] | None = None,
        timer_seconds: float | None = None,
        qps: float = 2,
        latency: float = 0.0,
        job_seconds: float = 3.0,
        processing_seconds: float = 0.0,
        environment: Mapping[str, str] | None = None,
        versioning: Versioning = "",
        jobs_bucket: str = "",
        empty: bool = False,
        reading: Reading = AS_WRITTEN,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.effects: list[tuple[Effect, Moment]] = []
        self.jobs_bucket = jobs_bucket
        self._qps = qps
        self._plans: list[Match] = []
        self._lock = threading.Lock()
        self.accounts = Accounts()
        if not empty:
            counts_calls = "DAILY_CALL_LIMIT" in (environment or {})
            make_roles(self.accounts, Deployment(Accounts.uid, self.bucket, jobs_bucket, counts_calls))
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            self.oss = Oss(self.accounts, observe=self._observe, reading=reading)
            stack.callback(self.oss.stop)
            self.oss.create_bucket(self.bucket, versioning=versioning)
            if jobs_bucket:
                self.oss.create_bucket(jobs_bucket)
            surroundings = Surroundings(
                self.accounts,
                urlsplit(self.oss.url).netloc,
                Common(observe=self._observe, qps=qps, latency=latency, origin=self.oss.origin),
                job_seconds,
                processing_seconds,
            )
            self.vendors: dict[str, Vendor] = {}
            for name, stand_in in STAND_INS.items():
                self.vendors[name] = stand_in.start(surroundings)
                stack.callback(self.vendors[name].stop)
            # The functions are told of the gateway before they are there.
            self.gateway = FcGateway(self.accounts, lambda name, event: self.fc.submit(name, event))  # noqa: PLW0108
            self.sls, self.cms = Sls(), Cms()
            self.fc = Fc(
                # What a deployer would have set.
                None if empty else load(environment=self._addresses()).with_props("general", general or {}),
                accounts=self.accounts,
                environment={**self._addresses(), **(environment or {})},
                code=code,
                timeouts=timeouts,
                timer_seconds=timer_seconds,
                log=log,
                ship=self.sls.write,
            )
            stack.callback(self.fc.stop)
            stack.callback(self.gateway.stop)
            self.oss.on_event = self.fc.deliver
            around = neighbours(self.accounts, self.oss.url, self.sls)
            self.fc_api = FcApi(self.accounts, self.fc, Path(folder), around)
            watching = self.sls, SlsAlertCenter(self.sls), self.cms
            products = Sts(self.accounts), RamApi(self.accounts), self.fc_api, *watching
            self.openapi = OpenApi(self.accounts, *products)
            stack.callback(self.openapi.stop)
            self._running = stack.pop_all()
        if timer_seconds is not None:
            log(f"timers fire every {timer_seconds:g} s here, whatever s.yaml says")

    @property
    def viapi(self) -> Vendor:
        return self.vendors["viapi"]

    @property
    def picwish(self) -> Vendor:
        return self.vendors["picwish"]

    @property
    def damo(self) -> Vendor:
        return self.vendors["damo"]

    def settings(self) -> dict[str, str]:
        """What an OSS client, or the project's code outside of the functions, needs to work in here."""
        owner = self.accounts.owner
        return {
            **self._addresses(),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": owner.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": owner.access_key_secret,
        }

    def kill_on(self, match: Match) -> None:
        """Kills, once, the instance that makes a request for which `match` is true.

        At "before" the effect does not happen; at "after" it has happened, and the answer is lost. Requests that no
        instance makes (the vendor's, a client's) are passed over.
        """
        with self._lock:
            self._plans.append(match)

    @property
    def kills_to_come(self) -> list[Match]:
        """Those asked for by `kill_on` that have not happened."""
        with self._lock:
            return list(self._plans)

    def stop(self) -> None:
        self._running.close()

    def __enter__(self) -> Cloud:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            assert not self.accounts.refused, f"roles were refused what they asked for: {self.accounts.refused}"

    def _addresses(self) -> dict[str, str]:
        return {
            "OSS_ENDPOINT": self.oss.url,
            "OSS_PUBLIC_ENDPOINT": self.oss.url,
            "OSS_BUCKET": self.bucket,
            "JOBS_BUCKET": self.jobs_bucket,
            "REGION": self.region,
            **{name: value for vendor in self.vendors.values() for name, value in vendor.settings().items()},
            **{f"{name.upper()}_QPS": f"{self._qps:g}" for name in self.vendors},
            "INVOKE_ENDPOINT": self.gateway.url,
            "RESULT_HOSTS": ",".join(vendor.result_host for vendor in self.vendors.values()),
        }

    def _observe(self, effect: Effect, moment: Moment) -> None:
        self.effects.append((effect, moment))
        with self._lock:
            plan = next((plan for plan in self._plans if plan(effect, moment)), None)
            pid = self.fc.instance_at(effect.client) if plan else None
            if plan is None or pid is None:
                return
            self._plans.remove(plan)
            self.fc.kill(pid)
        if moment == "before":
            # The request had arrived already: without this its effect would happen all the same.
            raise ConnectionAbortedError(f"the instance that asked for {effect.name} was killed")
