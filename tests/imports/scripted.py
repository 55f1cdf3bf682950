"""A server over stdio that answers from a file, and does what servers should not do.

    python scripted.py ANSWERS.json [FAULT]

The file has the result for each method, or a list of pages. It needs no package: what a client
makes of it is the client's alone.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any


def main(path: str, fault: str = "") -> None:
    results: dict[str, Any] = json.loads(Path(path).read_bytes())
    if fault == "garbage":
        print("Listening on stdio!", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        method = message["method"]
        if fault == method:
            print("The key\x1b[2J is not set.", file=sys.stderr)
            sys.exit(3)
        if fault in ("silent", f"mute {method}"):
            time.sleep(60)
        if "id" in message:
            answer = answer_to(method, message.get("params") or {}, results)
            if fault == f"deep {method}":
                answer["result"]["_meta"] = nested(300)
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"]} | answer), flush=True)


def answer_to(method: str, params: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
    if method not in results:
        return {"error": {"code": -32601, "message": "Method not found"}}
    found = results[method]
    if isinstance(found, list):
        found = found[int(params.get("cursor", "0"))]
    return {"result": found}


def nested(levels: int) -> Any:
    """Return lists that deep: more than JSON may be for most who read it."""
    return [nested(levels - 1)] if levels else 0


if __name__ == "__main__":
    main(*sys.argv[1:])
