#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""no_answer_changes.py SEED FIRST STEP COUNT: the random nsswitch.conf files number FIRST, FIRST + STEP, …
below COUNT. "subuidctl enable" on each, and "disable"; in between, real accounts are asked for. Writes
to /etc, /run and /usr/lib/userdb, which have to be private."""
import collections
import ctypes
import grp
import json
import marshal
import os
import pathlib
import pwd
import random
import select
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
from random_nsswitch import Generator, smallest, without_subuid, written  # noqa: E402

CONF = pathlib.Path("/etc/nsswitch.conf")
RANGE = 200000
SUBORDINATE = RANGE + 193
# Each source has the users and groups NAME1 and NAME2, whose IDs are these and these inside the range,
# and an alice of its own; all share a group. nss_source.c has the last three.
FIRST = {"files": 5000, "extrausers": 5010, "cache": 5020, "house": 5030, "away": 5040, "busy": 5050,
         "record": 5060}
SHARED = 4000
# That of all subordinate users.
GROUP_OF_ALL = 4001
ROOT = ("root:x:0:0::/root:/bin/sh\n", f"root:x:0:\nnss-subuid:x:{GROUP_OF_ALL}:\n", "root:!:1::::::\n")


def tables(source):
    """passwd, group and shadow of a source, without those of systemd."""
    first = FIRST[source]
    ids = {source + "1": first, source + "2": RANGE + first, "alice": first + 5}
    members = {source + "1": "alice"}
    return ("".join(f"{name}:x:{i}:{i}::/:/bin/sh\n" for name, i in ids.items()),
            "".join(f"{name}:x:{i}:{members.get(name, '')}\n" for name, i in ids.items())
            + f"shared:x:{SHARED}:{source}1\n",
            "".join(f"{name}:!{source}:1::::::\n" for name in ids))


def write_sources():
    etc = pathlib.Path("/etc")
    (etc / "shadow").write_text(ROOT[2] + tables("files")[2])
    extrausers = pathlib.Path("/var/lib/extrausers")
    for name, table, cached in zip(("passwd", "group", "shadow"), tables("extrausers"), tables("cache")):
        (extrausers / name).write_text(table)
        (etc / (name + ".cache")).write_text(cached)


# --- questions ---

NAMES = ["root", "alice", "nobody"] + [source + n for source in FIRST for n in "12"]
IDS = [0, 65534] + [i + first for first in FIRST.values() for i in (0, 5, RANGE)]
libc = ctypes.CDLL("libc.so.6")
libc.getspnam.restype = ctypes.POINTER(ctypes.c_char_p)


def shadow(name):
    entry = libc.getspnam(name.encode())
    if not entry:
        raise KeyError
    return entry[0], entry[1]


def group_list(name):
    return os.getgrouplist(name, 1)


QUESTIONS = tuple(
    [("getpwnam", pwd.getpwnam, name) for name in NAMES]
    + [("getpwuid", pwd.getpwuid, i) for i in IDS]
    + [("getgrnam", grp.getgrnam, name) for name in NAMES + ["shared"]]
    + [("getgrgid", grp.getgrgid, i) for i in IDS + [SHARED]]
    + [("getgrouplist", group_list, name) for name in NAMES if not name.endswith("2")]
    + [("getspnam", shadow, name) for name in ("root", "alice", "extrausers1")]
    + [("getpwent", lambda _: pwd.getpwall(), ""), ("getgrent", lambda _: grp.getgrall(), "")])


def group_of_all(name):
    if GROUP_OF_ALL not in group_list(name):
        raise KeyError
    return True


SUBORDINATES = (("getpwuid", pwd.getpwuid, SUBORDINATE), ("getpwnam", pwd.getpwnam, f"_{SUBORDINATE}"),
                ("getgrgid", grp.getgrgid, SUBORDINATE), ("getgrnam", grp.getgrnam, f"_{SUBORDINATE}"),
                ("getgrouplist", group_of_all, f"_{SUBORDINATE}"))


def plain(value):
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def answer(ask, what):
    try:
        return plain(ask(what))
    except KeyError:
        return None


def ask_all(questions):
    """In a child of a process that has never asked: glibc and its modules keep what they have read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "wb") as to:
            to.write(marshal.dumps([answer(ask, what) for _, ask, what in questions]))
        os._exit(0)
    os.close(writing)
    if not select.select([reading], [], [], 60)[0]:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as answers:
        result = answers.read()
    os.waitpid(child, 0)
    # A line without any service makes glibc read beyond its list, which may end the process.
    return marshal.loads(result) if result else [None] * len(questions)


# --- a case ---

