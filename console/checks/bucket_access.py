"""Who can read and write a bucket's objects: Block Public Access, and encryption."""

from __future__ import annotations

from collections.abc import Iterator

from console.account import Account, speaking
from console.buckets.encryption import uses_kms
from console.buckets.plan import blocks_public_access, needs_public_copies
from console.finding import Finding
from shared.messages.message import Message, Sentence


def public_access(account: Account) -> Iterator[Finding]:
    """PicWish reads copies that are public."""
    if not needs_public_copies(account):
        return
    if blocks_public_access(account):
        name = account.settings.bucket
        where = Sentence("the bucket {bucket}", " Bucket {bucket} ")(bucket=name)
        page = f"https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{name}"
        yield _blocked("PublicAccessBlocked", where, page)
    with speaking("OSS", "GetPublicAccessBlock"):
        for_all = account.buckets.get_public_access_block().block_public_access
    if for_all:
        where = Message("all buckets of the account", "账号下的所有 Bucket ")
        yield _blocked("PublicAccessBlockedForAll", where, "https://oss.console.aliyun.com")


def _blocked(code: str, where: Message, page: str) -> Finding:
    what = Sentence(
        "PicWish is set up, and Block Public Access is on for {where}", "已配置 PicWish，但{where}开启了阻止公共访问"
    )
    mend = Sentence(
        "switch it off, if copies may be public for the time of a call (docs/bucket.md): {page}",
        "如果允许副本在调用期间公开（参见 docs/zh-CN/bucket.md），请关闭阻止公共访问：{page}",
    )
    return Finding(
        code,
        "error",
        what(where=where),
        Message(
            "no photo under uploads/picwish/ is served: PicWish reads public copies, which OSS refuses to make",
            "uploads/picwish/ 下的照片都不会被处理：PicWish 读取公共读副本，而 OSS 拒绝创建",
        ),
        mend(page=page),
    )


def encryption(account: Account) -> Iterator[Finding]:
    """OSS serves nobody who has not signed what KMS has to decrypt. What rights a key of the user's own takes, is a
    matter of the roles."""
    bucket = account.bucket()
    if needs_public_copies(account) and uses_kms(bucket):
        yield _unreadable_copies(bucket.bucket_name)


def _unreadable_copies(bucket: str) -> Finding:
    what = Sentence(
        "PicWish is set up, and the bucket {bucket} is encrypted with KMS",
        "已配置 PicWish，但 Bucket {bucket} 使用 KMS 加密",
    )
    return Finding(
        "PublicCopiesEncrypted",
        "error",
        what(bucket=bucket),
        Message(
            "no photo under uploads/picwish/ is served: of a bucket encrypted so OSS shows nothing to those who do not "
            "sign, and PicWish does not",
            "uploads/picwish/ 下的照片都不会被处理：使用 KMS 加密的 Bucket 不支持匿名访问，而 PicWish 是匿名读取副本的",
        ),
        Message(
            "encrypt with keys of OSS's own (AES256), or do without PicWish",
            "改用 OSS 完全托管的密钥（AES256），或不使用 PicWish",
        ),
    )
