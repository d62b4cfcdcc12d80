"""Setting what the local AWS says, by the paths that it has for that."""

import json
import urllib.request


def put(url: str, path: str, document: object) -> None:
    """Sends a document to such a path."""
    request = urllib.request.Request(f"{url}{path}", json.dumps(document).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=10).close()
