"""The account that is deployed to, through Alibaba's own SDKs: one client a product, made when it is first used.

Importing an SDK takes up to a second, so each is imported by the property that needs it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from console.settings import KEY, Settings
from shared.cloud.oss_clock import OssClock
from shared.vendors.prices import Prices

if TYPE_CHECKING:
    import oss2

    from shared.cloud.oss import OssBucket
    from shared.cloud.ports import Credentials

REGION = "cn-shanghai"
BOX = "CLOUD_IN_A_BOX"
"""In the environment, the address of a proxy that plays Alibaba's services; requests then go there, in clear."""
_PATIENCE = 10_000
"""Milliseconds that a request may take to be connected, and as many to be answered."""

_NOTHING = re.compile(r",? (?:request id: )?None\b|, 'requestId': None")
"""What the SDKs write into their sentences for what an answer does not have, such as a gateway's."""

_CONNECTIONS = 32
"""To OSS, that are kept open."""

T = TypeVar("T")


class ApiError(Exception):
    """A service of Alibaba's refused a request, or was not reached (`status` 0)."""

    def __init__(  # noqa: PLR0917 - the parts of one answer
        self, product: str, action: str, status: int, code: str, message: str, request_id: str = ""
    ) -> None:
        super().__init__(f"{product} {action}: {code}: {message}")
        self.product = product
        self.action = action
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id


@dataclass(frozen=True)
class Identity:
    """Who holds the key, as STS says it."""

    uid: str
    """The number of the account."""
    arn: str


