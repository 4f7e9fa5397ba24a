"""Signs what a browser needs to upload photos to OSS by itself: PostObject, with a policy in signature version 4."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from datetime import datetime, timedelta, timezone

BUCKET, REGION = os.environ["OSS_BUCKET"], "cn-shanghai"
PREFIX = "uploads/goods/commodity/web/"
TYPES = ["image/jpeg", "image/png", "image/webp"]
MOST_BYTES = 20_000_000
LIFE = timedelta(minutes=10)


def signed_form(now: datetime) -> dict[str, str]:
    """The fields of an upload: its key still lacks the file's name, and the file is to come last."""
    date = now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = [date[:8], REGION, "oss", "aliyun_v4_request"]
    folder = f"{PREFIX}{secrets.token_hex(16)}/"  # one for each policy: nobody can overwrite another one's photo
    fixed = {
        "success_action_status": "200",
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": "/".join([os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], *scope]),
        "x-oss-date": date,
    }
    if token := os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"):
        fixed["x-oss-security-token"] = token
    policy = {
        "expiration": (now + LIFE).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conditions": [
            {"bucket": BUCKET},
            *({name: value} for name, value in fixed.items()),
            ["starts-with", "$key", folder],
            ["content-length-range", 1, MOST_BYTES],
            ["in", "$content-type", TYPES],
            ["in", "$x-oss-content-type", TYPES],
            ["not-in", "$x-oss-object-acl", ["public-read", "public-read-write"]],
        ],
    }
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    key = f"aliyun_v4{os.environ['ALIBABA_CLOUD_ACCESS_KEY_SECRET']}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, encoded.encode(), hashlib.sha256).hexdigest()
    return {"key": folder, **fixed, "policy": encoded, "x-oss-signature": signature}
