"""A benchmark folder is read whole or refused with the file, the line and what would be right."""

import json
import math
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from recommender.commands import evaluate
from recommender.folder import FolderError, read_folder

OFFERINGS = [{"id": n, "text": "", "attributes": {"topic": ["ink" if n % 2 else "tea"]}} for n in range(6)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [json.dumps({**each, "starts_at": 1_700_000_000 + 3600 * each["id"]}) for each in OFFERINGS]
    (tmp_path / "offerings.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "train.tsv").write_text("a\t1\t100\na\t3\t200\nb\t1\t100\nb\t3\t150\nc\t0\t90\n")
    (tmp_path / "test.tsv").write_text("a\t5\t300\nb\t5\t\nb\t1\t400\nd\t2\t500\na\t5\t301\n")
    return tmp_path


def refused(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    with pytest.raises(FolderError) as fault:
        read_folder(folder)
    return str(fault.value)


def test_pairs_count_once_and_what_stands_in_train_leaves_the_test(folder: Path) -> None:
    read = read_folder(folder)
    ids = read.catalogue.offerings.ids
    pairs = {
        (read.test.citizens.ids[c], ids[o])
        for c, o in zip(read.test.citizen_rows, read.test.offering_rows, strict=True)
    }
    assert pairs == {("a", "5"), ("b", "5"), ("d", "2")} and len(read.test) == 3


def test_ids_are_text_even_where_a_line_writes_a_number(folder: Path) -> None:
    assert read_folder(folder).catalogue.offerings.ids == ("0", "1", "2", "3", "4", "5")


def test_a_line_of_another_shape_is_refused_with_its_number(folder: Path) -> None:
    said = refused(folder, "train.tsv", "a\t1\t100\na 3 200\n")
    assert "train.tsv, line 2" in said and "tabs" in said


def test_a_moment_that_is_no_number_is_refused(folder: Path) -> None:
    assert "line 1: the moment 'yesterday'" in refused(folder, "test.tsv", "a\t5\tyesterday\n")


def test_an_offering_without_a_line_is_refused_by_id(folder: Path) -> None:
    said = refused(folder, "train.tsv", "a\t1\t1\na\t99\t2\n")
    assert "line 2" in said and "'99'" in said and "offerings.jsonl" in said


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "JSON"),
        ("[1]", '"id"'),
        ('{"text": "x"}', '"id"'),
        ('{"id": true}', '"id"'),
        ('{"id": "x", "attributes": ["a"]}', "attributes"),
        ('{"id": "x", "attributes": {"a": [{}]}}', '"a"'),
        ('{"id": "x", "starts_at": "soon"}', "starts_at"),
        ('{"id": "x", "starts_at": NaN}', "starts_at"),
        ('{"id": "x", "text": 7}', "text"),
    ],
)
def test_a_bad_offering_is_refused_with_its_line(folder: Path, line: str, word: str) -> None:
    said = refused(folder, "offerings.jsonl", '{"id": "first"}\n' + line + "\n")
    assert "line 2" in said and word in said


def test_an_id_that_stands_twice_is_refused(folder: Path) -> None:
    assert "stands twice" in refused(folder, "offerings.jsonl", '{"id": 1}\n{"id": "1"}\n')


def test_bytes_that_are_not_utf8_are_refused(folder: Path) -> None:
    (folder / "train.tsv").write_bytes(b"a\t1\t1\n\xff\xfe\t1\t1\n")
    with pytest.raises(FolderError, match="line 2: not UTF-8"):
        read_folder(folder)


def test_an_empty_log_is_refused(folder: Path) -> None:
    assert "no line holds an interaction" in refused(folder, "train.tsv", "\n")


def test_a_missing_file_ends_the_command_with_2_and_says_which(folder: Path) -> None:
    (folder / "test.tsv").unlink()
    result = CliRunner().invoke(evaluate, [str(folder)])
    assert result.exit_code == 2
    assert "test.tsv is missing" in result.stderr


def test_a_folder_that_is_not_there_ends_the_command_with_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(evaluate, [str(tmp_path / "nowhere")])
    assert result.exit_code == 2 and "not a folder" in result.stderr


def test_even_a_tiny_folder_is_measured_and_reported(folder: Path, tmp_path: Path) -> None:
    report_file, dump = tmp_path / "report.json", tmp_path / "lists.tsv"
    result = CliRunner().invoke(evaluate, [str(folder), "--json", str(report_file), "--dump", str(dump)])
    assert result.exit_code == 0, result.output
    report = json.loads(report_file.read_text())
    views = report["models"]["learncity"]["views"]
    assert report["folder"] == folder.name
    assert views["all"]["n_citizens"] == 2 and views["new"]["n_citizens"] == 1 and views["warm"]["n_citizens"] == 0
    assert {"cpu_s", "peak_mib"} <= report["models"]["learncity"]["training"].keys()
    listed = [line.split("\t") for line in dump.read_text().splitlines()]
    of_a = [row[3] for row in listed if row[:2] == ["all", "a"]]
    assert sorted(of_a) == ["0", "2", "4", "5"]
    assert {row[0] for row in listed} == {"all", "cold", "new", "one_click", "two_clicks", "five_clicks"}


