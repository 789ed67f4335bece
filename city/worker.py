"""The one background process: loops (index sync) in threads of their own, timed jobs by huey.

Owns: the queue, its JSON serializer, start and orderly end. A job that fails says so and is tried at its next time; it
never ends the worker.
"""

from __future__ import annotations

import json
import signal
import threading
from typing import Any
from urllib.parse import urlsplit

import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer

from city.config import Settings
from city.jobs import Job, gather_jobs
from city.logs import configure_logs

log = structlog.get_logger(__name__)

TIMED_WORKERS = 1


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Tasks as JSON: whoever can write the queue's table must not be able to run code (huey's default is pickle)."""

    def _serialize(self, data: Any) -> bytes:
        message = data._asdict() if isinstance(data, Message) else None
        return json.dumps({"message": message} if message is not None else {"value": data}, default=str).encode()

    def _deserialize(self, data: bytes) -> Any:
        unpacked = json.loads(data)
        if "message" not in unpacked:
            return unpacked["value"]
        message = Message(**unpacked["message"])
        return message._replace(args=tuple(message.args or ()))


class Worker:
    """Runs jobs until it is told to stop."""

    def __init__(self, settings: Settings, jobs: list[Job]) -> None:
        self._loops = [job for job in jobs if job.pause_seconds is not None]
        self._timed = [job for job in jobs if job.pause_seconds is None]
        self._stop = threading.Event()
        self._queue = open_queue(settings)

    def run_until_stopped(self) -> None:
        """Work until INT or TERM; a loop in the middle of a batch finishes it."""
        for job in self._timed:
            self._queue.periodic_task(crontab(minute=job.minute, hour=job.hour), name=job.name)(
                lambda job=job: run(job)
            )
        consumer = self._queue.create_consumer(workers=TIMED_WORKERS)
        consumer.start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        threads = [threading.Thread(target=self._loop, args=(job,), name=job.name) for job in self._loops]
        for thread in threads:
            thread.start()
        self._stop.wait()
        consumer.stop()
        for thread in threads:
            thread.join(timeout=10)

    def _loop(self, job: Job) -> None:
        while not self._stop.is_set():
            run(job)
            self._stop.wait(job.pause_seconds)


def run(job: Job) -> None:
    """Run a job once; a fault is logged, never raised."""
    try:
        said = job.run()
    except Exception as fault:  # a worker outlives whatever a job does
        log.error("job_failed", job=job.name, error=str(fault), kind=type(fault).__name__)
        return
    if said:
        log.info("job_done", job=job.name, said=said)


def open_queue(settings: Settings) -> Huey:
    """Open the queue: in PostgreSQL when the catalogue is there, else in a file of the data folder."""
    if urlsplit(settings.database_url).scheme.startswith("postgresql"):
        dsn = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        return PostgresHuey("learncity", dsn=dsn, serializer=JsonSerializer())
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("learncity", filename=str(settings.data_dir / "jobs.db"), serializer=JsonSerializer())


def work(settings: Settings) -> None:
    """Gather the jobs of all packages and run them until stopped."""
    configure_logs()
    jobs = gather_jobs(settings)
    log.info("worker_started", jobs=[job.name for job in jobs])
    Worker(settings, jobs).run_until_stopped()
    log.info("worker_stopped")
