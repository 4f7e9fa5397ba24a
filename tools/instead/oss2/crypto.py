"""oss2 as it is deployed has no client-side encryption, and refuses to be used for it: see `tools/trim.py`."""

from __future__ import annotations

from typing import NoReturn


class _LeftOut(type):
    def __call__(cls, *_: object, **__: object) -> NoReturn:
        raise ImportError(f"{cls.__name__} is not deployed: oss2's client-side encryption was left out of this build")

    def __getattr__(cls, name: str) -> NoReturn:
        cls()


class BaseCryptoProvider(metaclass=_LeftOut):
    pass


class LocalRsaProvider(BaseCryptoProvider):
    pass


class RsaProvider(BaseCryptoProvider):
    pass


class AliKMSProvider(BaseCryptoProvider):
    pass


class EncryptionMaterials(metaclass=_LeftOut):
    pass


class AES(metaclass=_LeftOut):
    """With the two below: what `oss2.utils` had of pycryptodome."""


class Counter(metaclass=_LeftOut):
    pass


class Random(metaclass=_LeftOut):
    pass
