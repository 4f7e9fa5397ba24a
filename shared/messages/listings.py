"""What is said about listing pictures: which can be asked for, and why one was not made."""

from __future__ import annotations

from shared.messages.message import Sentence

# ---------------------------------------------------------------- InvalidOption
UNKNOWN_PRESET = Sentence(
    "listing is {value}; it takes one or several of {known}, each once and joined by +",
    "listing 的值为 {value}；可填写以下一个或多个值，以 + 连接且不得重复：{known}",
)
