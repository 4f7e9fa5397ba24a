"""What pytest must know before it collects."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.matrix", "tests.counter")  # so that a failed `served` says what was not
