"""What may go wrong with VIAPI on demand, beside what may with every vendor."""

ERRORS = {
    "throttle": "Throttling.User",
    "blocked": "InvalidApi.NotPurchase",
    "error": "InternalError.Algo",
    "unavailable": "ServiceUnavailable",
}
"""Faults that are an error code, by the word for it."""

OTHERS = {
    "refuse-encoded": "a link whose path has %-escapes is an InvalidImage.URL",
    "slow-job": "the job stays PROCESSING",
    "failed-job": "the job ends as PROCESS_FAILED, with `code`",
    "double": "the job's Result is JSON in a JSON string",
    "amp": "links in the answer have &amp; for &",
    "bad-result": "the job's Result is not JSON",
}
"""Every other fault, and what it does."""
