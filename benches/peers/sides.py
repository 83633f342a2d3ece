"""The sides that are compared: how each is started, and how it says that every case passed."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = 40
NAMES = ["batchrun", "playwright", "floor"]
TRACED = "-traced"                   # ends the name of a side that keeps a trace of every case
ALL = NAMES + [name + TRACED for name in NAMES[:2]]

CASE = """
[[case]]
name = "visitor {number}"
steps = [
  {{ goto = "/" }},
  {{ fill = "label=User", value = "visitor {number}" }},
  {{ fill = "label=Password", value = "lighthouse" }},
  {{ click = "role=button[name='Sign in']" }},
  {{ expect = "#greeting", text = "Welcome visitor {number}" }},
  {{ expect = "#visits li", count = 1 }},       # 1: nobody was here before, the context is its own
]
"""


@dataclass
class Setting:
    """What a side is told."""

    url: str
    browser: Path
    slots: int
    scratch: Path
    batchrun: Path

    def environment(self):
        """For the sides that are scripts."""
        told = {"URL": self.url, "BROWSER": self.browser, "SLOTS": self.slots, "SCRATCH": self.scratch, "CASES": CASES}
        return os.environ | {f"PEERS_{name}": str(value) for name, value in told.items()}


def missing(name, batchrun):
    """What must be done before a side can run, or nothing."""
    name = name.removesuffix(TRACED)
    if name == "batchrun" and not batchrun.exists():
        return f"no {batchrun}: cargo build --release"
    if name != "batchrun" and not shutil.which("node"):
        return "no node (20 or newer)"
    if name == "playwright" and not (HERE / "node_modules/@playwright/test/cli.js").exists():
        return f"no Playwright Test: npm ci (in {HERE})"
    return None


def command(name, setting):
    """Arguments, working directory and environment of a side."""
    traced = name.endswith(TRACED)
    name = name.removesuffix(TRACED)
    if name == "playwright":
        cli = HERE / "node_modules/@playwright/test/cli.js"
        return ["node", str(cli), "test"] + (["--trace", "on"] if traced else []), HERE / "playwright", setting.environment()
    if name == "floor":
        return ["node", "floor.js"], HERE / "floor", setting.environment()
    shutil.copy(HERE / "batchrun/runner.toml", setting.scratch)
    (setting.scratch / "form.toml").write_text("".join(CASE.format(number=number) for number in range(1, CASES + 1)))
    arguments = [setting.batchrun, "form.toml", "--concurrency", setting.slots, "--base-url", setting.url]
    arguments += ["--set", f"chrome.binary={setting.browser}", "--progress", "none", "--report", "json=report.json"]
    arguments += ["--set", "evidence.trace=always"] if traced else []
    return [str(it) for it in arguments], setting.scratch, dict(os.environ)


def passed(name, setting, ended, output):
    """How many cases a side says have passed, by its own account; -1 where that account is missing or unhappy."""
    if ended != 0:
        return -1
    name = name.removesuffix(TRACED)
    if name == "batchrun":
        report = json.loads((setting.scratch / "report.json").read_text())
        others = sum(count for verdict, count in report["counts"].items() if verdict != "passed")
        return -1 if others else report["counts"]["passed"]
    counts = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    return int(counts[1]) if counts and counts[2] == "0" else -1


def version(name, batchrun):
    """A side's version."""
    name = name.removesuffix(TRACED)
    if name == "playwright":
        return json.loads((HERE / "node_modules/@playwright/test/package.json").read_text())["version"]
    program = [str(batchrun), "--version"] if name == "batchrun" else ["node", "--version"]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.strip()
