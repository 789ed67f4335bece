"""What Elasticsearch and its client raise, as a sentence that names the address and what to set or type.

Owns: telling a missing index, a refused key, a certificate nobody vouches for and a silent server apart. Called by
`indexer.engines.elasticsearch_server`; the sentences name settings, by which the doctor chooses its remedy.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from city.errors import SearchUnavailable

REMEDY = "type: learncity index rebuild"
PRIVILEGES = ("read", "write", "manage")
"""What an API key must be allowed on the indices of an alias for keeping them; of the cluster it needs nothing."""
READING_PRIVILEGES = ("read", "view_index_metadata")
"""What is enough for a process that only answers questions."""
LONGEST_REASON = 200


@cache
def library() -> ModuleType:
    """The client, loaded when an address is given: it takes a quarter of a second that the embedded engine saves."""
    import elasticsearch

    return elasticsearch


@contextmanager
def explained(url: str, alias: str) -> Iterator[None]:
    """Turn whatever the client raises into SearchUnavailable; `url` is shown, so it holds no password."""
    client = library()
    try:
        yield
    except (client.ApiError, client.TransportError, ValueError, OSError) as fault:
        raise SearchUnavailable(_sentence(fault, url, alias)) from fault


def require_certificates(path: Path) -> None:
    """Raise SearchUnavailable unless the file holds a certificate that others can be checked by."""
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as unreadable:  # also what OpenSSL finds wrong in it
        raise SearchUnavailable(f"LEARNCITY_SEARCH_CA: {path} is no file of certificates (PEM).") from unreadable


def _sentence(fault: Exception, url: str, alias: str) -> str:
    client = library()
    if isinstance(fault, client.NotFoundError):
        return f"There is no search index {alias} at {url}; {REMEDY}."
    if isinstance(fault, client.AuthenticationException):
        return f"Elasticsearch at {url} does not accept the API key in LEARNCITY_SEARCH_API_KEY."
    if isinstance(fault, client.AuthorizationException):
        return (
            f"Elasticsearch at {url} does not allow this to the API key in LEARNCITY_SEARCH_API_KEY: for {alias}* the "
            f"worker's needs {', '.join(PRIVILEGES)}, the site's {', '.join(READING_PRIVILEGES)}."
        )
    if isinstance(fault, client.ApiError):
        return f"Elasticsearch at {url} refused ({_line(fault)})."
    if isinstance(fault, client.SSLError):
        return _sentence_on_tls(fault, url)
    return f"Elasticsearch at {url} does not answer ({type(fault).__name__})."


def _sentence_on_tls(fault: Any, url: str) -> str:
    told = " ".join(" ".join(str(each) for each in (fault.message, *fault.errors)).split())
    if "CERTIFICATE_VERIFY_FAILED" not in told:
        return f"Elasticsearch at {url} does not speak TLS as expected ({told[:LONGEST_REASON]})."
    reason = told.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "not valid"
    return f"The certificate of Elasticsearch at {url} is not trusted ({reason}): see LEARNCITY_SEARCH_CA."


def _line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:LONGEST_REASON]
