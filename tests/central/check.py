#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py [SEED [DIRECTORIES]]: what "subuidctl import" writes, and what "subuidctl check" says of it.

In a private root, with the plugin of libsubid that answers as /etc/directory says. In the form of what is
imported check finds nothing, whatever stood there before; what a directory has wrong it says, all of it.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys

FOLDER = '/etc/nss-subuid'
NAMES = 'subuid', 'subgid'
FILES = tuple(f'{FOLDER}/{name}' for name in NAMES)
# What is wrong with a file, not with what a directory says.
FORM = {'no-range', 'no-newline', 'nul-byte', 'symlink', 'not-readable', 'writable', 'not-imported', 'old-import',
        'unused-import'}
OWNERS = 'alice', 'bob', 'carol', '1000', 'Zoë x', 'dave'
ACCOUNTS = {0: 'root', 1000: 'bob', 65534: 'nobody', 300003: 'eve'}
# Those of DynamicUser= are told as such.
EXCLUDED = ((60001, 60705), (65534, 65535), (2147352576, 2147418111), (4294967295, 4294967295))
STARTS = (0, 1, 990, 1000, 59999, 60001, 61183, 65519, 65520, 65534, 65536, 100000, 100005, 300000, 300003, 4294967290)
COUNTS = (0, 1, 1, 2, 5, 5, 10, 5000)
test_number = failed = 0


def result(good, what, why=''):
    global test_number, failed
    test_number += 1
    failed += not good
    print('ok' if good else 'not ok', test_number, '-', what, flush=True)
    if why and not good:
        print('# ' + str(why).replace('\n', '\n# '), file=sys.stderr)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def command(*arguments):
    return subprocess.run(['subuidctl', *arguments], capture_output=True, check=False, timeout=60)


def check():
    """The findings as (file, name, owner)."""
    said = command('check', '--json')
    if said.returncode not in (0, 1, 2):
        raise AssertionError(f'check: {said.returncode}: {said.stderr}')
    findings = json.loads(said.stdout)['findings']
    for finding in findings:
        line = finding['line'] and read(finding['file']).split(b'\n')[finding['line'] - 1]
        finding['owner'] = line.split(b':')[0].decode() if line else ''
    return findings


def keys(findings):
    return {(f['file'], f['finding'], f['owner']) for f in findings}


# --- what a directory has wrong -------------------------------------------------------------------

def meets(start, count, first, last):
    return count > 0 and start <= last and first < start + count


def passes_through(start, count):
    """One ID alone that is an account's is meant, and no part of a container's map."""
    return count == 1 and start in ACCOUNTS


def own_uid(owner):
    return next((uid for uid, name in ACCOUNTS.items() if owner in (name, str(uid))), None)


def of_range(side, owner, start, count):
    own = own_uid(owner) if side == 0 else None
    if count == 0:
        yield 'empty-range'
    if any(not '!' <= c <= '~' for c in owner):
        yield 'odd-owner'
    if any(meets(start, count, *ids) for ids in EXCLUDED):
        yield 'excluded-id'
    if meets(start, count, 0, 0):
        yield 'root-id'
    if own is not None and count > 1 and meets(start, count, own, own):
        yield 'own-uid'
    if count > 1 and any(meets(start, count, i, i) for i in ACCOUNTS if i not in (0, 65534, own)):
        yield 'account'
    if meets(start, count, 1, 999) and not passes_through(start, count):
        yield 'system-ids'
    if count > 1 and meets(start, count, 1000, 60000):
        yield 'login-ids'
    if meets(start, count, 61184, 65519):
        yield 'dynamic-user'


def overlap(ranges):
    ordered = sorted((start, count) for start, count in ranges if count)
    return any(start < before[0] + before[1] for before, (start, _) in zip(ordered, ordered[1:]))


def counted(ranges):
    return [(start, count) for start, count in ranges if count and not passes_through(start, count)]


def positions(ranges):
    """(first, behind, position of the first) of each range."""
    at = 0
    for start, count in counted(ranges):
        yield start, start + count, at
        at += count


def shifted(sides):
    """Whether lines that pass an account through move the module's groups of users away from the container's."""
    def lines(ranges):
        at = raw = 0
        for start, count in ranges:
            passes = passes_through(start, count)
            if count and not passes:
                yield start, start + count, at, raw
            at += 0 if passes else count
            raw += count
    gids = list(lines(sides[1]))
    for first, _, at, raw in lines(sides[0]):
        behind = [gid for gid in sorted(gids) if gid[1] > first]
        there = [gid for gid in gids if gid[2] <= at < gid[2] + gid[1] - gid[0]]
        if there and not (behind and behind[0][0] == first) and raw - at != there[0][3] - there[0][2]:
            return True
    return False


