"""Answers to requests that failed: a code, a message, and the status of HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from console.account import ApiError
from console.desk import cards, pictures
from console.refusals import explain
from shared.errors import CutoutError, Rejected, Unavailable
from shared.messages.message import Message, Sentence

_WRONG = Message("the page asked for something that there is not", "请求有误")
_MENDED = Sentence("{what}; {mend}", "{what}；{mend}")


def document(error: Exception) -> dict[str, Any]:
    """The code and the message, in JSON's types. For errors of this machine, the code is the name of the class."""
    match error:
        case CutoutError():
            code, text = error.code, error.text
        case ApiError():
            finding = explain(error)
            code, text = finding.code, _MENDED(what=finding.what, mend=finding.mend)
        case _:
            code = type(error).__name__
            text = Message.of(f"{code}: {error}")
    return {"code": code, "message": cards.said(text)}


def _explained(_: Request, error: Exception) -> Response:
    match error:
        case Rejected():
            status = 415 if error.code in pictures.CODES else 422
        case Unavailable(code="NoSuchKey"):
            status = 404
        case Unavailable() | ApiError(status=0):
            status = 503
        case CutoutError() | ApiError():
            status = 403  # for the operator to mend
        case _:
            status = 500  # of this machine: its disk is full, say
    return JSONResponse(document(error), status)


def _wrong(_: Request, __: Exception) -> Response:
    return JSONResponse({"code": "WronglyAsked", "message": cards.said(_WRONG)}, 400)


def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Response]] = {
    CutoutError: _explained,
    ApiError: _explained,
    OSError: _explained,
    sqlite3.Error: _explained,
    ValueError: _wrong,
    KeyError: _wrong,
    ClientDisconnect: _gone,
}
