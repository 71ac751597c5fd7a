#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What "subuidctl enable" makes of random nsswitch.conf files is right for "subuidctl check"; what it refuses, or
leaves, check finds too, with the same words. SEED and FILES can be given."""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
from random_nsswitch import Generator, smallest, written  # noqa: E402

# What stands in nsswitch.conf and is not the word's place: whoever wrote it has to say what was meant.
NOT_ENABLES = {"comment", "two-lines", "not-read", "wrong-database"}


def subuidctl(command, root, *options):
    return subprocess.run([TOP / "build/subuidctl", command, "--root", root, *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120,
                          check=False)


def findings(root):
    output = subuidctl("check", root, "--json").stdout
    return [f for f in json.loads(output or '{"findings": []}')["findings"] if f["file"].endswith("nsswitch.conf")]


def reasons(root, output):
    """What enable says: where, or 0 for the whole file, and why. What it leaves to the site is no reason."""
    for line in output.splitlines():
        if line.endswith("--move moves it"):
            continue
        found = re.match(f"subuidctl: {re.escape(root)}" r"/etc/nsswitch\.conf(?::(\d+))?: (?:column \d+: )?(.*)", line)
        yield (int(found[1] or 0), found[2]) if found else (0, line + "; ?")


def says(finding, line, reason):
    """Whether it has what enable says, or more: for which database, and that enable comes next."""
    why, advice = reason.rsplit("; ", 1)
    return ((finding["line"] or 0) == line and finding["message"].endswith(why)
            and finding["advice"].startswith(advice))


def kind(wrong):
    return wrong["finding"] if isinstance(wrong, dict) else wrong[1]


def try_file(marked):
    """Returns whether the file was enabled, what is wrong, and what to show of it."""
    text = written(marked)
    with tempfile.TemporaryDirectory(dir=TOP / "build") as root:
        etc = pathlib.Path(root, "etc")
        etc.mkdir()
        (etc / "nsswitch.conf").write_bytes(text)
        (etc / "subuid").write_text("containers:200000:65536\n")
        (etc / "subgid").write_text("containers:200000:65536\n")
        enabled = subuidctl("enable", root)
        new = (etc / "nsswitch.conf").read_bytes()
        found = findings(root)
    if enabled.returncode == 0:
        # A line for initgroups stays where the word would not be asked, and enable says so.
        wrong = [f for f in found if f["finding"] not in NOT_ENABLES
                 and f"{f['message']}; left as it is" not in enabled.stderr]
    else:
        wrong = [reason for reason in reasons(root, enabled.stderr) if not any(says(f, *reason) for f in found)]
        if new != text:
            wrong.append((0, "refused, and changed the file"))
    shown = [text.decode(), f"--- enable: {enabled.returncode}", enabled.stderr or new.decode(),
             "--- wrong", *map(str, wrong), "--- check", *map(str, found)]
    return enabled.returncode == 0, set(map(kind, wrong)), "\n".join(shown)


def try_number(number):
    marked = Generator(random.Random(f"{SEED} {number}")).file()
    enabled, wrong, shown = try_file(marked)
    return number, marked, enabled, wrong


if not (TOP / "build/subuidctl").exists():
    if os.environ.get("CI") == "true":
        print("Bail out! subuidctl was not built")
        sys.exit(1)
    print("1..0 # SKIP subuidctl was not built")
    sys.exit(0)
SEED = os.environ.get("SEED", "1")
FILES = int(os.environ.get("FILES", "2000"))
print(f"# SEED={SEED} FILES={FILES}")
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(try_number, range(FILES)))
faults = {}
for number, marked, _, wrong in results:
    for one in wrong:
        faults.setdefault(one, []).append((number, marked))
for one, files in faults.items():
    number, marked = files[0]
    marked = smallest(marked, lambda smaller: one in try_file(smaller)[1])
    shown = f"--- {one}: {len(files)} files; number {number}, made smaller:\n{try_file(marked)[2]}"
    print("", *shown.split("\n"), sep="\n# ", file=sys.stderr)
enabled_count = sum(enabled for _, _, enabled, _ in results)
both = FILES // 4 < enabled_count < FILES
print("" if both else "not ", f"ok 1 - {enabled_count} of {FILES} files enabled, the others refused", sep="")
print("not " if faults else "", "ok 2 - enable and check agree on each", sep="")
print("1..2")
sys.exit(bool(faults) or not both)
