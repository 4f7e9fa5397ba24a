"""The client of Function Compute, which invokes other functions: the only module that imports aliyun-fc2.

Two faults of that client are contained here. On every refusal it logs the request's headers, token and signature
included, to the root logger; and a refusal that is not JSON, as a gateway's, surfaces as a decoding error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fc2
from requests import RequestException

from shared.cloud.ports import Credentials
from shared.errors import Misconfigured, Unavailable
from shared.messages import cloud as messages

_ASYNCHRONOUS = {"x-fc-invocation-type": "Async"}
_LIBRARY = str(Path(fc2.__file__).parent)


class _Fc3(fc2.Client):  # type: ignore[misc]
    """The same client at API version 2023-03-30, whose functions are in no service."""

    def invoke(self, function: str, event: bytes) -> None:
        path = f"/2023-03-30/functions/{function}/invocations"
        self._do_request("POST", path, self._build_common_headers("POST", path, dict(_ASYNCHRONOUS)), body=event)


class FcInvoker:
    """Invokes the function `<prefix><group>`: of FC 3.0 (API 2023-03-30), or of FC 2.0 in `service`, unless empty."""

    def __init__(self, endpoint: str, credentials: Credentials, *, prefix: str, service: str = "") -> None:
        self._client = _Fc3(
            endpoint=endpoint,
            accessKeyID=credentials.access_key_id,
            accessKeySecret=credentials.access_key_secret,
            securityToken=credentials.security_token,
            Timeout=10,
        )
        logging.getLogger().addFilter(_is_foreign)  # never removed, as invocations run in several threads
        self._prefix = prefix
        self._service = service

    def invoke(self, group: str, event: bytes) -> None:
        """Invoke the function of `group` with `event`, asynchronously.

        Raises `Misconfigured` when Function Compute refuses, and `Unavailable` when it was not reached or failed.
        """
        with _contained():
            if self._service:
                self._client.invoke_function(self._service, f"{self._prefix}{group}", event, dict(_ASYNCHRONOUS))
            else:
                self._client.invoke(f"{self._prefix}{group}", event)


def _is_foreign(record: logging.LogRecord) -> bool:
    return not record.pathname.startswith(_LIBRARY)


@contextmanager
def _contained() -> Iterator[None]:
    try:
        yield
    except fc2.FcError as error:
        kind = Unavailable if int(error.status_code) >= 500 else Misconfigured
        raise kind(error.err_code, messages.FC_REFUSES(said=error.message)) from None
    except ValueError:
        raise Misconfigured("NotJson", messages.NOT_FC()) from None
    except RequestException as error:
        raise Unavailable("FcUnreachable", messages.FC_NOT_REACHED(error=type(error).__name__)) from None
