"""The usual function: oss2 signs a link, Alibaba's SDK calls with it, what it answers with is stored.

It keeps no state and no pace. An error, a throttled call too, is raised, and Function Compute tries again. Kinder to
itself than many: it does not download the photo to hand it on (the SDK's `…_advance` would), it keeps its clients and
connections as long as its key is the same, and it streams the result.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

import oss2
import requests
from alibabacloud_imageseg20191230.client import Client
from alibabacloud_imageseg20191230.models import SegmentCommonImageRequest
from alibabacloud_tea_openapi.models import Config

web = requests.Session()


def handler(event: bytes, context: Any) -> None:
    for key in keys(event):
        cut_out(key, context)


def keys(event: bytes) -> list[str]:
    return [record["oss"]["object"]["key"] for record in json.loads(event)["events"]]


def cut_out(key: str, context: Any) -> None:
    bucket, public, client = clients(
        context.credentials.access_key_id,
        context.credentials.access_key_secret,
        context.credentials.security_token,
        context.region,
    )
    link = public.sign_url("GET", key, 1800, slash_safe=True)
    answer = client.segment_common_image(SegmentCommonImageRequest(image_url=link))
    with web.get(answer.body.data.image_url, stream=True, timeout=60) as result:
        result.raise_for_status()
        bucket.put_object(key.replace("uploads/", "cutouts/", 1) + ".png", result)


@lru_cache(maxsize=1)
def clients(
    access_key_id: str, access_key_secret: str, security_token: str, region: str
) -> tuple[oss2.Bucket, oss2.Bucket, Client]:
    """The bucket from inside, the bucket as it is seen from outside, and the vendor."""
    given = oss2.credentials.StaticCredentialsProvider(access_key_id, access_key_secret, security_token)
    auth, name = oss2.ProviderAuthV4(given), os.environ["OSS_BUCKET"]
    protocol, _, endpoint = os.environ["VIAPI_ENDPOINT"].partition("://")
    return (
        oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], name, region=region),
        oss2.Bucket(auth, os.environ["OSS_PUBLIC_ENDPOINT"], name, region=region),
        Client(
            Config(
                access_key_id=access_key_id,
                access_key_secret=access_key_secret,
                security_token=security_token,
                region_id=region,
                protocol=protocol,
                endpoint=endpoint,
                # The SDK's own 10 s, or as many more as time goes slower.
                read_timeout=int(os.environ.get("READ_TIMEOUT_MS", "10000")),
            )
        ),
    )
