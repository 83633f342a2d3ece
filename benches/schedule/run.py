#!/usr/bin/env python3
"""Experiments with the scheduler on real Chromium: `auto` against every fixed number of slots, longest first against the
order of the files, and a processor quota that changes while a batch runs. See README.md beside this file."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

PAGE = """<!doctype html><meta charset=utf-8><title>{title}</title><p id=it>no</p><script>{script}</script>
<script>addEventListener('load', () => work(() => {{ document.querySelector('#it').textContent = 'yes' }}))</script>
"""

# What a page does until it says "yes".
SCRIPTS = {
    # It waits for something elsewhere.
    "latency": "const work = done => setTimeout(done, 700)",
    # It computes.
    "cpu": "const work = done => { let x = 1; for (let i = 0; i < 1e8; i++) x = (x * 31 + i) | 0; window.x = x; done() }",
    # It waits, builds a long table, waits again. Not looked at while `auto` was made.
    "table": """const work = done => setTimeout(() => {
        const rows = Array.from({length: 3000}, (_, i) => `<tr><td>${i}<td>${i * i}<td>${'x'.repeat(i % 60)}`);
        document.body.insertAdjacentHTML('beforeend', '<table>' + rows.join('') + '</table>');
        document.body.getBoundingClientRect();
        setTimeout(done, 200)
    }, 200)""",
}

# How many cases of each make a batch.
CASES = {"latency": 80, "cpu": 40, "table": 60}

SWEEP = [1, 2, 3, 4, 6, 8, 12, 16]


class Project:
    """A folder with pages, cases and a record of its own."""

    def __init__(self, batchrun):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="batchrun-schedule-"))
        self.batchrun = batchrun
        (self.folder / "site").mkdir()
        (self.folder / "runner.toml").write_text('[server]\ndir = "site"\n')

    def workload(self, name):
        (self.folder / "site" / f"{name}.html").write_text(PAGE.format(title=name, script=SCRIPTS[name]))
        cases = self.folder / name
        cases.mkdir()
        for number in range(CASES[name]):
            steps = f"goto = '/{name}.html?{number}' }}, {{ expect = '#it', text = 'yes', timeout = '60s'"
            (cases / f"c{number:03}.toml").write_text(f"timeout = '120s'\nsteps = [ {{ {steps} }} ]\n")

    def wait(self, folder, name, milliseconds):
        (self.folder / folder).mkdir(exist_ok=True)
        text = f"steps = [ {{ wait = '{milliseconds}ms' }} ]\n"
        (self.folder / folder / f"{name}.toml").write_text(text)

    def command(self, folder, *arguments):
        return [str(self.batchrun), folder, "--progress", "none", *arguments]

    def run(self, folder, *arguments):
        """Seconds that a batch takes. All of its cases must pass."""
        began = time.monotonic()
        ended = subprocess.run(self.command(folder, *arguments), cwd=self.folder, capture_output=True, text=True)
        took = time.monotonic() - began
        if ended.returncode != 0:
            sys.exit(f"{folder} {arguments}: exit {ended.returncode}\n{ended.stderr}")
        return took

    def query(self, sql):
        database = sqlite3.connect(self.folder / ".batchrun/batchrun.db")
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def auto(project, name, rounds):
    """`auto` and the best fixed number, which is found by trying them all, in turn."""
    project.workload(name)
    count = CASES[name]
    project.run(name, "-c", "2", "--order", "file")  # Warms up what files and fonts there are.
    swept = {}
    for slots in SWEEP:
        swept[slots] = project.run(name, "-c", str(slots), "--order", "file")
        print(f"{name}: {slots} slots {swept[slots]:.1f} s", flush=True)
    best = min(swept, key=swept.get)
    sides = {str(best): [swept[best]], "auto": []}
    for _ in range(rounds):
        for slots in ("auto", str(best)):
            sides[slots].append(project.run(name, "-c", slots, "--order", "file"))
            print(f"{name}: {slots} {sides[slots][-1]:.1f} s", flush=True)
    fixed, adaptive = statistics.median(sides[str(best)]), statistics.median(sides["auto"])
    return {
        "workload": name,
        "cases": count,
        "sweep_s": swept,
        "best": best,
        "best_s": sides[str(best)],
        "auto_s": sides["auto"],
        "ratio": round(fixed / adaptive, 3),
    }


def longest(project, rounds):
    """Thirty short cases and, at the end of the alphabet, three long ones, on four slots."""
    slots, short, long = 4, 400, 5000
    for number in range(30):
        project.wait("tail", f"a{number:02}", short)
    for number in range(3):
        project.wait("tail", f"z{number}", long)
    project.run("tail", "-c", str(slots))  # What is known afterwards is how long each takes.
    sides = {"file": [], "longest": []}
    for _ in range(rounds):
        for order in sides:
            project.run("tail", "-c", str(slots), "--order", order)
            # Without the start of the browser, which is the same for both.
            sql = """SELECT (julianday(max(c.finished_at)) - julianday(min(c.started_at))) * 86400 FROM case_run AS c
                     WHERE batch_id = (SELECT id FROM batch ORDER BY started_at DESC LIMIT 1)"""
            sides[order].append(round(project.query(sql)[0][0], 3))
            print(f"longest first: {order} {sides[order][-1]:.1f} s", flush=True)
    bound = max(long, (30 * short + 3 * long) / slots) / 1000
    return {"slots": slots, "lower_bound_s": bound, **{f"{order}_s": took for order, took in sides.items()}}


def quota(project):
    """A batch of computing cases in a control group whose quota goes from two processors to one and back."""
    group = pathlib.Path("/sys/fs/cgroup/cpu/batchrun-bench")
    version_2 = not group.parent.is_dir()
    group = pathlib.Path("/sys/fs/cgroup/batchrun-bench") if version_2 else group
    try:
        group.mkdir()
    except OSError as error:
        return {"left_out": f"no control group can be made: {error}"}

    def allow(processors):
        if version_2:
            (group / "cpu.max").write_text(f"{int(processors * 100_000)} 100000")
        else:
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text(str(int(processors * 100_000)))

    whole = os.cpu_count() or 1
    try:
        allow(whole)

        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))

        command = project.command("cpu", "-c", "auto", "--repeat", "3")
        began = time.monotonic()
        run = subprocess.Popen(command, cwd=project.folder, preexec_fn=enter, stderr=subprocess.DEVNULL)
        changes = []
        for at, processors in ((20, whole / 2), (40, whole)):
            time.sleep(max(0, began + at - time.monotonic()))
            allow(processors)
            changes.append({"at_s": round(time.monotonic() - began, 1), "processors": processors})
        if run.wait() != 0:
            sys.exit(f"the batch in the control group ended with {run.returncode}")
        sql = """SELECT elapsed_ms / 1000.0, json FROM event WHERE kind = 'concurrency_changed'
                 AND batch_id = (SELECT id FROM batch ORDER BY started_at DESC LIMIT 1) ORDER BY seq"""
        limits = [(at, json.loads(text)) for at, text in project.query(sql)]
        limits = [{"at_s": at, "from": it["from"], "to": it["to"], "why": it["why"]} for at, it in limits]
        return {"quota": changes, "limits": limits}
    finally:
        try:
            group.rmdir()
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batchrun", type=pathlib.Path, default=ROOT / "target/release/batchrun", help="its binary")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of what is compared (default: 3)")
    parser.add_argument("--only", help="`auto`, `longest` or `quota`")
    parser.add_argument("--workloads", default=",".join(SCRIPTS), help="which, for `auto`")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results.json", help="where the results go")
    arguments = parser.parse_args()
    project = Project(arguments.batchrun.resolve())
    results = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}", "load_before": os.getloadavg()[0]},
        "rounds": arguments.rounds,
    }
    wanted = lambda name: arguments.only in (None, name)
    try:
        if wanted("longest"):
            results["longest"] = longest(project, arguments.rounds)
        if wanted("auto"):
            results["auto"] = [auto(project, name, arguments.rounds) for name in arguments.workloads.split(",")]
        if wanted("quota"):
            if not (project.folder / "cpu").is_dir():
                project.workload("cpu")
            results["quota"] = quota(project)
    finally:
        project.remove()
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
