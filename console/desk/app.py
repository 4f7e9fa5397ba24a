"""The routes of the desk. What they answer is said in the modules that they call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.desk import archive, changes, choices, errors, photos, pictures, uploads
from console.desk.desk import Desk
from console.desk.summary import summary
from console.records.record import Query

STATIC = Path(__file__).parent / "static"
_MOST_BODY = 30_000_000
"""Bytes of what the page asks for: 10,000 keys of 980 bytes, each of which takes three in a form. A photo that is
uploaded may have more: see `uploads`."""


def app(desk: Desk) -> Starlette:
    """The desk's ASGI application. `Guard` wraps it."""
    routes = _Routes(desk)

    @asynccontextmanager
    async def running(_: Starlette) -> AsyncIterator[None]:
        desk.watcher.start()
        try:
            yield
        finally:
            await run_in_threadpool(desk.watcher.stop)

    return Starlette(
        routes=[
            Route("/api/settings", routes.settings),
            Route("/api/status", routes.status),
            Route("/api/photos", routes.photos),
            Route("/api/photo", routes.photo),
            Route("/api/picture", routes.picture),
            Route("/api/events", routes.events),
            Route("/api/check", routes.check, methods=["POST"]),
            Route("/api/upload", routes.upload, methods=["PUT"]),
            Route("/api/redo", routes.redo, methods=["POST"]),
            Route("/api/forget", routes.forget, methods=["POST"]),
            Route("/api/zip", routes.zip, methods=["POST"]),
            Route("/api/box", routes.box, methods=["GET", "POST"]),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ],
        exception_handlers=errors.HANDLERS,
        lifespan=running,
    )


class _Routes:
    """Handlers that call the bucket are plain functions, which Starlette runs in a thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def settings(self, _: Request) -> Response:
        desk = self._desk
        offered = choices.choices(desk.account, desk.language, is_box=desk.panel is not None)
        return JSONResponse(offered)

    def status(self, _: Request) -> Response:
        watcher = self._desk.watcher
        found = summary(self._desk.jobs, self._desk.mirror, watcher.under_way)
        return JSONResponse({**found, "sync": watcher.synced})

    def photos(self, request: Request) -> Response:
        asked = photos.asked(request.query_params, datetime.now().astimezone())
        return JSONResponse(photos.listed(self._desk.mirror, self._desk.watcher.under_way, asked))

    def photo(self, request: Request) -> Response:
        found = self._desk.watcher.card(request.query_params["source"])
        if found is None:
            raise HTTPException(404)
        return JSONResponse(found)

    def picture(self, request: Request) -> Response:
        asked = request.query_params
        content_type, body = pictures.picture(self._desk.photos, asked["key"], asked.get("size", "full"))
        return Response(body, media_type=content_type, headers=_OF_PICTURES)

    async def events(self, _: Request) -> Response:
        events = self._desk.hub.listen(self._desk.watcher.wake)  # nobody has looked while no page was open
        return StreamingResponse(events, media_type="text/event-stream")

    # ---------------------------------------------------------------- changes

    async def check(self, request: Request) -> Response:
        asked = uploads.Asked.model_validate(await _json(request))
        return JSONResponse(await run_in_threadpool(uploads.check, self._desk, asked))

    async def upload(self, request: Request) -> Response:
        prefix, name = request.query_params["prefix"], request.query_params["name"]
        with uploads.received(prefix, name) as file:
            async for piece in request.stream():
                file.add(piece)
            return JSONResponse(await run_in_threadpool(uploads.store, self._desk, file))

    async def redo(self, request: Request) -> Response:
        asked = changes.Asked.model_validate(await _json(request))
        return JSONResponse(await run_in_threadpool(changes.redone, self._desk, asked))

    async def forget(self, request: Request) -> Response:
        asked = changes.Asked.model_validate(await _json(request))
        return JSONResponse(await run_in_threadpool(changes.forgotten, self._desk, asked))

    async def zip(self, request: Request) -> Response:
        form = parse_qs((await _body(request)).decode())
        (what,) = form.get("what", ["all"])
        if what not in archive.WHATS:
            raise ValueError(what)
        records = self._desk.mirror.find(Query(sources=tuple(form["source"])), "name")
        pieces = archive.archive(self._desk.photos, archive.keys_of(records, what))
        name = f"{self._desk.account.settings.bucket}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        close = BackgroundTask(pieces.close)  # after the last piece, or when its client is gone
        return StreamingResponse(pieces, media_type="application/zip", headers=headers, background=close)

    async def box(self, request: Request) -> Response:
        panel = self._desk.panel
        if panel is None:
            raise HTTPException(404)
        if request.method == "POST":
            asked = await _json(request)
            await run_in_threadpool(partial(panel.turn, str(asked["fault"]), on=bool(asked["on"])))
        return JSONResponse(await run_in_threadpool(panel.state))


_OF_PICTURES = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=60",
}


async def _json(request: Request) -> Any:
    return json.loads(await _body(request))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BODY:
            raise HTTPException(413)
    return bytes(body)
