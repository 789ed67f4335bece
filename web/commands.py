"""`learncity serve`: the site on waitress, one process, until INT or TERM.

Owns: what may be bound (loopback only in demo mode), the sentence for a port in use, an orderly end. Production may run
several processes instead: `gunicorn 'web.wiring:site()'`.
"""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
import sys
from types import FrameType
from typing import Any

import click
from waitress.server import create_server

from city.config import Settings, load_settings
from city.errors import ConfigurationError
from city.logs import configure_logs
from web.parts import EXTENSION, Parts
from web.security import LONGEST_BODY_BYTES
from web.wiring import build_site

THREADS = 8
LONGEST_HEADERS_BYTES = 65_536


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve the site until INT or TERM. Without LEARNCITY_SECRET (demo mode) only this machine can reach it.

    \b
    Examples:
      learncity serve
      LEARNCITY_SECRET=… LEARNCITY_HOSTS=learn.city.example learncity serve --host 0.0.0.0 --port 8080
    """
    settings = load_settings()
    refuse_open_demo(settings, host)
    configure_logs()
    listener = listen(host, port)
    site = build_site(settings)
    parts: Parts = site.extensions[EXTENSION]
    server = create_server(site, sockets=[listener], **server_options(settings))
    end_on_signals()
    click.echo(f"The site is at http://{_shown(host)}:{port}/", err=True)
    try:
        server.run()
    finally:
        server.close()
        parts.buffer.close()
        parts.demand.close()


def refuse_open_demo(settings: Settings, host: str) -> None:
    """Raise ConfigurationError when demo mode would be reachable from elsewhere: anybody could be anybody there."""
    if settings.demo and not _is_loopback(host):
        raise ConfigurationError(
            f"In demo mode anybody may act as any sample citizen, so {host} is not bound: use --host 127.0.0.1, "
            "or set LEARNCITY_SECRET (32 random characters or more)."
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; raises ConfigurationError with a sentence when that is not possible."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as fault:
        raise ConfigurationError(_why_not(host, port, fault)) from fault
    return listener


def server_options(settings: Settings) -> dict[str, Any]:
    """Return waitress's options; forwarded headers are let through only when proxies are trusted to set them."""
    return {
        "threads": THREADS,
        "max_request_body_size": LONGEST_BODY_BYTES * 2,
        "max_request_header_size": LONGEST_HEADERS_BYTES,
        "clear_untrusted_proxy_headers": settings.proxy_hops == 0,
        "ident": None,
    }


def end_on_signals() -> None:
    """End the server's loop on INT and TERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _why_not(host: str, port: int, fault: OSError) -> str:
    if isinstance(fault, socket.gaierror):
        return f"{host} is no address of this machine: use --host 127.0.0.1."
    if fault.errno == errno.EADDRINUSE:
        return f"Port {port} is in use: end what listens there, or choose another with --port (PORT=8080 make run)."
    return f"{host}:{port} cannot be bound ({fault.strerror}): choose another --host or --port."


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
