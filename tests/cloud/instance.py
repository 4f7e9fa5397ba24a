"""What runs inside an instance of a function: the runtime that imports `index` and calls its handler.

Started by `fc_process.py` as a script of its own, with nothing but the standard library, since beside a staged
build there is nothing else. Arguments: the number of the socket that requests come by, the handler, and the folders
to import from, the function's own first. One JSON document a line each way, and a first one from here when the code
has been imported; stdout and stderr stay the function's log.
"""

from __future__ import annotations

import base64
import importlib
import json
import logging
import socket
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any


class _RequestId(logging.Filter):
    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = self.current
        return True


def main(channel_number: int, handler_name: str, folders: list[str]) -> None:
    sys.path[:0] = folders
    request_id = _RequestId()
    logger = _logger(request_id)
    with socket.socket(fileno=channel_number) as channel, channel.makefile("rwb") as lines:
        try:
            module, _, name = handler_name.partition(".")
            handler = getattr(importlib.import_module(module), name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the function's
            _say(lines, _failure(error))
            return
        _say(lines, {})
        for line in lines:
            request = json.loads(line, object_hook=lambda fields: SimpleNamespace(**fields))
            request.context.logger = logger
            request_id.current = request.context.request_id
            try:
                result = handler(base64.b64decode(request.event), request.context)
                answer = {"body": base64.b64encode(_bytes(result)).decode()}
            except Exception as error:  # noqa: BLE001 - as above
                answer = _failure(error)
            sys.stdout.flush()
            sys.stderr.flush()
            _say(lines, answer)


def _say(lines: Any, answer: dict[str, Any]) -> None:
    lines.write(json.dumps(answer).encode() + b"\n")
    lines.flush()


def _failure(error: Exception) -> dict[str, Any]:
    stack = traceback.format_exception(type(error), error, error.__traceback__)
    print("".join(stack), file=sys.stderr, flush=True)  # the platform logs it too
    return {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": stack}


def _bytes(result: Any) -> bytes:
    if isinstance(result, bytes):
        return result
    return (result if isinstance(result, str) else json.dumps(result)).encode()


def _logger(request_id: _RequestId) -> logging.Logger:
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(request_id)
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(request_id)s [%(levelname)s] %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return logger


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
