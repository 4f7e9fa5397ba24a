"""The account that is deployed to, through Alibaba's own SDKs: one client a product, made when it is first used.

Importing an SDK takes up to a second, so each is imported by the property that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from console.settings import KEY, Settings

if TYPE_CHECKING:
    import oss2

REGION = "cn-shanghai"
BOX = "CLOUD_IN_A_BOX"
"""In the environment, the address of a proxy that plays Alibaba's services; requests then go there, in clear."""
_PATIENCE = 10_000
"""Milliseconds that a request may take to be connected, and as many to be answered."""

T = TypeVar("T")


class ApiError(Exception):
    """A service of Alibaba's refused a request, or was not reached (`status` 0)."""

    def __init__(self, product: str, action: str, status: int, code: str, message: str, request_id: str = "") -> None:
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
        self._box = environment.get(BOX, "")

    @cached_property
    def identity(self) -> Identity:
        """Raises `ApiError`."""
        found = self.call("STS", "GetCallerIdentity", self.sts.get_caller_identity).body
        return Identity(found.account_id, found.arn)

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """Access key id, secret and security token. Raises `ApiError` when there is none to be found."""
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
    def cms(self) -> Any:
        """CloudMonitor."""
        from alibabacloud_cms20190101.client import Client  # noqa: PLC0415

        return Client(self._config("metrics.cn-shanghai.aliyuncs.com"))

    def bucket(self, name: str = "") -> oss2.Bucket:
        """The bucket of the settings, or another one."""
        import oss2  # noqa: PLC0415

        provider = oss2.credentials.StaticCredentialsProvider(*self.key)
        endpoint = self.environment.get("OSS_PUBLIC_ENDPOINT") or f"https://oss-{REGION}.aliyuncs.com"
        return oss2.Bucket(
            oss2.ProviderAuthV4(provider),
            endpoint,
            name or self.settings.bucket,
            region=REGION,
            connect_timeout=10,
            is_path_style=bool(self._box),
        )

    def call(self, product: str, action: str, send: Callable[..., T], *arguments: Any) -> T:
        """What the SDK's method `send` answers; raises `ApiError` for all that it raises."""
        with speaking(product, action):
            return send(*arguments)

    @cached_property
    def _credentials(self) -> Any:
        from alibabacloud_credentials.client import Client  # noqa: PLC0415
        from alibabacloud_credentials.models import Config  # noqa: PLC0415

        key_id, secret, token = (self.settings.given.get(name) for name in KEY)
        if not key_id:
            return Client()
        kind = "sts" if token else "access_key"
        return Client(Config(type=kind, access_key_id=key_id, access_key_secret=secret, security_token=token))

    def _config(self, endpoint: str) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415

        return Config(
            credential=self._credentials,
            endpoint=endpoint,
            region_id=REGION,
            protocol="http" if self._box else "https",
            http_proxy=self._box or None,
            connect_timeout=_PATIENCE,
            read_timeout=_PATIENCE,
        )


@contextmanager
def speaking(product: str, action: str) -> Iterator[None]:
    """Raises `ApiError` for whatever an SDK raises inside."""
    try:
        yield
    except ApiError:
        raise
    except Exception as error:  # noqa: BLE001 - each SDK has exceptions of its own
        said = getattr(error, "code", None) or type(error).__name__
        status = getattr(error, "status_code", None) or getattr(error, "status", None) or 0
        message = getattr(error, "message", None) or str(error)
        request_id = getattr(error, "request_id", None) or ""
        # `from None`: what an SDK raises may quote the request, with the token in it.
        raise ApiError(product, action, int(status), str(said), str(message), str(request_id)) from None