def subuidctl(*arguments):
    return subprocess.run(["subuidctl", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def write(text):
    """A new file, as editors do: glibc sees that it is another one."""
    new = CONF.with_name("new")
    new.write_bytes(text)
    new.rename(CONF)


def checked():
    """What check finds. A group less is a warning only."""
    findings = json.loads(subuidctl("check", "--json").stdout or "{}").get("findings", [])
    return {(f["finding"], f["file"]) for f in findings if f["severity"] == "error" or f["finding"] == "initgroups"}


# Below them a folder "userdb".
RECORD_FOLDERS = ("/etc", "/run", "/run/host", "/usr/local/lib", "/usr/lib")


def write_records(rng):
    """Sometimes: accounts that systemd alone knows."""
    for folder in RECORD_FOLDERS:
        shutil.rmtree(folder + "/userdb", ignore_errors=True)
    files = []
    records = [(name, {"user": {"userName": name, "uid": i, "gid": i, "homeDirectory": "/", "shell": "/bin/sh",
                                "disposition": "regular"},
                       "group": {"groupName": name, "gid": i, "members": ["alice"]}})
               for name, i in (("record1", FIRST["record"]), ("record2", RANGE + FIRST["record"]))]
    records.append(("shared", {"group": {"groupName": "shared", "gid": SHARED, "members": ["record1"]}}))
    for name, kinds in records:
        folder = pathlib.Path(rng.choice(RECORD_FOLDERS), "userdb")
        folder.mkdir(parents=True, exist_ok=True)
        for kind, record in kinds.items():
            if rng.random() < 0.7:
                continue
            files.append(str(folder / f"{name}.{kind}"))
            pathlib.Path(files[-1]).write_text(json.dumps(record))
            if rng.random() < 0.9:
                link = f"{record.get('uid') or record['gid']}.{kind}"
                (folder / link).symlink_to(f"{name}.{kind}")
                files[-1] += " " + link
        if rng.random() < 0.2:
            files.append(str(folder / f"alice:{name}.membership"))
            pathlib.Path(files[-1]).touch()
    return files


def write_ranges(rng):
    """Mostly such as containers have; or all IDs, those of all accounts among them."""
    ranges = rng.choice((f"containers:{RANGE}:65536\n",) * 4 + ("root:0:4294967295\n",))
    for name in ("subuid", "subgid"):
        pathlib.Path("/etc", name).write_text(ranges)
    return ranges


def write_plus(rng):
    """Sometimes compat goes on to the sources of passwd_compat and group_compat. "files" does not see it."""
    plus = rng.random() < 0.5
    passwd, group, _ = tables("files")
    pathlib.Path("/etc/passwd").write_text(ROOT[0] + passwd + "+::::::\n" * plus)
    pathlib.Path("/etc/group").write_text(ROOT[1] + group + "+:::\n" * plus)
    return plus


class Case:
    """What becomes of a file. What a good one has of findings and answers tells what can be expected."""

    def __init__(self, text, of_good, is_ordinary):
        self.text = text
        self.findings_of_good, self.answers_of_good = of_good
        self.is_ordinary = is_ordinary
        self.faults = {}
        self.kind = self.try_it()

    def try_it(self):
        old = written(self.text)
        write(old)
        enabled = subuidctl("enable")
        new = CONF.read_bytes()
        self.output = enabled.stderr.decode(errors="replace") + new.decode()
        if enabled.returncode not in (0, 1):
            self.faults["enable"] = f"ended with {enabled.returncode}"
        if enabled.returncode != 0:
            if new != old:
                self.faults["enable"] = "refused, and changed the file"
            if self.is_ordinary:
                self.faults["enable"] = "refused an ordinary file"
            return "refused"
        found = ask_all(SUBORDINATES + QUESTIONS)
        missing = [f"{name}({what})" for (name, _, what), of_good, got in zip(SUBORDINATES, self.answers_of_good, found)
                   if got != of_good]
        if missing and not checked() - self.findings_of_good:
            self.faults["check"] = f"finds nothing, and there is no such answer to {' '.join(missing)}"
        if b"subuid" not in old:
            disabled = subuidctl("disable")
            if disabled.returncode != 0 or CONF.read_bytes() != old:
                self.faults["disable"] = f"({disabled.returncode}) made of it:\n{CONF.read_text()}"
        write(without_subuid(self.text))
        before = ask_all(QUESTIONS)
        for (name, _, what), was, got in zip(QUESTIONS, before, found[len(SUBORDINATES):]):
            if was is not None and was != got:
                if name.endswith("ent"):
                    was, got = ([entry[0] for entry in entries or []] for entries in (was, got))
                self.faults[f"{name}({what})"] = f"was {was}, is {got}"
        return "hidden" if missing else "enabled" if new != old else "nothing to do"


def main():
    seed, first, step, count = (int(argument) for argument in sys.argv[1:])
    for service in ("compat", "extrausers", "cache", "house", "away", "busy", "systemd", "subuid"):
        ctypes.CDLL(f"libnss_{service}.so.2")  # so that children find it loaded
    write_sources()
    of_good = {}
    kinds = collections.Counter()
    failed = 0
    for number in range(first, count, step):
        rng = random.Random(f"{seed} {number}")
        generator = Generator(rng)
        text = generator.file()
        records = write_records(rng)
        plus = write_plus(rng)
        ranges = write_ranges(rng)
        if ranges not in of_good:
            write(b"passwd: files subuid\ngroup: files subuid\n")
            of_good[ranges] = checked(), ask_all(SUBORDINATES)

        def try_text(text):
            return Case(text, of_good[ranges], generator.odd == 0)

        case = try_text(text)
        kinds[case.kind] += 1
        if not case.faults:
            continue
        failed += 1
        if failed > int(os.environ.get("SHOWN", "3")):
            continue
        fault = next(iter(case.faults))
        case = try_text(smallest(text, lambda smaller: fault in try_text(smaller).faults))
        print(f"--- file {number}, made smaller; {ranges.strip()}; '+' in /etc/passwd: {'yes' if plus else 'no'}; "
              f"records: {', '.join(records) or 'none'}", written(case.text).decode(), "--- after enable", case.output,
              *(f"{where}: {what}" for where, what in list(case.faults.items())[:5]), sep="\n", file=sys.stderr)
    print(failed, kinds["enabled"], kinds["refused"], kinds["nothing to do"], kinds["hidden"])


main()
