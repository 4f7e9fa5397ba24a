"""The environment variables that Function Compute lets a function have, by its page on them (2026-04)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

MOST_BYTES = 4096
"""Of all together ("The total size of all environment variables cannot exceed 4 KB"); counted here are their names and
values."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = re.compile(r"FC_.*|accessKeyID|accessKeySecret|securityToken|topic")
"""Its own: `FC_*`, and the four that its page named until 2024."""
_Environment = TypeVar("_Environment", bound=Mapping[str, str])


def check_environment(environment: _Environment) -> _Environment:
    """The same. Raises `ValueError`, in the words of Function Compute's API, for one that it does not take."""
    for name in environment:
        if _RESERVED.fullmatch(name):
            raise ValueError(f"InvalidArgument: environment variable name '{name}' is reserved by Function Compute")
        if not _NAME.fullmatch(name):
            raise ValueError(f"InvalidArgument: environment variable name '{name}': a letter, then letters, digits, _")
    size = sum(len(text.encode()) for pair in environment.items() for text in pair)
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes of environment variables: {MOST_BYTES} is the most")
    return environment