class Account:
    """`settings` name the bucket and the key; without a key there, Alibaba's default chain looks for one: the
    environment, `~/.aliyun/config.json`, `~/.alibabacloud/credentials`, the role of an ECS instance."""

    region = REGION

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self.settings = settings
        self.environment = environment
        self._proxy = environment.get(BOX, "")
        self.clock = OssClock()

    @property
    def is_box(self) -> bool:
        """Whether a cloud in a box plays it."""
        return bool(self._proxy)

    @cached_property
    def identity(self) -> Identity:
        """Raises `ApiError`."""
        found = self.call("STS", "GetCallerIdentity", self.sts.get_caller_identity).body
        return Identity(found.account_id, found.arn)

    @property
    def log_project(self) -> str:
        """Of the settings; else one with the account's number, since no two accounts can have projects of the same
        name in a region ("CreateProject"). Raises `ApiError`."""
        return self.settings.given.get("LOG_PROJECT") or f"oss-cutout-{self.identity.uid}"

    @property
    def given(self) -> Mapping[str, str]:
        """What `s.yaml` is deployed with. Raises `ApiError`."""
        return {**self.settings.given, "LOG_PROJECT": self.log_project}

    @cached_property
    def prices(self) -> Prices:
        """What calls cost this account. Raises `Misconfigured` when the setting `PRICES` says nothing that can be."""
        from shared.entry.settings import read_settings  # noqa: PLC0415 - not every command is about money

        return Prices(dict(read_settings({"PRICES": self.settings["PRICES"]}).prices))

    @property
    def key(self) -> tuple[str, str, str]:
        """Access key id, secret and security token. The credentials' provider renews temporary ones some minutes before
        they expire, so they are asked for anew for each request. Raises `ApiError` when there is none to be found."""
        found = self.call("credentials", "GetCredential", self._credentials.get_credential)
        return found.access_key_id, found.access_key_secret, found.security_token or ""

    # ---------------------------------------------------------------- clients

    @cached_property
    def sts(self) -> Any:
        from alibabacloud_sts20150401.client import Client  # noqa: PLC0415

        return Client(self._config("sts.cn-shanghai.aliyuncs.com"))

    @cached_property
    def ram(self) -> Any:
        from alibabacloud_ram20150501.client import Client  # noqa: PLC0415

        return Client(self._config("ram.aliyuncs.com"))

    @cached_property
    def fc(self) -> Any:
        """Of FC 3.0 (2023-03-30)."""
        from alibabacloud_fc20230330.client import Client  # noqa: PLC0415

        return Client(self._config("fcv3.cn-shanghai.aliyuncs.com"))

    @cached_property
    def sls(self) -> Any:
        return self.sls_in(REGION)

    def sls_in(self, region: str) -> Any:
        """Simple Log Service, asked at another region's host."""
        from alibabacloud_sls20201230.client import Client  # noqa: PLC0415

        return Client(self._config(f"{region}.log.aliyuncs.com"))

    @cached_property
    def sls_2019(self) -> Any:
        """Simple Log Service's API of 2019-10-23, for which there is no SDK in Python. The host is the one for Shanghai
        in the Java SDK (com.aliyun.sls20191023)."""
        from alibabacloud_tea_openapi.client import Client  # noqa: PLC0415

        return Client(self._config("sls.cn-shanghai.aliyuncs.com"))

    @cached_property
    def cms(self) -> Any:
        """CloudMonitor."""
        from alibabacloud_cms20190101.client import Client  # noqa: PLC0415

        return Client(self._config("metrics.cn-shanghai.aliyuncs.com"))

    def bucket(self, name: str = "") -> oss2.Bucket:
        """The bucket of the settings, or another one."""
        import oss2  # noqa: PLC0415

        return oss2.Bucket(bucket_name=name or self.settings.bucket, **self._oss)

    def objects(self, name: str = "") -> OssBucket:
        """The bucket of the settings, or another one, as the functions use it: with tries, in any thread, and raising
        `CutoutError`."""
        from shared.cloud.oss import OssBucket  # noqa: PLC0415

        endpoint = self._oss["endpoint"]
        return OssBucket(
            name or self.settings.bucket,
            self._oss_key,
            endpoint=endpoint,
            public_endpoint=endpoint,
            region=REGION,
            clock=self.clock,
            at_once=_CONNECTIONS,
        )

    def job_objects(self) -> OssBucket:
        """The bucket in which the jobs are."""
        return self.objects(self.settings.jobs_bucket)

    @property
    def buckets(self) -> oss2.Service:
        """Of all regions."""
        import oss2  # noqa: PLC0415

        return oss2.Service(**self._oss)

    def call(self, product: str, action: str, send: Callable[..., T], *arguments: Any) -> T:
        """What the SDK's method `send` answers; raises `ApiError` for all that it raises."""
        with speaking(product, action):
            return send(*arguments)

    def _oss_key(self) -> Credentials:
        from shared.cloud.ports import Credentials  # noqa: PLC0415

        return Credentials(*self.key)

    @property
    def _oss(self) -> dict[str, Any]:
        import oss2  # noqa: PLC0415

        from shared.cloud.oss import Asking  # noqa: PLC0415

        return {
            "auth": oss2.ProviderAuthV4(Asking(self._oss_key)),
            "endpoint": self.environment.get("OSS_PUBLIC_ENDPOINT") or f"https://oss-{REGION}.aliyuncs.com",
            "region": REGION,
            "connect_timeout": 10,
            "is_path_style": self.is_box,
        }

    @cached_property
    def _credentials(self) -> Any:
        logging.getLogger("credentials").disabled = True  # the SDK's own, which logs each place where it finds no key
        from alibabacloud_credentials.client import Client  # noqa: PLC0415
        from alibabacloud_credentials.models import Config  # noqa: PLC0415

        key_id, secret, token = (self.settings.given.get(name) for name in KEY)
        kind = "sts" if token else "access_key"
        given = Config(type=kind, access_key_id=key_id, access_key_secret=secret, security_token=token)
        with speaking("credentials", "GetCredential"):  # half a key is refused here
            return Client(given) if key_id else Client()

    def _config(self, endpoint: str) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415

        return Config(
            credential=self._credentials,
            endpoint=endpoint,
            region_id=REGION,
            protocol="http" if self.is_box else "https",
            http_proxy=self._proxy or None,
            connect_timeout=_PATIENCE,
            read_timeout=_PATIENCE,
        )


@contextmanager
def speaking(product: str, action: str) -> Iterator[None]:
    """Raises `ApiError` for whatever an SDK raises inside, but for mistakes of ours in calling it."""
    try:
        yield
    except (ApiError, NameError, TypeError):
        raise
    except Exception as error:  # noqa: BLE001 - each SDK has exceptions of its own
        # `from None`: what an SDK raises may quote the request, with the token in it.
        raise _api_error(product, action, error) from None


def _api_error(product: str, action: str, error: Exception) -> ApiError:
    """What each SDK says in attributes of its own: those of OpenAPI, of SLS (`statusCode`, `data`) and of oss2."""
    status = int(_said(error, "status_code", "statusCode", "status") or 0)
    if status <= 0:  # not answered: oss2 has negative numbers for it, and the reason is inside
        status, error = 0, _said(error, "inner_exception", "exception") or error
    code = _said(error, "code") or type(error).__name__
    request_id = _said(error, "request_id") or (_said(error, "data") or {}).get("requestId")
    message = _NOTHING.sub("", str(_said(error, "message") or error))
    return ApiError(product, action, status, str(code), message, str(request_id or ""))


def _said(error: Exception, *names: str) -> Any:
    """The first of these attributes that holds anything: an SDK may have made "None" of nothing."""
    held = (getattr(error, name, None) for name in names)
    return next((value for value in held if value and value != "None"), None)
