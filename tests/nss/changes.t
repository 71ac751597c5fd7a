#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing goes stale: a changed file counts from the next lookup of the same process on."""

import ctypes
import grp
import os
import pwd
import re
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if "NSS_SUBUID_PRIVATE_ROOT" not in os.environ:
    if os.getuid() != 0:
        if os.environ.get("CI") == "true":
            sys.exit("Bail out! needs root")
        print("1..0 # SKIP needs root")
        sys.exit(0)
    os.execv(TOP + "/tests/lib/private-root.sh", ["private-root.sh", os.path.abspath(__file__)])

with open(TOP + "/build/name_prefix", encoding="ascii") as file:
    PREFIX = file.read().strip()
count = 0
failed = 0


def check(got, wanted, what):
    global count, failed
    count += 1
    if got == wanted:
        print(f"ok {count} - {what}")
    else:
        failed += 1
        print(f"not ok {count} - {what}\n# got {got!r}, wanted {wanted!r}")


def put(path, text):
    """Replaces a file by another."""
    with open(path + ".new", "w", encoding="latin-1") as file:
        file.write(text)
    os.rename(path + ".new", path)


def overwrite(path, text):
    """Changes a file in its place, with the same size and time stamps."""
    status = os.stat(path)
    with open(path, "r+", encoding="latin-1") as file:
        file.write(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def gecos(uid):
    try:
        return pwd.getpwuid(uid).pw_gecos
    except KeyError:
        return None


def gid_of(name):
    try:
        return pwd.getpwnam(name).pw_gid
    except KeyError:
        return None


def group(gid):
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None


put("/etc/subuid", "one:200000:1000\n")
put("/etc/subgid", "one:300000:1000\n")
check(gecos(200193), "subuid 193 of one", "a first lookup")
check(group(300193), PREFIX + "300193", "of a group")
put("/etc/subuid", "two:200100:1000\n")
check(gecos(200193), "subuid 93 of two", "replaced by rename: the new answer")
check(gecos(200050), None, "an ID that is gone")
put("/etc/subuid", "one:200000:1000\n")
overwrite("/etc/subuid", "six:200000:1000\n")
check(gecos(200193), "subuid 193 of six", "changed in place, same size and time: the new answer")
overwrite("/etc/subgid", "six:310000:1000\n")
check(gid_of(PREFIX + "200193"), 310193, "the group of a user")
check(group(300193), None, "a group that is gone")
check(group(310193), PREFIX + "310193", "a group that has come")
os.unlink("/etc/subgid")
check(gid_of(PREFIX + "200193"), 65534, "a file that is gone")
os.unlink("/etc/subuid")
check(gecos(200193), None, "both files gone")
os.mkdir("/etc/nss-subuid")
put("/etc/nss-subuid/subuid", "far:200000:1000\n")
check(gecos(200193), "subuid 193 of far", "a file that has come")
put("/etc/subuid", "near:200193:1\n")
check(gecos(200193), "subuid 0 of near", "an earlier file that has come")

# glibc notices a changed nsswitch.conf by itself from 2.33 on.
put("/etc/nsswitch.conf", "passwd: files\ngroup: files\n")
check(gecos(200193), None, "taken out of nsswitch.conf")
put("/etc/nsswitch.conf", "passwd: files subuid\ngroup: files subuid\n")
check(gecos(200193), "subuid 0 of near", "and put in again")

# No descriptor is kept, none more is open after many lookups.
before = os.listdir("/proc/self/fd")
for i in range(2000):
    gecos(200000 + i)
check(os.listdir("/proc/self/fd"), before, "no descriptor is left open")

# Several threads, while the file changes: each answer is that of one of the contents.
os.unlink("/etc/nss-subuid/subuid")
put("/etc/subuid", "a:200000:1000\n")
answers = set()


done = threading.Event()


def ask():
    libc = ctypes.CDLL(None)
    entry = ctypes.create_string_buffer(256)
    buffer = ctypes.create_string_buffer(1024)
    result = ctypes.c_void_p()
    while not done.is_set():
        libc.getpwuid_r(200193, entry, buffer, ctypes.c_size_t(1024), ctypes.byref(result))
        answers.add(buffer.raw.split(b"\0")[2] if result else None)


threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
# On a slow machine for longer, until both have been met.
writes, end = 0, time.monotonic() + 120
while writes < 5000 or len(answers) < 2 and time.monotonic() < end:
    put("/etc/subuid", "b:200100:1000\n" if writes % 2 == 0 else "a:200000:1000\n")
    writes += 1
done.set()
for thread in threads:
    thread.join()
check(answers, {b"subuid 193 of a", b"subuid 93 of b"}, "both answers, and no other, to four threads")

# Which system calls a lookup costs.
put("/etc/subuid", "core:100000:65536\ncontainers:200000:268435456\n")
put("/etc/subgid", "core:100000:65536\ncontainers:200000:268435456\n")
trace = subprocess.run(
    ["strace", "-o", "/tmp/trace", "getent", "passwd", "200193"], check=False, stdout=subprocess.PIPE
)
with open("/tmp/trace", encoding="latin-1") as file:
    lines = file.read().split("\n")
first = next(i for i, line in enumerate(lines) if "/etc/subuid" in line)
# fstat is another call on other machines.
calls = [re.sub("newfstatat|fstat64|statx", "fstat", line.split("(")[0]) for line in lines[first : first + 8]]
check(calls, ["openat", "fstat", "pread64", "close"] * 2, "system calls of a lookup by UID")
check(trace.stdout.split(b":")[0].decode(), PREFIX + "200193", "which was answered")

print(f"1..{count}")
sys.exit(failed > 0)
