"""A sentence in English and Chinese, and the message that it becomes with the facts of one case.

Plain classes: what makes a named tuple or a data class of them takes a part of every cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

_QUOTED = 200


class Message:
    """What a person reads, in English and in Chinese."""

    __slots__ = ("en", "zh")

    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh

    @staticmethod
    def of(text: Text) -> Message:
        """A string is quoted: the words of a vendor or of OSS, the same in both languages."""
        return text if isinstance(text, Message) else Message(text, text)

    def map(self, change: Callable[[str], str]) -> Message:
        return Message(change(self.en), change(self.zh))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.en, self.zh) == (other.en, other.zh)

    def __hash__(self) -> int:
        return hash((self.en, self.zh))

    def __repr__(self) -> str:
        return f"Message({self.en!r}, {self.zh!r})"


def shortened(text: str) -> str:
    """`text` cut to 200 characters, to be quoted in a message."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


Text = Message | str
Fact = Text | int | float


class Sentence:
    """One entry of the catalogue: templates of `str.format` with the same placeholders in both languages."""

    __slots__ = ("en", "zh")

    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh

    def __call__(self, **facts: Fact) -> Message:
        """The message with these facts; one that is a message itself appears in the language around it.

        Raises `KeyError` when one is missing.
        """
        english = {name: fact.en if isinstance(fact, Message) else fact for name, fact in facts.items()}
        chinese = {name: fact.zh if isinstance(fact, Message) else fact for name, fact in facts.items()}
        return Message(self.en.format(**english), self.zh.format(**chinese))

    def join(self, parts: Iterable[Text]) -> Message:
        """`parts` with this between them."""
        messages = [Message.of(part) for part in parts]
        return Message(self.en.join(part.en for part in messages), self.zh.join(part.zh for part in messages))


COMMA = Sentence(", ", "、")
SEMICOLON = Sentence("; ", "；")
AND = Sentence(" and ", "，并")
AND_NAMES = Sentence(" and ", " 和 ")
OR = Sentence(" or ", " 或 ")