def expected(directory):
    """What check has to say of the imported files."""
    found = set()
    for owner, sides in directory.items():
        totals = [sum(count for _, count in counted(ranges)) for ranges in sides]
        has = [any(count for _, count in ranges) for ranges in sides]
        for side, (file, ranges) in enumerate(zip(FILES, sides)):
            found |= {(file, finding, owner) for start, count in ranges
                      for finding in of_range(side, owner, start, count)}
            if overlap(ranges):
                found.add((file, 'overlap-of-one', owner))
            elif any(b[0] <= a[0] for a, b in zip(counted(ranges), counted(ranges)[1:])):
                found.add((file, 'not-ascending', owner))
        for side, file in enumerate(FILES):
            if owner == '1000' and sides[side] and directory.get('bob', ((), ()))[side]:
                found.add((file, 'two-owners', owner))
        other = {'1000': 'bob', 'bob': '1000'}.get(owner)
        for side, lacking in ((0, 'no-gids'), (1, 'no-uids')):
            if (side == 0 or totals[1]) and not sides[1 - side] and sides[side] and directory.get(other, ((), ()))[1 - side]:
                found.add((FILES[side], 'two-owners', owner))
            elif totals[side] and not has[1 - side]:
                found.add((FILES[side], lacking, owner))
            elif side == 0 and totals[1] < totals[0]:
                found.add((FILES[0], 'fewer-gids', owner))
        if not any(map(overlap, sides)) and (shifted(sides) or any(
                max(a, c) < min(b, d) and p - a != q - c
                for a, b, p in positions(sides[0]) for c, d, q in positions(sides[1]))):
            found.add((FILES[0], 'other-position', owner))
    for side, file in enumerate(FILES):
        if not any(sides[side] for sides in directory.values()):
            found.add((f'/etc/{NAMES[side]}', 'no-ranges', ''))
    return found


def random_ranges(chance, like=None):
    if like and chance.random() < 0.6:
        ranges = list(like)
        if chance.random() < 0.2:
            chance.shuffle(ranges)
        return ranges
    ranges = []
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        count = chance.choice(COUNTS)
        start = chance.choice(STARTS[-1:] + STARTS) if chance.random() < 0.4 else chance.randrange(70000, 1 << 31)
        ranges.append((min(start, (1 << 32) - max(count, 1)), count))
    return ranges


def random_directory(chance):
    directory = {}
    for owner in chance.sample(OWNERS, chance.choice((1, 2, 3, 6))):
        uids = random_ranges(chance)
        directory[owner] = uids, random_ranges(chance, uids)
    return directory


def write_directory(directory):
    write('/etc/directory', ''.join(
        f'{owner}|{kind} {" ".join(f"{start}:{count}" for start, count in ranges) or "none"}\n'
        for owner, sides in directory.items() for kind, ranges in zip(('uid', 'gid'), sides)))


def clash(directory):
    """Whether ranges of two owners overlap, which import refuses."""
    return any(meets(*a, b[0], b[0] + b[1] - 1) and b[1]
               for side in (0, 1) for one in directory for other in directory if one < other
               for a in directory[one][side] for b in directory[other][side])


def damage(chance, lines):
    """What may stand where an import is to come: other lines, links, modes and times, or these two alone."""
    os.makedirs(FOLDER, exist_ok=True)
    for path in FILES:
        kind = chance.choice(('none', 'link', 'lines', 'lines', '')) if lines else ''
        if kind in ('none', 'link') and os.path.lexists(path):
            os.unlink(path)
        if kind == 'link':
            write('/etc/elsewhere', 'dave:7:7')
            os.symlink('/etc/elsewhere', path)
        if kind == 'lines':
            with open(path, 'ab') as file:
                file.write(chance.choice((b'dave:1:1', b'broken\n', b'\0', b'carol:5:5\r\n', b'# mine', b'\n\n', b'x:1:1:\n')))
        if os.path.exists(path):
            os.chmod(path, chance.choice((0o600, 0o644, 0o666, 0o000)))
            os.utime(path, (1000000000, 1000000000))
    os.chmod(FOLDER, chance.choice((0o700, 0o755, 0o777)))


# --- the tests ------------------------------------------------------------------------------------

