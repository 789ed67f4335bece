"""Run a ballot's draw again: python3 check_draw.py ballot-3-drawn.jsonl. Ends with 0 if equal; see docs/ballots.md."""

import hashlib
import json
import sys
from pathlib import Path


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def plain(record):
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def queue(seed, name, entries):
    lots = {e["entry"]: min(sha(f"{seed}:{name}:{e['entry']}:{n + 1}") for n in range(e["tickets"])) for e in entries}
    return iter(sorted(entries, key=lambda e: (lots[e["entry"]], e["entry"])))


def clash(a, b):
    met = any(x[0] < y[1] and y[0] < x[1] for x in a["meetings"] for y in b["meetings"])
    return met or a["offering"] == b["offering"]


def draw(rule, runs, entries, seed):
    order, turns, free, left = [], rule["turns"], {r: runs[r]["seats"] for r in runs}, {}
    classes = ["", *{name for turn in turns for name in turn}]
    queues = {name: queue(seed, name, [e for e in entries if name in [*e["classes"], ""]]) for name in classes}
    for nth in range(len(entries)):
        offered = (e for name in [*turns[nth % len(turns)], ""] for e in queues[name] if e["entry"] not in left)
        order.append(next(offered))
        left[order[-1]["entry"]] = []
    against, got = {a: {b for b in runs if clash(runs[a], runs[b])} for a in runs}, {e["entry"]: [] for e in entries}
    for e in order * rule["most_runs"]:
        mine = got[e["entry"]]
        left[e["entry"]] = left[e["entry"]] or [free[r] for r in e["wishes"]]
        for run in [r for r in e["wishes"] if free[r] >= e["party"] and not against[r] & set(mine)][:1]:
            mine.append(run)
            free[run] -= e["party"]
    for nth, e in enumerate((e["entry"] for e in order), start=1):
        yield {"kind": "turn", "turn": nth, "entry": e, "got": got[e], "left": left[e]}
    short = [(e["entry"], e["wishes"], set(got[e["entry"]])) for e in order if len(got[e["entry"]]) < rule["most_runs"]]
    for r in sorted(runs):
        yield {"kind": "waiting", "run": r, "entries": [e for e, w, mine in short if r in w and not against[r] & mine]}


rows = Path(sys.argv[1]).read_bytes().decode().removesuffix("\n").split("\n")
records = [{k: v for k, v in json.loads(row).items() if k != "check"} for row in rows]
checked = [plain({**record, "check": sha(plain(record))[:12]}) for record in records]
wrong = [f"line {n}: changed" for n, (row, right) in enumerate(zip(rows, checked, strict=True), 1) if row != right]
head, seed, entries = records[0], records[0]["seed"], [r for r in records if r["kind"] == "entry"]
digest = sha("".join(plain(e) + "\n" for e in sorted(entries, key=lambda e: e["entry"])))
wrong += ["line 1: digest"] if digest != head["entries_sha256"] else []
wrong += ["line 1: seed"] if seed["value"] != sha(f"{seed['secret']}\n{seed['public_value']}\n{digest}") else []
wrong += ["line 1: secret"] if seed["kind"] == "commit" and sha(seed["secret"]) != seed["commitment"] else []
result = list(draw(head["rule"], {r["run"]: r for r in records if r["kind"] == "run"}, entries, seed["value"]))
wrong += ["another result"] if [r for r in records if r["kind"] in ("turn", "waiting")] != result else []
sys.exit("\n".join(wrong) if wrong else print("equal"))
