"""What a process and everything below it use: memory, processor time. Reads /proc (Linux); starts and ends nothing."""

import ctypes
import os
import threading
import time
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Makes this process the parent of whatever its descendants leave behind, so that nothing escapes the sum."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """Parent, state and processor seconds of a process, or nothing once it is gone (proc_pid_stat(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), fields[0], (int(fields[11]) + int(fields[12])) / TICKS


def descendants(root):
    """Every living process below `root`, with its processor seconds."""
    children = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(entry)) and stat[1] not in "ZX":
            children[stat[0]].append((int(entry), stat[2]))
    found, queue = {}, [root]
    while queue:
        for pid, seconds in children.get(queue.pop(), ()):
            found[pid] = seconds
            queue.append(pid)
    return found


def reap(spared, patience):
    """Waits up to `patience` seconds for everything below this process but `spared` to be gone; what is still there.

    Only what has been waited for counts in getrusage(2), and a browser leaves its renderers to whoever adopts orphans.
    """
    until = time.monotonic() + patience
    while True:
        for pid in _children() - spared:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        left = descendants(os.getpid()).keys() - spared
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.01)


def _children():
    """Children of this process, the dead ones that nobody has waited for included."""
    me = os.getpid()
    return {int(entry) for entry in os.listdir("/proc") if entry.isdigit() and (stat := _stat(entry)) and stat[0] == me}


def pss(pid):
    """Proportional set size in KiB: shared pages count once for all that share them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def rss(pid):
    """Resident set size in KiB."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def program(pid):
    """The name of the file that a process runs."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    except OSError:
        return ""


class Sampler(threading.Thread):
    """Looks at everything below this process every 50 ms, passing over `spared`.

    Looking costs processor time (a browser's smaps_rollup takes milliseconds), so times are never taken while it runs.
    """

    def __init__(self, spared, own):
        super().__init__(daemon=True)
        self._spared, self._own = spared, own
        self._done = threading.Event()
        self._seconds = {}
        self.peak_pss = self.peak_own_rss = self.peak_processes = 0

    def run(self):
        while not self._done.is_set():
            self._look()
            self._done.wait(0.05)

    def _look(self):
        tree = {pid: seconds for pid, seconds in descendants(os.getpid()).items() if pid not in self._spared}
        self.peak_pss = max(self.peak_pss, sum(map(pss, tree)))
        self.peak_processes = max(self.peak_processes, len(tree))
        if self._own:
            own = [pid for pid in tree if program(pid) == self._own]
            self.peak_own_rss = max(self.peak_own_rss, sum(map(rss, own)))
            self._seconds.update((pid, tree[pid]) for pid in own)

    def stop(self):
        """Ends the looking; what was seen, in MiB and seconds."""
        self._done.set()
        self.join()
        seen = {"peak_pss_mib": round(self.peak_pss / 1024, 1), "peak_processes": self.peak_processes}
        if self._own:
            seen["own_peak_rss_mib"] = round(self.peak_own_rss / 1024, 1)
            seen["own_cpu_s"] = round(sum(self._seconds.values()), 2)
        return seen
