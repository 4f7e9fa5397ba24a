"""What pytest must know before it collects."""

from __future__ import annotations

import pillow_heif
import pytest

from tests import lacking

browser = lacking.browser

pillow_heif.register_heif_opener()  # tests write HEIC, which the box's own reader cannot

pytest.register_assert_rewrite(
    "tests.scenarios.matrix", "tests.scenarios.counter"
)  # so that a failed `served` says what was not
