"""Tells a shop what became of its photos: a function that OSS calls for each receipt.

Where no function is wanted, a server does the same with all receipts below a prefix, as often as it likes:
`python consumer.py shop-photos cutouts/goods/commodity/web/`
"""

import json
import os
import sys
import urllib.request

import oss2


def handler(event: bytes, context: object) -> None:
    for each in json.loads(event)["events"]:
        tell(opened(each["oss"]["bucket"]["name"]), each["oss"]["object"]["key"])


def opened(bucket: str) -> oss2.Bucket:
    names = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"
    key = oss2.credentials.StaticCredentialsProvider(*(os.environ.get(name, "") for name in names))
    endpoint = os.environ.get("OSS_ENDPOINT", "https://oss-cn-shanghai-internal.aliyuncs.com")
    return oss2.Bucket(oss2.ProviderAuthV4(key), endpoint, bucket, region="cn-shanghai")


def receipt_at(bucket: oss2.Bucket, key: str) -> dict | None:
    """What the receipt says now, whatever the event was about; None where no receipt lies."""
    if not (key.startswith("cutouts/") and key.endswith(".json")):
        return None
    try:
        found = json.loads(bucket.get_object(key).read())
    except (oss2.exceptions.NoSuchKey, ValueError):
        return None
    source = f"uploads/{key.removeprefix('cutouts/').removesuffix('.json')}"
    is_receipt = isinstance(found, dict) and found.get("version") == 1 and found.get("source") == source
    return found if is_receipt else None


def tell(bucket: oss2.Bucket, key: str) -> None:
    """May be done twice, and in any order: the shop keeps the receipt with the newest `finished_at`."""
    if receipt := receipt_at(bucket, key):
        headers = {"Authorization": f"Bearer {os.environ['SHOP_TOKEN']}", "Content-Type": "application/json"}
        body = json.dumps(receipt).encode()
        request = urllib.request.Request(f"{os.environ['SHOP_URL']}/photo", body, headers, method="PUT")
        urllib.request.urlopen(request, timeout=20).close()  # raises unless it is a 2xx: the event then comes again


if __name__ == "__main__":
    photos = opened(sys.argv[1])
    for entry in oss2.ObjectIteratorV2(photos, prefix=sys.argv[2]):
        tell(photos, entry.key)
