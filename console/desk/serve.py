"""Serves the desk at an address of this machine until it is interrupted."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from console.account import Account
from console.desk.app import app
from console.desk.desk import Desk, Panel
from console.desk.guard import Guard
from console.records.mirror import Mirror, cache_file
from console.screen import Language

_ADDRESS = "127.0.0.1"


class Server(uvicorn.Server):
    """`address` is where a browser gets in; the token is in it."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._hub = desk.hub
        self._socket = socket.create_server((_ADDRESS, port))
        token, taken = secrets.token_urlsafe(32), self._socket.getsockname()[1]
        hosts = [f"{name}:{taken}" for name in (_ADDRESS, "localhost")]
        self.address = f"http://{_ADDRESS}:{taken}/?token={token}"
        # No access log: addresses have keys of photos in them.
        options = {"log_level": "warning", "access_log": False, "server_header": False, "timeout_graceful_shutdown": 2}
        super().__init__(uvicorn.Config(Guard(app(desk), hosts, token), **options))  # type: ignore[arg-type]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.end()  # pages listen for as long as they are open
        await super().shutdown(sockets)

    def serve_until_interrupted(self) -> None:
        """SIGINT and SIGTERM end it."""
        self.run(sockets=[self._socket])


def opened(account: Account, language: Language, panel: Panel | None = None) -> Desk:
    """The desk of the account's bucket. Raises `ApiError`."""
    photos, jobs = account.objects(), account.job_objects()
    return Desk(account, photos, jobs, Mirror(photos, cache_file(account.settings.bucket)), language, panel)


def serve(desk: Desk, port: int, say: Callable[[str], object], *, in_browser: bool) -> None:
    """`say` is told the address. Raises `OSError` when the port is taken."""
    server = Server(desk, port)
    with closing(desk.mirror), file_that_leads_to(server.address) as file:
        say(server.address)
        if in_browser:
            webbrowser.open(file)
        server.serve_until_interrupted()


@contextmanager
def file_that_leads_to(address: str) -> Iterator[str]:
    """The address of a file for a browser to open, as Jupyter does: all users of a machine can read the arguments with
    which a browser is started, and only this one can enter the file's folder."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "desk.html"
        file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', "utf-8")
        yield file.as_uri()