def test_baselines_are_measured_in_the_same_run_and_what_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    report_file = tmp_path / "report.json"
    result = CliRunner().invoke(evaluate, [str(folder), "--json", str(report_file), "--baselines"])
    assert result.exit_code == 0, result.output
    models = json.loads(report_file.read_text())["models"]
    assert {"learncity", "popularity", "bm25_item_knn", "als", "ease", "content_knn"} <= models.keys()
    assert "lightfm_hybrid" in models or "not installed" in result.stdout


LARGER = 24
INK, TAI_CHI = "书法 笔墨 练习", "太极 晨练 公园"
SUBJECTS = ("梅花", "兰花", "竹子", "荷花", "山水", "骏马")


@pytest.fixture
def larger(tmp_path: Path) -> Path:
    """Sixty citizens of two tastes, 24 offerings of which the last four are new, with texts."""
    rng = random.Random(5)
    lines = [
        {"id": f"o{n}", "text": f"{INK if n % 2 else TAI_CHI} {SUBJECTS[n % 6]}",
         "attributes": {"topic": ["ink" if n % 2 else "tai_chi"], "venue": [f"v{n % 5}"]}, "starts_at": None}
        for n in range(LARGER)
    ]  # fmt: skip
    (tmp_path / "offerings.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    train, test = [], []
    for citizen in range(60):
        own = [n for n in range(LARGER) if n % 2 == citizen % 2]
        train += [f"c{citizen}\to{n}\t" for n in rng.sample(own[:10], 4)] if citizen < 50 else []
        test += [f"c{citizen}\to{n}\t" for n in rng.sample(own, 3)]
    (tmp_path / "train.tsv").write_text("\n".join(train) + "\n")
    (tmp_path / "test.tsv").write_text("\n".join(test) + "\n")
    return tmp_path


def pairs_of(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        citizen, offering, _ = line.split("\t")
        found.setdefault(citizen, []).append(offering)
    return found


def recomputed(folder: Path, dump: Path) -> dict[str, dict[str, float]]:
    """Every figure from the dumped lists and the two logs alone, by the words of the protocol."""
    train, test = pairs_of(folder / "train.tsv"), pairs_of(folder / "test.tsv")
    taken = {offering for held in train.values() for offering in held}
    lists: dict[tuple[str, str], list[str]] = {}
    for line in dump.read_text().splitlines():
        view, citizen, rank, offering, _ = line.split("\t")
        lists.setdefault((view, citizen), []).append(offering)
        assert int(rank) == len(lists[view, citizen])
    figures: dict[str, list[tuple[float, float, float]]] = {}
    for (view, citizen), listed in lists.items():
        answers = set(test[citizen]) - set(train.get(citizen, []))
        answers &= {"warm": taken, "cold": answers - taken}.get(view, answers)
        assert not set(listed) & set(train.get(citizen, [])) and answers
        gains = [1 / math.log2(rank + 2) for rank, each in enumerate(listed[:20]) if each in answers]
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(20, len(answers))))
        hits = [sum(each in answers for each in listed[:n]) / len(answers) for n in (20, 100)]
        figures.setdefault(view, []).append((sum(gains) / ideal, *hits))
    names = ("ndcg@20", "recall@20", "recall@100")
    return {
        view: {"n_citizens": len(rows)}
        | {name: sum(row[at] for row in rows) / len(rows) for at, name in enumerate(names)}
        for view, rows in figures.items()
    }


def test_anyone_can_recompute_every_figure_from_the_dumped_lists(larger: Path, tmp_path: Path) -> None:
    report_file, dump = tmp_path / "report.json", tmp_path / "lists.tsv"
    result = CliRunner().invoke(evaluate, [str(larger), "--json", str(report_file), "--dump", str(dump)])
    assert result.exit_code == 0, result.output
    views = json.loads(report_file.read_text())["models"]["learncity"]["views"]
    found = recomputed(larger, dump)
    assert found.keys() == views.keys() == {"all", "warm", "cold", "new", "one_click", "two_clicks", "five_clicks"}
    for view, figures in found.items():
        for name, value in figures.items():
            assert abs(views[view][name] - value) < 1e-9, (view, name)
        assert views[view]["ndcg@20_low"] <= views[view]["ndcg@20"] <= views[view]["ndcg@20_high"]


def test_words_of_texts_are_a_field_of_their_own(larger: Path) -> None:
    words = read_folder(larger).catalogue.field("text").values
    assert {"梅花", "山水"} <= set(words)
    assert "书法" not in words, "a word half of all offerings hold tells nothing apart"
    assert read_folder(larger).catalogue.features.shape[0] == LARGER


def test_a_cut_profile_holds_the_last_clicks_of_the_file_where_no_moment_is_known(larger: Path) -> None:
    train = read_folder(larger).train
    [first] = [o for c, o in zip(train.last(1).citizen_rows, train.last(1).offering_rows, strict=True) if c == 0]
    assert train.offerings.ids[first] == pairs_of(larger / "train.tsv")["c0"][-1]
