"""Hostile uploads: pictures that are none or not what they say, names, metadata, and documents beside them."""

from __future__ import annotations

import struct
import zlib
from functools import partial

from tests.pictures import padded, picture, png, tiff
from tests.pictures.heif import heic
from tests.reliability.hostile import Body, Hostile, photo

HD = "uploads/portrait/hd-body/a.png"
COMMON = "uploads/general/common/"
WATERMARK = "uploads/picwish/watermark/a.jpg"
RECTANGLES = ".rectangles.json"

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="http://169.254.169.254/"/></svg>'
XXE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


def claims(width: int, height: int) -> bytes:
    """A PNG that claims these sides, with data for hardly a line of them."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0) + bytes(100)


def bomb() -> bytes:
    """Three million pixels, all alike, ten times over: what they unfold to has nothing to do with the header."""
    return png(1500, 1500, 8, 2)[:33] + b"".join(
        struct.pack(">I", len(data)) + b"IDAT" + data + bytes(4) for data in [zlib.compress(bytes(20_000_000), 9)] * 10
    )


def long(size: int) -> Body:
    return lambda: (small := png(200, 200, 8, 2)) + bytes(size - len(small))


def given(body: bytes) -> Body:
    return lambda: body


def directory(entries: int, offset: int = 8) -> bytes:
    return b"II*\0" + struct.pack("<IH", offset, entries) + bytes(range(1, 255)) * 300


EMPTY_CHUNK = struct.pack(">I4sI", 0, b"teXt", zlib.crc32(b"teXt"))
EXTENDED_WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08" + bytes(3) + b"\xff\1\0" * 2


def gif(blocks: bytes) -> bytes:
    screen = struct.pack("<HHBBB", 400, 300, 0, 0, 0)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, 400, 300, 0) + b"\2" + blocks + b"\0;"


def nested(depth: int) -> bytes:
    """One in another, and `meta` outermost."""
    inner = b""
    for _ in range(depth):
        inner = struct.pack(">I4s", len(inner) + 8, b"iprp") + inner
    return struct.pack(">I4sI", len(inner) + 12, b"meta", 0) + inner


def claims_properties() -> bytes:
    content = heic(400, 400)
    at = content.index(b"ipma") + 8
    return content[:at] + b"\0\x0f\xff\xff" + content[at + 4 :]


PICTURES = (
    Hostile("an SVG called .png", "NotAnImage", given(SVG)),
    Hostile("an SVG with an entity", "NotAnImage", given(XXE)),
    Hostile("HTML called .png", "NotAnImage", given(HTML)),
    Hostile("PDF called .png", "NotAnImage", given(b"%PDF-1.7\n" + photo())),
    Hostile("a ZIP called .png", "NotAnImage", given(b"PK\x03\x04" + bytes(1000))),
    Hostile("a program called .png", "NotAnImage", given(b"MZ" + bytes(1000))),
    Hostile("one byte", "NotAnImage", given(b"\x89")),
    Hostile("a photo behind a byte that is none of its", "NotAnImage", lambda: b"\n" + photo()),
    Hostile("a JPEG that is HTML too", "", lambda: photo() + HTML),
    Hostile("a JPEG that is a ZIP too", "", lambda: photo() + b"PK\x05\x06" + bytes(18)),
    Hostile("a PNG that is a script in its text", "", lambda: (p := picture(form="PNG"))[:33] + HTML + p[33:]),
    Hostile("a GIF that is a script", "", given(b"GIF89a/*\x10\x10" + bytes(8) + b"*/=alert(1)")),
    Hostile("a bomb: what it unfolds to is for OSS and the vendor", "", bomb),
    Hostile("a PNG of four billion pixels", "PictureTooLarge", partial(claims, 65_535, 65_535)),
    Hostile("a PNG with the longest sides there are", "PictureTooLarge", partial(claims, 2**31 - 1, 2**31 - 1)),
    Hostile("a PNG as long as can be and a pixel wide", "PictureTooSmall", partial(claims, 2**31 - 1, 1)),
    Hostile("a PNG without a width", "BrokenImage", partial(claims, 0, 100)),
    Hostile("a PNG without a height", "BrokenImage", partial(claims, 100, 0)),
    Hostile("a PNG cut off in its header", "BrokenImage", lambda: picture(form="PNG")[:20]),
    Hostile(
        "a PNG of a colour that there is not", "BrokenImage", lambda: (p := claims(200, 200))[:25] + b"\x07" + p[26:]
    ),
    Hostile("a JPEG cut off before its sides", "BrokenImage", lambda: photo()[:100]),
    Hostile("a JPEG that begins and no more", "BrokenImage", given(b"\xff\xd8\xff")),
    Hostile("a JPEG of padding alone", "BrokenImage", given(b"\xff\xd8" + b"\xff" * 10_000_000)),
    Hostile("a JPEG of a million empty segments", "BrokenImage", given(b"\xff\xd8" + b"\xff\xe0\0\2" * 1_500_000)),
    Hostile("a JPEG whose segments have no length", "BrokenImage", given(b"\xff\xd8" + b"\xff\xe0\0\0" * 50_000)),
    Hostile("a JPEG with 40 MB before its sides", "BrokenImage", lambda: padded(photo(), 610)),
    Hostile("a BMP as high as can be, upside down", "PictureTooLarge", lambda: bmp(100, -(2**31))),
    Hostile("a BMP of a negative width", "BrokenImage", lambda: bmp(-100, 100)),
    Hostile("a TIFF whose directory lies beyond its end", "BrokenImage", given(directory(10, 2**32 - 1))),
    Hostile("a TIFF whose directory is its header", "BrokenImage", given(directory(10, 0))),
    Hostile("a TIFF with more entries than bytes", "BrokenImage", given(directory(65_535))),
    Hostile("a TIFF with a directory behind 10 MB", "", lambda: tiff(400, 400, "little", before=10_000_000)),
    Hostile("a WebP of a kind that there is not", "BrokenImage", given(b"RIFF\0\0\0\0WEBPVP8?" + bytes(100))),
    Hostile("a TIFF whose pages go round in a circle", "", lambda: (t := tiff(400, 400, "little"))[:-4] + t[4:8]),
    Hostile("a PNG of a million chunks", "BrokenImage", lambda: png(400, 400, 8, 2)[:33] + EMPTY_CHUNK * 1_000_000),
    Hostile("a WebP of a million chunks", "BrokenImage", given(EXTENDED_WEBP + b"free\0\0\0\0" * 1_000_000)),
    Hostile("a GIF of a million blocks in one frame", "", lambda: gif(b"\1\0" * 1_000_000)),
    Hostile("a HEIC without sides", "BrokenImage", given(heic(400, 400)[:20] + bytes(100_000))),
    Hostile("a HEIC with sides by the thousand", "BrokenImage", lambda: heic(400, 400)[:20] + b"ispe" * 16_000),
    Hostile("a HEIC with a million boxes", "BrokenImage", lambda: heic(400, 400)[:24] + b"\0\0\0\x08free" * 1_000_000),
    Hostile("a HEIC with boxes in boxes", "BrokenImage", lambda: heic(400, 400)[:24] + nested(5_000)),
    Hostile("a HEIC that claims a million properties", "BrokenImage", claims_properties),
    Hostile("a film called .jpg", "NotAnImage", given(b"\0\0\0\x18ftypmp42" + bytes(1_000))),
    Hostile("camera raw called .png", "CameraRaw", given(b"IIU\0" + bytes(1_000))),
    Hostile("an archive's worth of spaces, and a bracket", "NotAnImage", given(b" " * 10_000_000 + b"<")),
    Hostile("40 MB where 40 are taken", "", long(40_000_000), HD),
    Hostile("a byte more than 40 MB", "PictureTooLarge", long(40_000_001), HD),
    Hostile("40 MB where 3 are taken", "PictureTooLarge", long(40_000_000)),
)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + bytes(12) + struct.pack("<IiiHH", 40, width, height, 1, 24) + bytes(100)


def named(name: str, code: str, key: str) -> Hostile:
    return Hostile(f"a key {name}", code, key=key)


NAMES = (
    named("with a way up", "", f"{COMMON}../../../etc/a.png"),
    named("whose capability is the way up", "UnknownCapability", "uploads/general/../a.png"),
    named("without a capability", "InvalidPath", "uploads/general/a.png"),
    named("with nothing between slashes", "", f"{COMMON}///a.png"),
    named("with line breaks", "", f"{COMMON}a\r\nX-Evil: 1\n.png"),
    named("with every control character", "", COMMON + "".join(map(chr, range(1, 32))) + "\x7f.png"),
    named("with a zero", "", f"{COMMON}a\0.png"),
    named("that turns the reading around", "", f"{COMMON}\u202egnp.exe"),
    named("with characters that nobody sees", "", f"{COMMON}\u200b\ufeff\U000e0041.png"),
    named("that is a link", "", f"{COMMON}https://x.example/?a=b&c=d#e%00%2f.png"),
    named("that is a template", "", f"{COMMON}${{7*7}}{{{{7*7}}}}%s%n.png"),
    named("of 980 bytes", "", COMMON + "a" * (980 - len(COMMON) - 4) + ".png"),
    named("of 980 bytes in Chinese", "", COMMON + "鞋" * 317 + ".png"),
    named("that another's result would have", "AmbiguousName", f"{COMMON}a.jpg.0"),
    named("with an option in which nothing is right", "InvalidOption", f"{COMMON}=,==,a=b=c/a.png"),
    named("with an option in capitals", "InvalidOption", f"{COMMON}Return-Form=mask/a.png"),
    named("with an option that there is not", "UnknownOption", f"{COMMON}image-url=http/a.png"),
    named("with an option's value that there is not", "InvalidOption", f"{COMMON}return-form=../a.png"),
    named("with an option 200 times over", "InvalidOption", f"{COMMON}{'return-form=a,' * 60}return-form=/a.png"),
)


def noted(name: str, code: str, value: str, option: str = "return-form", key: str = f"{COMMON}a.png") -> Hostile:
    return Hostile(f"metadata {name}", code, key=key, metadata={option: value})


METADATA = (
    noted("with line breaks", "InvalidOption", "mask\r\nX-Evil: 1"),
    noted("with zeros", "InvalidOption", "mask\0"),
    noted("of 8 KB, all that OSS takes", "InvalidOption", "a" * 8_192),
    noted("in characters that no header has", "InvalidOption", "\u202e红\udcff"),
    noted("that nobody asks for", "", "a\nb" * 2_000, option="camera"),
    noted(
        "that says a colour and more",
        "InvalidOption",
        "ffffff\n",
        "bg-color",
        "uploads/picwish/cutout/format=jpg/a.png",
    ),
    noted("with rectangles that are none", "InvalidAreas", "[" * 8_000, "rectangles", WATERMARK),
    noted("with rectangles and line breaks", "InvalidAreas", '[{"x":\n0}]\n', "rectangles", WATERMARK),
)


def beside(name: str, code: str, document: Body) -> Hostile:
    return Hostile(f"a document of rectangles {name}", code, key=WATERMARK, beside={RECTANGLES: document})


BOX = b'{"x": %s, "y": 0, "width": 9, "height": 9}'

DOCUMENTS = (
    beside("of 10 MB", "InvalidOption", lambda: b"[" + b"0," * 5_000_000 + b"0]"),
    beside("of 10 MB, all brackets", "InvalidOption", lambda: b"[" * 10_000_000),
    beside("with a bracket in each of its bytes", "InvalidAreas", given(b"[" * 65_536)),
    beside("with a number of 60,000 digits", "InvalidAreas", given(b"[" + BOX % (b"9" * 60_000) + b"]")),
    beside("with a number of 4,000 digits", "InvalidAreas", given(b"[" + BOX % (b"9" * 4_000) + b"]")),
    beside("with a number that is endless", "InvalidAreas", given(b"[" + BOX % b"1e999" + b"]")),
    beside("with a number that is none", "InvalidAreas", given(b"[" + BOX % b"NaN" + b"]")),
    beside("with a number below nothing", "InvalidAreas", given(b"[" + BOX % b"-1" + b"]")),
    beside("by the thousand", "InvalidAreas", given(b"[" + b",".join([BOX % b"0"] * 1_400) + b"]")),
    beside("with nothing in them, by the ten thousand", "InvalidAreas", given(b"[" + b"{}," * 21_000 + b"{}]")),
    beside("with a name of 60 KB", "InvalidAreas", given(b'[{"' + b"a" * 60_000 + b'": 1}]')),
    beside("with an unlucky text of 60 KB", "InvalidAreas", given(b'[{"x": "' + b"a" * 60_000 + b'"}]')),
    beside("in UTF-16", "InvalidAreas", lambda: '[{"x": 1}]'.encode("utf-16")),
    beside("with zeros", "InvalidAreas", given(bytes(1_000))),
    beside("that are HTML", "InvalidAreas", given(HTML)),
    beside("that are a picture", "InvalidAreas", photo),
)

UPLOADS = PICTURES + NAMES + METADATA + DOCUMENTS
