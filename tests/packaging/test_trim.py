"""What stands in for the packages that are not deployed is for one shape of oss2, and says so of any other."""

from __future__ import annotations

import shutil
from pathlib import Path

import oss2
import pytest

from tools.trim import LEFT_OUT, bundled, trim


def test_a_reason_to_leave_out_what_is_not_pinned_any_more_stops_the_build() -> None:
    assert bundled({*LEFT_OUT, "oss2"}) == {"oss2"}
    with pytest.raises(SystemExit, match="jmespath"):
        bundled({*LEFT_OUT, "oss2"} - {"jmespath"})


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("utils.py", "from Cryptodome.Cipher import AES\n", "utils.py does not import pycryptodome as it did"),
        ("crypto_bucket.py", None, "no crypto_bucket.py"),
        ("auth.py", "def sign():\n    from Crypto.Hash import SHA256\n", "auth.py says `from Crypto.Hash"),
    ],
)
def test_an_oss2_of_another_shape_stops_the_build(tmp_path: Path, file: str, text: str | None, reason: str) -> None:
    folder = tmp_path / "oss2"
    shutil.copytree(Path(oss2.__file__).parent, folder)
    trim(tmp_path)  # as it is
    shutil.rmtree(folder)
    shutil.copytree(Path(oss2.__file__).parent, folder)
    (folder / file).unlink() if text is None else (folder / file).write_text(text)
    with pytest.raises(SystemExit, match=reason):
        trim(tmp_path)
