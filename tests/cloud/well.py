"""An account in which all is well: what a deployment needs was made there as `cutout deploy` makes it, by a key that is
not the account's own."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import oss2

from console.account import BOX, Account
from console.alarms import plan as alarms
from console.buckets import plan as buckets
from console.change import carry_out
from console.functions import manifest
from console.logs import plan as logs
from console.roles import plan as roles
from console.settings import Settings
from tests.cloud.accounts import Accounts
from tests.cloud.cms_api import Cms
from tests.cloud.fc import Fc
from tests.cloud.fc_api import FcApi
from tests.cloud.fc_neighbours import neighbours
from tests.cloud.machine import as_serverless_devs_has_it
from tests.cloud.openapi import OpenApi
from tests.cloud.oss import Oss
from tests.cloud.ram_api import RamApi
from tests.cloud.serverless_devs_fc3 import Component, client
from tests.cloud.sls_alert_center import SlsAlertCenter
from tests.cloud.sls_api import Sls
from tests.cloud.snippets import stage
from tests.cloud.sts import Sts
from tests.cloud.tls_address import TlsAddress
from tests.cloud.viapi import Viapi

BUCKET = "shop-photos"
DEPLOYER = "deployer"
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_APPCODE = "EXAMPLE0123456789abcdef0123456789"


class Well:
    """Runs until the end of a `with` block. `certificate` is that of the vendors' address, and has to be trusted;
    `settings` are said over those with which all vendors are set up; `folder` takes code."""

    def __init__(self, folder: Path, certificate: Path, settings: Mapping[str, str]) -> None:
        self.ahead = 0.0
        """Seconds by which the clocks of OpenAPI are."""
        self.accounts = Accounts()
        self.sls, self.cms = Sls(), Cms()
        self._folder = folder
        with ExitStack() as stack:
            self.oss = Oss(self.accounts)
            stack.callback(self.oss.stop)
            self.viapi = Viapi(self.accounts, shanghai={urlsplit(self.oss.url).netloc})
            stack.callback(self.viapi.stop)
            self.market = TlsAddress(certificate)
            stack.callback(self.market.stop)
            fc = Fc(None, accounts=self.accounts, environment={}, timer_seconds=math.inf)
            stack.callback(fc.stop)
            self.fc = FcApi(self.accounts, fc, folder / "code", neighbours(self.accounts, self.oss.url, self.sls))
            watching = (self.sls, SlsAlertCenter(self.sls), self.cms)
            products = (Sts(self.accounts), RamApi(self.accounts), self.fc, *watching)
            self.openapi = OpenApi(self.accounts, *products, clock=lambda: time.time() + self.ahead)
            stack.callback(self.openapi.stop)
            self.rights = [_EVERYTHING]
            """The statements of the deployer's policy."""
            self.settings = {
                "OSS_BUCKET": BUCKET,
                "PICWISH_APPCODE": _APPCODE,
                "PICWISH_WATERMARK_ENDPOINT": self.market.url,
                "DAMO_APPCODE": _APPCODE,
                "DAMO_ENDPOINT": self.market.url,
                "DAILY_CALL_LIMIT": "1000",
                **self._key(),
                **settings,
            }
            self._set_up()
            self._running = stack.pop_all()

    @property
    def account(self) -> Account:
        """As the console has it, of what the settings say now."""
        addresses = {
            "OSS_PUBLIC_ENDPOINT": self.oss.url,
            "VIAPI_ENDPOINT": self.viapi.url,
            "PICWISH_CUTOUT_ENDPOINT": self.market.url,
        }
        given = {name: value for name, value in self.settings.items() if value}
        return Account(Settings(given), {BOX: self.openapi.url, **addresses})

    @property
    def bucket(self) -> oss2.Bucket:
        return self.account.bucket()

    def deny(self, action: str) -> None:
        """From now on, to the deployer."""
        self.rights.append({"Effect": "Deny", "Action": action, "Resource": "*"})
        self._grant()

    def __enter__(self) -> Well:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def _key(self) -> dict[str, str]:
        ram = self.accounts.ram
        ram.create_role(DEPLOYER, {"Version": "1", "Statement": []})
        self._grant()
        ram.attach(DEPLOYER, DEPLOYER)
        key = self.accounts.assume_role(DEPLOYER)
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
        }

    def _grant(self) -> None:
        self.accounts.ram.put_policy(DEPLOYER, {"Version": "1", "Statement": self.rights})

    def _set_up(self) -> None:
        account = self.account
        recipients = alarms.Recipients(webhook="https://shop.example/alarm")
        for changes in (
            roles.plan(account),
            buckets.plan(account, public_copies=True),
            logs.plan(account),
            alarms.plan(account, recipients),
        ):
            carry_out(changes, lambda said: None)
        (builds := self._folder / ".build").mkdir()
        stage(builds, {})
        of = client(as_serverless_devs_has_it(self.accounts.owner), {BOX: self.openapi.url})
        for props in manifest.functions(account).values():
            Component(of, dict(props), self._folder, lambda line: None).deploy(lambda question: True)
