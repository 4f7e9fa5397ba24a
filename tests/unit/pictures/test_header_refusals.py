"""What is no picture is refused by the name of what it is, with what to do."""

from __future__ import annotations

import pytest

from shared.errors import Rejected
from tests.unit.pictures.headers import header

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("content", "look"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xef\xbb\xbf\n%PDF-1.4", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
        (SVG, "an SVG drawing"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made\nby hand -->\n<!DOCTYPE svg>\n' + SVG, "an SVG drawing"),
        (b"\r\n<!DOCTYPE html><svg/>", "a web page"),
        (b"<HTML><body>404</body>", "a web page"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"gimp xcf v011", "a GIMP document"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a film, or sound"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a film, or sound"),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", "a film, or sound"),
        (b"\x1a\x45\xdf\xa3", "a film"),
        (b"RIFF\0\0\0\0AVI LIST", "a film"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound"),
        (b"ID3\4", "sound"),
        (b"PK\3\4", "a ZIP archive, or an Office document"),
        (b"Rar!\x1a\7", "an archive"),
        (b"\x1f\x8b\x08", "an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
        (b"\0\0\1\0\1\0", "an icon"),
        (b"MZ\x90", "a program"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"\xff\x0a\xfa", "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (b"II\xbc\1", "a JPEG XR picture"),
        (b"II+\0\x08\0\0\0", "a BigTIFF"),
        (b"MM\0+\0\x08\0\0", "a BigTIFF"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_by_its_name(content: bytes, look: str) -> None:
    for whole in (content, content + bytes(100_000)):
        with pytest.raises(Rejected) as refused:
            header(whole)
        assert refused.value.code == "NotAnImage"
        assert refused.value.message.startswith(f"this is {look}")
        assert refused.value.message.endswith("save it as JPEG or PNG, and upload that")


@pytest.mark.parametrize("content", [b"", b"hello", b"BM and then a text", b"<", b" <a>", b"\xff", b"PK", b"GIF88a"])
def test_what_looks_like_nothing_is_refused_without_a_name(content: bytes) -> None:
    with pytest.raises(Rejected, match=r"^NotAnImage: this is no JPEG, .*, whatever its name: save it as JPEG or PNG"):
        header(content)
