"""A small OAI-PMH repository on the loopback, for tests: paged, with deletions, forgetful when told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>{date}</responseDate><request>x</request>{answer}</OAI-PMH>"
)


def a_record(id: str, stamp: str = "2026-01-01T00:00:00Z", *, dc: str = "<dc:title>Tea</dc:title>") -> str:
    return (
        f"<record><header><identifier>{id}</identifier><datestamp>{stamp}</datestamp></header><metadata>"
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/">{dc}</oai_dc:dc></metadata></record>'
    )


def a_deleted(id: str, stamp: str = "2026-01-01T00:00:00Z") -> str:
    told = f"<identifier>{id}</identifier><datestamp>{stamp}</datestamp>"
    return f'<record><header status="deleted">{told}</header></record>'


def a_page(*records: str, token: str = "", date: str = "2026-11-25T01:00:00Z") -> str:
    told = f"<resumptionToken>{token}</resumptionToken>"
    return ENVELOPE.format(date=date, answer=f"<ListRecords>{''.join(records)}{told}</ListRecords>")


def an_error(code: str, date: str = "2026-11-25T01:00:00Z") -> str:
    return ENVELOPE.format(date=date, answer=f'<error code="{code}">Sorry.</error>')


@dataclass
class Repository:
    """Stamp and record, page size, and what was asked."""

    records: list[tuple[str, str]]
    page: int = 3
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    now: str = "2026-11-25T01:00:00Z"
    forgets: int = 0
    loops: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def answer(self, query: dict[str, str]) -> str:
        """Return the answer to one question, as the protocol has it."""
        self.asked.append(query)
        if query.get("verb") == "Identify":
            told = f"<Identify><granularity>{self.granularity}</granularity></Identify>"
            return ENVELOPE.format(date=self.now, answer=told)
        if "resumptionToken" in query and self.forgets:
            self.forgets -= 1
            return an_error("badResumptionToken", self.now)
        since, at = self._place(query)
        found = [record for stamp, record in self.records if stamp[: len(since)] >= since]
        if not found:
            return an_error("noRecordsMatch", self.now)
        at = 0 if self.loops else at
        more = f"{since}&amp;{at + self.page}" if at + self.page < len(found) else ""
        return a_page(*found[at : at + self.page], token=more, date=self.now)

    def _place(self, query: dict[str, str]) -> tuple[str, int]:
        if "resumptionToken" not in query:
            return query.get("from", ""), 0
        since, _, at = query["resumptionToken"].partition("&")
        return since, int(at)


@contextmanager
def running(repository: Repository) -> Iterator[Repository]:
    """Serve the repository on 127.0.0.1 as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
            content = repository.answer(query).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    repository.address = f"http://127.0.0.1:{server.server_port}/oai"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
