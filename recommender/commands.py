"""The verbs `learncity train` and `learncity evaluate`.

Owns: their options, progress on stderr, the table on stdout, exit codes. Refuses: what folder.py refuses, with exit 2.
Called by: city.cli through the entry-point group `learncity.commands`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn, TextIO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from threadpoolctl import threadpool_limits

from city.cli import open_database
from city.config import load_settings
from recommender.artefact import ArtefactStore
from recommender.baselines import BASELINES
from recommender.city_log import last_slice, read_city
from recommender.evaluate import Evaluation, Report
from recommender.folder import Folder, FolderError, read_folder
from recommender.laying import require_sound
from recommender.lens import CityLens
from recommender.pipeline import CITY
from recommender.pipeline import Progress as Reporter
from recommender.training import RIVAL, Outcome, Trainer

COLUMNS = ("n_citizens", "ndcg@20", "recall@20", "recall@100", "coverage@20")


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--log", "own_log", is_flag=True, help="Measure on the last 14 days of the city's own log instead.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here.")
@click.option("--dump", type=click.Path(path_type=Path, dir_okay=False), help="Write the first 100 of every list here.")
@click.option("--baselines", is_flag=True, help="Also fit and measure the usual peers (takes minutes).")
def evaluate(folder: Path | None, own_log: bool, json_file: Path | None, dump: Path | None, baselines: bool) -> None:
    """Measure the recommender on a benchmark FOLDER (train.tsv, test.tsv, offerings.jsonl).

    Needs no database and no settings, except with --log. Exit codes: 0 measured, whatever the figures; 2 the folder
    or the log cannot be used.

    \b
    Examples:
      learncity evaluate bench/meetup_chicago
      learncity evaluate bench/mooccubex_joint --json report.json --dump lists.tsv --baselines
      learncity evaluate --log
    """
    if own_log == (folder is not None):
        _refuse("give a benchmark FOLDER, or --log for the city's own log, not both.")
    with (
        _opened(json_file) as file,
        _opened(dump) as lists,
        progress_on_stderr() as report,
        threadpool_limits(1, "blas"),
    ):
        evaluation = _city_evaluation() if own_log else Evaluation(_folder(cast(Path, folder)))
        evaluation.progress, evaluation.dump = report, lists
        found = evaluation.run(BASELINES if baselines else [RIVAL] if own_log else [], lightfm=baselines)
        if file is not None:
            file.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    show(found)


def _refuse(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    raise SystemExit(2)


def _folder(path: Path) -> Folder:
    try:
        return read_folder(path)
    except FolderError as fault:
        _refuse(str(fault))


def _city_evaluation() -> Evaluation:
    """The last 14 days of the city's own log."""
    city = read_city(open_database(), load_settings().catalogue_clock.now())
    folder = last_slice(city) if len(city.log) else None
    if folder is None or not len(folder.train) or not len(folder.test):
        _refuse("the city's log holds nothing to measure: it needs interactions before and within its last 14 days.")
    return Evaluation(folder, recipe=CITY, lens_of=lambda: CityLens(city, folder))


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO | None]:
    """The file to write lists to; a path that cannot be written is told with exit 2 before any work."""
    try:
        file = path.open("w", encoding="utf-8") if path is not None else None
    except OSError as fault:
        click.echo(f"Error: {path} cannot be written: {fault.strerror}.", err=True)
        raise SystemExit(2) from fault
    with file or nullcontext():
        yield file


@contextmanager
def working() -> Iterator[Reporter]:
    """Progress on stderr, and one thread for linear algebra: a city's other programs share the machine."""
    with progress_on_stderr() as report, threadpool_limits(1, "blas"):
        yield report


@contextmanager
def progress_on_stderr() -> Iterator[Reporter]:
    """A bar for each step on a terminal's stderr; a line a step where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("reading", total=1.0)
        yield lambda step, share: bars.update(task, description=step, completed=share)


class _Lines:
    """Says each new step once."""

    def __init__(self, console: Console) -> None:
        self._console, self._said = console, ""

    def __call__(self, step: str, share: float) -> None:
        """Tell the step when it changes."""
        if step != self._said:
            self._console.print(f"… {step}", highlight=False)
            self._said = step


def show(report: Report) -> None:
    """The report as a table on stdout, a line a model and view, with what each model cost."""
    console = Console(width=None if Console().is_terminal else 120)
    models = cast(Mapping[str, Mapping[str, Mapping[str, object]]], report["models"])
    table = Table(title=f"{report['folder']} · learncity {report['code_version']}", title_justify="left")
    table.add_column("model")
    table.add_column("view")
    for name in ("citizens", "NDCG@20", "95 %", "Recall@20", "Recall@100", "coverage@20"):
        table.add_column(name, justify="right")
    for model, found in models.items():
        for view, figures in found["views"].items():
            table.add_row(model, view, *_cells(cast(Mapping[str, float | None], figures)))
        table.add_section()
    console.print(table)
    for model, found in models.items():
        console.print(_costs(model, found), highlight=False)
    for note in cast(list[str], report["notes"]):
        console.print(note, highlight=False, markup=False)


def _cells(figures: Mapping[str, float | None]) -> list[str]:
    if not figures["n_citizens"]:
        return ["0", *["-"] * 5]
    low, high = figures["ndcg@20_low"], figures["ndcg@20_high"]
    rest = [f"{figures[name]:.3f}" for name in COLUMNS[2:]]
    return [f"{figures['n_citizens']:.0f}", f"{figures['ndcg@20']:.3f}", f"{low:.3f}-{high:.3f}", *rest]


def _costs(model: str, found: Mapping[str, Mapping[str, object]]) -> str:
    choice, training = found["choice"]["cpu_s"], found["training"]
    said = f"{model}: choice {choice:.1f} CPU-s, training {training['cpu_s']:.1f} CPU-s, "
    said += f"peak {training['peak_mib']:.0f} MiB"
    if timing := found.get("one_recommendation_ms"):
        said += f", one recommendation p50 {timing['p50']:.2f} ms, p99 {timing['p99']:.2f} ms CPU"
    return said


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for machines.")
@click.option("--roll-back", is_flag=True, help="Use the model before the present one again; train nothing.")
def train(as_json: bool, roll_back: bool) -> None:
    """Learn from the city's log, judge on its last 14 days, and publish the model with its card.

    Exit codes: 0 a model was published; 1 it does not beat popularity (the former one stays in use); 2 wrong settings,
    or there is nothing to learn from.

    \b
    Examples:
      learncity train
      learncity train --json
      learncity train --roll-back
    """
    settings = load_settings()
    store, now = ArtefactStore(settings.data_dir), settings.catalogue_clock.now()
    if roll_back:
        _tell(Outcome(version := store.roll_back(require_sound).version, f"Model {version} is in use again."), as_json)
        return
    with working() as report:
        report("reading the log", 0.0)
        city = read_city(open_database(), now)
        if not len(city.catalogue):
            _refuse("there are no offerings to learn: type learncity sample, or learncity import.")
        outcome = Trainer(store, now, report).train(city)
    _tell(outcome, as_json)
    raise SystemExit(0 if outcome.is_published else 1)


def _tell(outcome: Outcome, as_json: bool) -> None:
    click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=2) if as_json else outcome.sentence)
