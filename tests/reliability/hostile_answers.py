"""Hostile answers: a vendor that lies, raves, or hides something in what it says."""

from __future__ import annotations

import json
import struct

from tests.pictures import zeros
from tests.reliability.hostile import Answer

Json = object
FACES = "uploads/portrait/features/a.png"
PICWISH = "uploads/picwish/cutout/a.png"
DAMO = "uploads/damo/background/a.png"
HD = "uploads/general/hd-common/a.png"
LINK = "https://results.example/1"
NOT_JSON = ("HTTP200",)


def viapi(data: Json, **more: Json) -> tuple[int, str]:
    return 200, json.dumps({"RequestId": "R-1", "Data": data, **more})


def picwish(**data: Json) -> tuple[int, str]:
    return 200, json.dumps({"status": 200, "data": {"task_id": "T-1", "state": 1, **data}})


def damo(**data: Json) -> tuple[int, str]:
    return 200, json.dumps({"code": 0, "requestId": "R-1", "data": data})


def said(code: str, message: str) -> tuple[int, str]:
    return 400, json.dumps({"RequestId": "R-1", "Code": code, "Message": message})


def elements(*each: Json) -> tuple[int, str]:
    return viapi({"Elements": each})


def box(side: Json) -> tuple[int, str]:
    return elements({"ImageURL": LINK, "X": side, "Y": side, "Width": side, "Height": side})


def unfolds() -> bytes:
    """A picture that is small, sound and transparent, but for what lies behind its last line: 400 MB of it."""
    header = struct.pack(">IIBBBBB", 10, 10, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + bytes(4)
        for kind, body in ((b"IHDR", header), (b"IDAT", zeros(400)))
    )


BIG = "9" * 4_000
LONE = '{"RequestId": "R-1", "Data": {"ImageURL": "https://results.example/\\ud83d"}}'
TICKET = damo(result_key="K-1")
SUBMITTED = viapi({})


def asked(name: str, codes: tuple[str, ...], question: tuple[int, str]) -> Answer:
    return Answer(name, codes, TICKET, question, DAMO)


def finished(name: str, codes: tuple[str, ...], result: str) -> Answer:
    return Answer(name, codes, SUBMITTED, viapi({"Status": "PROCESS_SUCCESS", "Result": result}), HD)


NO_JSON = tuple(
    Answer(name, NOT_JSON, (200, body))
    for name, body in {
        "nothing": "",
        "HTML": "<html>502</html>",
        "an XML bomb": '<!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        "a megabyte of brackets": "[" * 1_000_000,
        "a megabyte of empty lists": "[" + "[]," * 333_000 + "[]]",
        "a megabyte of empty objects": '{"Data": [' + "{}," * 333_000 + "{}]}",
        "a megabyte of members": "{" + ",".join(f'"{n}":0' for n in range(100_000)) + "}",
        "a number of a megabyte": '{"Data": ' + "9" * 1_000_000 + "}",
        "a zero": '{"Data": "\0"}',
        "JSON twice": "{}{}",
        "JSON in UTF-16": json.dumps({"Data": {}}).encode("utf-16").decode("latin-1"),
        "a list": "[]",
        "what JSON cannot say": '{"Data": undefined}',
    }.items()
)

SHAPES = (
    Answer("nothing at all", ("NoResult",), (200, "{}")),
    Answer("numbers that are none", ("NoResult",), (200, '{"Data": NaN, "RequestId": Infinity}')),
    Answer("a member thrice", ("NoResult",), (200, '{"Data": {}, "Data": [], "Data": 7}')),
    Answer("half a character in a link", ("",), (200, LONE)),
    Answer("a link of a megabyte", ("",), viapi({"ImageURL": LINK + "a" * 900_000})),
    Answer("a link with line breaks", ("",), viapi({"ImageURL": f"{LINK}\r\nX-Evil: 1"})),
    Answer("an id with line breaks", ("",), viapi({"ImageURL": LINK}, RequestId="R\r\nX-Evil: 1")),
    Answer("an id of a megabyte", ("",), viapi({"ImageURL": LINK}, RequestId="R" * 900_000)),
    Answer("a label that is a way up", ("",), elements(*[{"ImageURL": LINK, "Name": "../../../a"}] * 2), key=FACES),
    Answer("labels that are all the same", ("",), elements(*[{"ImageURL": LINK, "Name": "skin"}] * 9), key=FACES),
    Answer("a label that is a number", ("",), elements(*[{"ImageURL": LINK, "Name": "1"}] * 3), key=FACES),
    Answer("a hundred and one pictures", ("TooManyPictures",), elements(*[{"ImageURL": LINK}] * 101)),
    Answer("a box of 4,000 digits", ("",), box(int(BIG))),
    Answer("a box of 5,000 digits", NOT_JSON, (200, box(0)[1].replace(": 0", ": " + "9" * 5_000))),
    Answer("a box left of everything", ("",), box(-(10**9))),
    Answer("a box of truth", ("",), box(True)),
    Answer("a result that unfolds", ("",), viapi({"ImageURL": LINK}), results={LINK: unfolds()}),
    Answer("a picture by the way of a script", ("ResultLink", ""), viapi({"ImageURL": "javascript:alert(1)"})),
)

WORDS = (
    Answer("a message of 900 KB", ("ClientError",), said("ClientError", "a" * 900_000)),
    Answer(
        "a message of nothing but links",
        ("ClientError",),
        said("ClientError", "https://x.example/?Signature=a " * 9_000),
    ),
    Answer("a message with line breaks", ("ClientError",), said("ClientError", 'a\r\n{"event": "concluded"}')),
    Answer(
        "a message that quotes what was signed",
        ("SignatureDoesNotMatch",),
        said("SignatureDoesNotMatch", "StringToSign is POST&%2F&EXAMPLE-secret Signature=x"),
    ),
    Answer("a code of 900 KB", ("Unknown",), said("a" * 900_000, "no")),
    Answer("a code of dots", ("Unknown",), said("." * 20_000, "no")),
    Answer("a code with line breaks", ("Unknown",), said("a\r\nb", "no")),
    Answer("a code that is a list", ("Unknown",), (400, '{"Code": ["InvalidImage"], "Message": {"a": "b"}}')),
)

MARKET = (
    Answer(
        "a state of 4,000 digits",
        ("Unknown",),
        (200, picwish()[1].replace('"state": 1', f'"state": -{BIG}')),
        key=PICWISH,
    ),
    Answer("a state that is true", ("NoResult",), picwish(state=True), key=PICWISH),
    Answer("base64 that is none", ("ResultNotAnImage", ""), picwish(image="!!!"), key=PICWISH),
    Answer("a picture that is a list", ("NoResult",), picwish(image=["a"]), key=PICWISH),
    asked("a hundred thousand results", NOT_JSON, damo(task_list=[{"status": "SUCCESS", "results": ["a"] * 100_000}])),
    asked("15,000 results", ("TooManyPictures",), damo(task_list=[{"status": "SUCCESS", "results": ["a"] * 15_000}])),
    asked("tasks that are none", ("NoStatus",), damo(task_list=[7])),
    asked("no task at all", ("NoStatus",), damo(task_list=[])),
    finished("a result encoded over and over", ("NoResult",), json.dumps(json.dumps(json.dumps("{}")))),
    finished("a result of brackets", NOT_JSON, "[" * 900_000),
    finished("a result of empty lists", NOT_JSON, "[" + "[]," * 300_000 + "[]]"),
)

ANSWERS = NO_JSON + SHAPES + WORDS + MARKET
