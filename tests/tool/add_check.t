#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What "subuidctl add" adds to random systems is right for "subuidctl check"; what it refuses leaves the files as they
are. The same once more changes nothing, and "remove" gives them back. SEED and SYSTEMS can be given."""
import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/tool"))
import advice  # noqa: E402

FILES = "etc/subuid", "etc/subgid"
# For all of it: what the others have is no more than that.
STEP = 65536


def subuidctl(system, *arguments):
    return subprocess.run([TOP / "build/subuidctl", *arguments, "--root", system.folder], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=120,
                          check=False)


def key_of(finding):
    """What all lines together take from systemd-nspawn is said at one of them, whichever."""
    return finding["name"], finding["finding"], finding["finding"] != "nspawn" and finding["text"]


def known(findings):
    """Counts of them: a second one at the same place is a new one."""
    counts = {}
    for finding in findings:
        key = key_of(finding)
        counts[key] = counts.get(key, 0) + 1
    return counts


def state(system):
    """What stands under the two names, and beside them."""
    names = sorted(name for name in os.listdir(system.path("etc")) if name != ".pwd.lock")
    return [system.read(name) for name in FILES], names


def random_request(chance):
    request = ["add", chance.choice(("new", "new", "new", "kubelet", "containers", "1000", "1001", "bob", "x", "joe@x"))]
    if chance.random() < 0.5:
        request += ["--count", str(chance.choice((1, 2, 65535, 65536, 65537, 131072, 10000000, 268435456, 1000000000)))]
    elif chance.random() < 0.3:
        request += ["--pods", str(chance.choice((1, 3, 110, 2000)))]
    if chance.random() < 0.4:
        request += ["--start", str(STEP * chance.choice((1, 2, 3, 4, 5, 8, 46, 1000, 9155, 32767, 65534, 65535)))]
    return request


def ended(data):
    return data + (b"\n" if data and not data.endswith(b"\n") else b"")


def try_request(system, request):
    """Returns whether the range was added, and what is wrong."""
    findings, before = system.check(), state(system)
    dry = subuidctl(system, *request, "--dry-run")
    if state(system) != before:
        return False, "a dry run changes something"
    added = subuidctl(system, *request)
    if added.returncode not in (0, 1) or dry.returncode != added.returncode:
        return False, f"status {dry.returncode}, {added.returncode}: {added.stderr}"
    if added.returncode == 1:
        return False, "" if state(system) == before and added.stderr else f"refused, and changed: {added.stderr}"
    if dry.stdout != "".join(line for line in added.stdout.splitlines(True) if not line.endswith(": nothing to do\n")):
        return True, f"a dry run prints {dry.stdout}"
    after, files = system.check(), state(system)[0]
    new = [f for key, count in known(after).items() if count > known(findings).get(key, 0) for f in after
           if key_of(f) == key]
    if new:
        return True, f"new: {new}"
    lines = [data[len(ended(old)):] for data, old in zip(files, before[0])]
    if any(not data.startswith(ended(old)) for data, old in zip(files, before[0]) if data != old):
        return True, "other lines are changed"
    if any(lines):
        owner, start, count = advice.parse(max(lines).rstrip(b"\n"))
        # Who had one in the other file has the same one here.
        whole = lines[0] == lines[1] and not start % STEP and STEP <= start <= (1 << 32) - STEP - count
        other = [[line for line in map(advice.parse, data.split(b"\n")) if line and line[0] == owner] for data in files]
        if owner.decode() != request[1] or other[0] != other[1] or len(other[0]) != 1 or (all(lines) and not whole):
            return True, f"the lines {lines}"
    again = subuidctl(system, *request)
    if again.returncode != 0 or state(system)[0] != files:
        return True, f"once more: {again}"
    if any(lines):
        removed = subuidctl(system, "remove", request[1])
        wanted = [ended(old) if data != old else old for data, old in zip(files, before[0])]
        # It takes what is no range of the owner, too.
        wanted = [b"".join(line for line in data.splitlines(True) if line.split(b":")[0] != owner) for data in wanted]
        if removed.returncode != 0 or state(system)[0] != wanted:
            return True, f"remove: {removed} {state(system)[0]} {wanted}"
    return True, ""


def try_number(number):
    chance = random.Random(f"{SEED} {number}")
    with tempfile.TemporaryDirectory(dir=TOP / "build", prefix="add.") as folder:
        system = advice.System(folder)
        advice.random_system(system, chance)
        request = random_request(chance)
        shown = advice.describe(system)
        added, wrong = try_request(system, request)
        return added, wrong and f"{number}: {request}: {wrong}\n--- before\n{shown}\n--- after\n{advice.describe(system)}"


if not (TOP / "build/subuidctl").exists():
    if os.environ.get("CI") == "true":
        print("Bail out! subuidctl was not built")
        sys.exit(1)
    print("1..0 # SKIP subuidctl was not built")
    sys.exit(0)
os.umask(0o022)
SEED = os.environ.get("SEED", "1")
SYSTEMS = int(os.environ.get("SYSTEMS", "400"))
print(f"# SEED={SEED} SYSTEMS={SYSTEMS}")
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(try_number, range(SYSTEMS)))
faults = [wrong for _, wrong in results if wrong]
for fault in faults[:3]:
    print(f"# {fault}".replace("\n", "\n# "), file=sys.stderr)
count = sum(added for added, _ in results)
both = SYSTEMS // 4 < count < SYSTEMS
print("" if both else "not ", f"ok 1 - {count} of {SYSTEMS} ranges added, the others refused", sep="")
print("not " if faults else "", f"ok 2 - check finds nothing in what add adds ({len(faults)} faults)", sep="")
print("1..2")
sys.exit(bool(faults) or not both)
