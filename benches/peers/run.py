#!/usr/bin/env python3
"""Runs batchrun and its peers on the same forty cases, in turn, and says how long and how much memory each took.

    python3 run.py [--rounds 5] [--slots 1,2,5] [--sides batchrun,playwright,floor]

Prints a Markdown table and writes results.json. README.md says what is measured and how.
"""

import argparse
import datetime
import functools
import http.server
import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True       # nothing is left in the source tree

import sides  # noqa: E402
import tree  # noqa: E402

BROWSERS = [
    "/usr/lib/chromium/chromium-headless-shell",        # Debian's is a script around this
    "chrome-headless-shell",
    "chromium-headless-shell",
]

# Key in a run, the rounds it is taken from, heading, digits.
COLUMNS = [
    ("wall_s", "time", "wall, s", 1),
    ("cpu_s", "time", "CPU, s", 1),
    ("peak_pss_mib", "memory", "peak PSS, MiB", 0),
    ("own_peak_rss_mib", "memory", "batchrun's own RSS, MiB", 1),
    ("own_cpu_s", "memory", "batchrun's own CPU, s", 2),
]


class Page(http.server.SimpleHTTPRequestHandler):
    """The page under test, on kept connections, without a log."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def serve(port):
    """Serves the page until it is ended; puts its port into `port`."""
    handler = functools.partial(Page, directory=sides.HERE / "page")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    port.put(server.server_address[1])
    server.serve_forever()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds for times, and as many for memory (default: 5)")
    parser.add_argument("--slots", default="1,2,5", help="how many cases at once (default: 1,2,5)")
    parser.add_argument("--sides", default=",".join(sides.NAMES), help=f"which sides (default: {','.join(sides.NAMES)})")
    parser.add_argument("--browser", type=Path, help="the headless shell that all sides use")
    parser.add_argument("--batchrun", type=Path, default=sides.ROOT / "target/release/batchrun", help="its binary")
    parser.add_argument("--output", type=Path, default=sides.HERE / "results.json", help="where the results go")
    given = parser.parse_args()
    given.slots = [int(it) for it in given.slots.split(",")]
    given.sides = given.sides.split(",")
    given.batchrun = given.batchrun.resolve()
    if unknown := set(given.sides) - set(sides.ALL):
        parser.error(f"no such side: {', '.join(sorted(unknown))}")
    if given.browser is None:
        found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if found is None:
            parser.error("no headless shell found: name one with --browser")
        given.browser = Path(found)
    return given


def once(name, setting, spared, sampled):
    """One run of a side: what was measured, or why it does not count."""
    line, folder, environment = sides.command(name, setting)
    sampler = tree.Sampler(spared, "batchrun" if name == "batchrun" else None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    if sampled:
        sampler.start()
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    wall = time.perf_counter() - start
    seen = sampler.stop() if sampled else {}
    passed = sides.passed(name, setting, done.returncode, done.stdout)
    if passed != sides.CASES:
        sys.exit(f"{name}: not all {sides.CASES} cases passed (exit {done.returncode})\n{done.stdout}{done.stderr}")
    if left := tree.reap(spared, patience=1):
        seen["left_behind"] = sorted(map(tree.program, left))
    if not sampled:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seen["cpu_s"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)
    return {"wall_s": round(wall, 3), "passed": passed, **seen}


def measure(given, url, spared):
    """All runs: first each side once to warm the disk's cache, then the rounds, the sides in turn within each."""
    runs = []
    plan = [("warm-up", 0, given.slots[-1])]
    rounds = range(1, given.rounds + 1)
    plan += [(kind, number, slots) for kind in ("time", "memory") for number in rounds for slots in given.slots]
    for kind, number, slots in plan:
        for turn in range(len(given.sides)):
            name = given.sides[(turn + number) % len(given.sides)]
            with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
                setting = sides.Setting(url, given.browser, slots, Path(scratch), given.batchrun)
                run = {"side": name, "slots": slots, "kind": kind, "round": number}
                run |= once(name, setting, spared, sampled=kind == "memory")
            print(" ".join(f"{key}={value}" for key, value in run.items()), file=sys.stderr)
            runs.append(run)
    return runs


def machine():
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
    }


def median(runs, key, **wanted):
    values = [run[key] for run in runs if key in run and all(run[name] == value for name, value in wanted.items())]
    return statistics.median(values) if values else None


def table(given, runs):
    """Prints medians with their ratio to Playwright Test (to the last side where that did not run)."""
    base = "playwright" if "playwright" in given.sides else given.sides[-1]
    columns = [column for column in COLUMNS if any(column[0] in run for run in runs)]
    print("| slots | side | " + " | ".join(title for _, _, title, _ in columns) + " |")
    print("|---:|---|" + "---:|" * len(columns))
    for slots in given.slots:
        for name in given.sides:
            cells = []
            for key, kind, _, digits in columns:
                value = median(runs, key, side=name, slots=slots, kind=kind)
                reference = median(runs, key, side=base, slots=slots, kind=kind)
                ratio = f" ({value / reference:.2f})" if value and reference and name != base else ""
                cells.append("–" if value is None else f"{value:.{digits}f}{ratio}")
            print(f"| {slots} | {name} | " + " | ".join(cells) + " |")
    print(f"\nMedians of {given.rounds}; in brackets the ratio to {base}.")


def main():
    given = arguments()
    for name in list(given.sides):
        if why := sides.missing(name, given.batchrun):
            print(f"without {name}: {why}", file=sys.stderr)
            given.sides.remove(name)
    if not given.sides:
        sys.exit("nothing to compare")
    port = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    tree.adopt_orphans()
    shown = subprocess.run([given.browser, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    record = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": {"browser": shown, **{name: sides.version(name, given.batchrun) for name in given.sides}},
        "cases": sides.CASES,
        "rounds": given.rounds,
    }
    try:
        record["runs"] = measure(given, f"http://127.0.0.1:{port.get()}/", {server.pid})
    finally:
        server.terminate()
    given.output.write_text(json.dumps(record, indent=1) + "\n")
    table(given, record["runs"])


if __name__ == "__main__":
    main()
