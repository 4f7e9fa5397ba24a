"""What `make build` says of the packages' weight is one calm table."""

from __future__ import annotations

from pathlib import Path

from tools.weights import table


def test_what_is_small_is_one_line_of_the_weights(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    for file, size in {
        "shared.py": 10_000,
        "__pycache__/six.cpython-310.pyc": 20_000,
        "six.py": 300_000,
        "crc.py": 9_000,
    }.items():
        (tmp_path / file).write_bytes(bytes(size))
    assert list(table(tmp_path)) == [
        "MB                   on disk  zipped",
        "six                      0.3     0.0",
        "2 smaller                0.0     0.0",
    ]
