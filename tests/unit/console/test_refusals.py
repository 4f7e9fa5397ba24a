"""What services answer when they refuse to be looked at, as documents and users quote it, and what is made of it."""

from __future__ import annotations

import pytest

from console.account import ApiError
from console.refusals import explain

NO_RIGHT = "the caller is not authorized to perform 'fc:ListFunctions' on resource 'acs:fc:cn-shanghai:1:functions/*'."
SIGNED = "Specified signature is not matched. Server string to sign is: POST&%2F&SecurityToken%3DCAIS-EXAMPLE-token"


@pytest.mark.parametrize(
    ("error", "code", "severity", "says", "mends"),
    [
        (ApiError("credentials", "GetCredential", 0, "CredentialException", "none"), "NoKey", "error", "no", "init"),
        (ApiError("RAM", "GetRole", 0, "ConnectTimeout", "timed out"), "NotReached", "error", "RAM", "network"),
        (ApiError("OSS", "GetBucketInfo", 0, "RequestError", "refused"), "NotReached", "error", "refused", "network"),
        (ApiError("FC", "GetFunction", 503, "Unavailable", "later"), "NotReached", "error", "Unavailable", "again"),
        (
            ApiError("FC", "ListFunctions", 403, "AccessDenied", "FC service is not enabled for current user."),
            "NotActivated",
            "error",
            "FC",
            "https://fcnext.console.aliyun.com",
        ),
        (
            ApiError("RAM", "GetRole", 404, "Inactive", "Account is inactive to this service"),
            "NotActivated",
            "error",
            "RAM",
            "https://ram.console.aliyun.com",
        ),
        (
            ApiError("OSS", "GetBucketInfo", 403, "InDebt", "Current user is indebted"),
            "PaymentOverdue",
            "error",
            "OSS",
            "",
        ),
        (ApiError("OSS", "GetBucketInfo", 403, "UserDisable", "UserDisable"), "PaymentOverdue", "error", "OSS", "pay"),
        (
            ApiError("FC", "GetFunction", 403, "AccessDenied", "Current user is in debt."),
            "PaymentOverdue",
            "error",
            "FC",
            "",
        ),
        (
            ApiError("STS", "GetCallerIdentity", 404, "InvalidAccessKeyId.NotFound", "x"),
            "KeyRefused",
            "error",
            "STS",
            "",
        ),
        (ApiError("FC", "ListFunctions", 403, "InvalidAccessKeyID", "x"), "KeyRefused", "error", "FC", "check the key"),
        (ApiError("SLS", "GetProject", 401, "SignatureNotMatch", "x"), "KeyRefused", "error", "SLS", "check the key"),
        (ApiError("OSS", "GetObject", 403, "InvalidSecurityToken", "x"), "KeyRefused", "error", "OSS", "an end"),
        (ApiError("OSS", "GetObject", 403, "RequestTimeTooSkewed", "x"), "ClockWrong", "error", "15 minutes", "clock"),
        (ApiError("RAM", "GetRole", 400, "InvalidTimeStamp.Expired", "x"), "ClockWrong", "error", "clock", "clock"),
        (
            ApiError("FC", "ListFunctions", 403, "AccessDenied", NO_RIGHT),
            "MayNotLook",
            "warning",
            "`fc:ListFunctions`",
            "`fc:",
        ),
        (
            ApiError(
                "SLS", "GetProject", 401, "Unauthorized", "denied by sts or ram, action: log:GetProject, resource: x"
            ),
            "MayNotLook",
            "warning",
            "`log:GetProject`",
            "administrator",
        ),
        (ApiError("SLS", "GetIndex", 401, "Unauthorized", "no"), "MayNotLook", "warning", "`log:GetIndex`", ""),
        (ApiError("OSS", "GetBucketAcl", 403, "AccessDenied", "no"), "MayNotLook", "warning", "`oss:GetBucketAcl`", ""),
        (
            ApiError("VIAPI", "SegmentBody", 403, "NoPermission", "no"),
            "MayNotLook",
            "warning",
            "`AliyunVIAPIFullAccess`",
            "",
        ),
        (ApiError("FC", "GetTrigger", 400, "InvalidArgument", "no", "R-1"), "LookRefused", "error", "R-1", "report"),
    ],
    ids=lambda given: f"{given.product} {given.code}" if isinstance(given, ApiError) else "",
)
def test_a_refusal_is_explained(error: ApiError, code: str, severity: str, says: str, mends: str) -> None:
    finding = explain(error)
    assert (finding.code, finding.severity) == (code, severity)
    assert says in finding.what.en
    assert mends in finding.mend.en
    for message in (finding.what, finding.leads_to, finding.mend):
        assert message.zh != message.en


def test_a_request_id_that_the_answer_has_is_said_once() -> None:
    for message in ("not found", "not found, RequestId: R-1"):
        finding = explain(ApiError("STS", "GetCallerIdentity", 404, "InvalidAccessKeyId.NotFound", message, "R-1"))
        assert finding.what.en.count("R-1") == 1
        assert finding.leads_to.en == "nothing there can be looked at or deployed with it"


def test_what_was_signed_is_not_quoted() -> None:
    finding = explain(ApiError("RAM", "GetRole", 400, "SignatureDoesNotMatch", SIGNED))
    assert finding.what.en.endswith("Specified signature is not matched.")
    assert "CAIS-EXAMPLE-token" not in finding.what.en + finding.what.zh


def test_a_throttled_request_is_to_be_made_again() -> None:
    found = explain(ApiError("RAM", "GetRole", 400, "Throttling.User", "Request was denied due to user flow control."))
    assert found.code == "Throttled"
    assert "run it again" in found.mend.en
