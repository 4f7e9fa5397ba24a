"""Stands between instances and a server of the box, and counts what goes over the sockets, headers and all."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType

_CHUNK = 1 << 16


class Relay:
    """Listens on 127.0.0.1 from construction until its `with` block ends; `to` (`host:port`) is where it passes on to.

    `into` and `out` are bytes so far, seen from whoever connects.
    """

    def __init__(self) -> None:
        self.to = ""
        self.into = 0
        self.out = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=[connection], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        host, _, port = self.to.partition(":")
        with suppress(OSError), client, socket.create_connection((host, int(port))) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in selector.select():
                        source: socket.socket = key.fileobj  # type: ignore[assignment]
                        if not (chunk := source.recv(_CHUNK)):
                            return  # HTTP never closes one half only
                        key.data.sendall(chunk)
                        with self._lock:
                            if source is server:
                                self.into += len(chunk)
                            else:
                                self.out += len(chunk)