def random_directories(seed, count):
    wrong, refused, found = [], 0, set()
    for i in range(seed, seed + count):
        chance = random.Random(i)
        directory = random_directory(chance)
        write_directory(directory)
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.umask(chance.choice((0o022, 0o077, 0o000)))
        said = command('import', *directory)
        if clash(directory):
            refused += 1
            good = said.returncode == 1 and b' overlaps ' in said.stderr and not any(map(os.path.exists, FILES))
            if not good:
                wrong.append(f'{i}: {directory}: not refused: {said}')
            continue
        got, wanted = keys(check()), expected(directory)
        found |= {finding for _, finding, _ in got}
        if said.returncode != 0 or got != wanted:
            wrong.append(f'{i}: {directory}\nimport: {said}\ntoo many: {got - wanted}\nmissing: {wanted - got}\n'
                         f'{[read(f) for f in FILES if os.path.exists(f)]}')
    result(not wrong, f'random directories, {seed} to {i} ({refused} refused): check says what each has wrong, and no more',
           '\n'.join(wrong[:5]))
    return found


def random_histories(seed, count):
    """Imports over imports, and over what else may stand there."""
    wrong, written = [], 0
    directory = None
    shutil.rmtree(FOLDER, ignore_errors=True)
    for i in range(seed, seed + count):
        chance = random.Random(i)
        # Mostly a directory says what it said.
        same = directory is not None and chance.random() < 0.5
        if not same:
            directory = random_directory(chance)
            write_directory(directory)
        if chance.random() < 0.5:
            damage(chance, not same)
        os.umask(chance.choice((0o022, 0o077, 0o000)))
        said = command('import', *(['--prune'] if chance.random() < 0.5 else []), *directory)
        if said.returncode != 0:
            directory = None
            shutil.rmtree(FOLDER, ignore_errors=True)
            continue
        written += 1
        form = [f for f in check() if f['finding'] in FORM]
        if form or any(not read(path).endswith(b'\n') or os.path.islink(path) for path in FILES):
            wrong.append(f'{i}: {directory}: {form}\n{[read(f) for f in FILES]}')
    result(not wrong and written > count // 4,
           f'{written} imports over others and over what else stood there: nothing wrong with the form',
           '\n'.join(wrong[:5]))


def advice():
    """The findings that an import cures (tests/tool/advice.py has the others)."""
    directory = {'alice': ([(100000, 65536)], [(100000, 65536)])}
    write_directory(directory)

    def follow(finding, what):
        findings = [f for f in check() if f['finding'] == finding]
        commands = {re.match("run '(.*)'", f['advice'])[1] for f in findings}
        status = {subprocess.run(['sh', '-c', c], capture_output=True, check=False).returncode for c in commands}
        after = check()
        result(findings and status == {0} and not after, f'{what}: {finding}, and no finding once its command was run',
               f'{findings}\n{status}\n{after}')

    shutil.rmtree(FOLDER, ignore_errors=True)
    os.umask(0o022)
    os.mkdir(FOLDER)
    write(f'{FOLDER}/owners', 'alice\n')
    follow('not-imported', 'no import')
    for path in FILES:
        os.utime(path, (1000000000, 1000000000))
    os.utime(f'{FOLDER}/owners', (999999999, 999999999))
    follow('old-import', 'an import of long ago')
    os.utime(f'{FOLDER}/owners', (os.stat(FILES[0]).st_mtime - 60, ) * 2)
    for path in FILES:
        os.utime(path, (os.stat(path).st_mtime - 120, ) * 2)
    follow('old-import', 'one that is older than the owners')


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    write('/etc/nsswitch.conf', 'passwd: files subuid\ngroup: files subuid\nsubid: test\n')
    for path, end in (('/etc/passwd', ':1::/:/bin/sh'), ('/etc/group', ':')):
        write(path, ''.join(f'{name}:x:{number}{end}\n' for number, name in ACCOUNTS.items()))
    with open('/etc/group', 'a', encoding='ascii') as file:
        file.write('nss-subuid:x:4000000000:\n')
    for path in '/etc/subuid', '/etc/subgid':
        write(path, '')
    # Nothing that this machine may have besides.
    for path in ('/etc/login.defs', '/usr/bin/systemd-nspawn', '/run/nscd/socket', '/usr/sbin/exim4',
                 '/etc/postfix/main.cf', '/usr/lib32/libc.so.6', '/usr/lib/i386-linux-gnu/libc.so.6'):
        if os.path.exists(path):
            os.unlink(path)
    found = random_directories(seed, count)
    missing = {'empty-range', 'odd-owner', 'excluded-id', 'root-id', 'account', 'system-ids', 'login-ids',
               'dynamic-user', 'overlap-of-one', 'two-owners', 'no-gids', 'fewer-gids', 'no-uids', 'other-position',
               'no-ranges', 'not-ascending', 'own-uid'} - found
    result(not missing, 'among them was all that a directory can have wrong', missing)
    random_histories(seed, count)
    advice()
    print(f'1..{test_number}')
    return failed > 0


sys.exit(main())
