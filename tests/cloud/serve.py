"""A WSGI application behind a real socket on 127.0.0.1, in a thread of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Handler(WSGIRequestHandler):
    # Nagle's algorithm against delayed acknowledgements costs 40 ms an answer: write once, at once.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for every request would bury what the box has to say."""


class Server:
    """Serves `app` from construction until `stop()`; `url` is where."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        # Joined when the server closes: a thread that is still inside OpenCV when Python ends takes it down with it.
        self._server.daemon_threads = False  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
