"""Tells every open page what happens, as server-sent events (HTML Standard, "Server-sent events")."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Lock
from typing import Any

_HEARTBEAT = 15.0
"""Seconds after which a comment is sent, so that a connection nobody listens to any more is noticed."""
_MOST_WAITING = 1000
"""Events queued for a page that reads slowly. If there are more, the page has to read its list again."""
AGAIN = "again"
"""The event after which a page reads its list: the first event of a connection, and one after events were dropped."""


class Hub:
    """`tell` may be called in any thread, `listen` in the event loop."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pages = set[_Page]()

    def has_pages(self) -> bool:
        """Whether a page is open."""
        return bool(self._pages)

    def tell(self, name: str, data: Any) -> None:
        """Tell every page."""
        self._put(_event(name, data))

    def end(self) -> None:
        """End what every page listens to."""
        self._put("")

    def _put(self, text: str) -> None:
        with self._lock:
            pages = [*self._pages]
        for page in pages:
            with suppress(RuntimeError):  # its loop has ended
                page.loop.call_soon_threadsafe(page.put, text)

    async def listen(self, begun: Callable[[], object]) -> AsyncIterator[str]:
        """The events from now on, as the text of a response, until its client is gone. `begun` is called when the page
        is registered."""
        page = _Page()
        with self._lock:
            self._pages.add(page)
        try:
            begun()
            yield "retry: 1000\n" + _event(AGAIN, {})  # a list that is read later misses no event
            while text := await page.next():
                yield text
        finally:
            with self._lock:
                self._pages.discard(page)


class _Page:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting = asyncio.Queue[str]()

    async def next(self) -> str:
        """What it is told next; empty when that is the end."""
        try:
            return await asyncio.wait_for(self.waiting.get(), _HEARTBEAT)
        except asyncio.TimeoutError:
            return ": still here\n\n"

    def put(self, text: str) -> None:
        if text and self.waiting.qsize() >= _MOST_WAITING:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            text = _event(AGAIN, {})
        self.waiting.put_nowait(text)


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"  # JSON has no line breaks of its own
