"""A check for schemathesis: each response has an error code that the document lists for its call and status."""

import json
import os
from pathlib import Path

import schemathesis

DOCUMENT = json.loads(Path(os.environ["OPENAPI_DOCUMENT"]).read_text())


@schemathesis.check
def documented_error_code(ctx, response, case):  # type: ignore[no-untyped-def]
    if response.status_code < 400 or "json" not in (response.headers.get("content-type") or [""])[0]:
        return
    operation = DOCUMENT["paths"].get(case.operation.path, {}).get(case.operation.method.lower(), {})
    documented = operation.get("responses", {}).get(str(response.status_code), {})
    if "$ref" in documented:
        documented = DOCUMENT["components"]["responses"][documented["$ref"].rsplit("/", 1)[-1]]
    codes = [error["code"] for error in response.json()["errors"]]
    # A request with another method than the documented ones is answered by no call.
    if case.method.lower() == case.operation.method.lower():
        assert set(codes) <= set(documented.get("x-error-codes", [])), f"{codes} is not documented"
