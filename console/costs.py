"""What calls cost, in words."""

from __future__ import annotations

from shared.messages.message import Message, Sentence

_KNOWN = Sentence("{yuan:.2f} yuan", "{yuan:.2f} 元")
_UNKNOWN = Message(
    "a price that is not known (PRICES=goods/commodity=0.003 says it)", "未知（可设置 PRICES=goods/commodity=0.003）"
)


def costs(yuan: float | None) -> Message:
    """Such as `0.12 yuan`. None: nobody has said what a call costs."""
    return _UNKNOWN if yuan is None else _KNOWN(yuan=yuan)
