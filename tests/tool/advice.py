#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""advice.py [SEED [SYSTEMS]]: does as "subuidctl check" advises, until it has no more to advise.

On each system below --root, collected or random, one finding after another is cured: by the command that
its advice names, or by the edit that it names, for which there is a rule below. Then the finding is gone,
and there is none that was not there before, but for what the cured one had hidden (hidden_by).
Of the manual's findings each is cured, or stands in OTHERS with the reason why it has no such cure.
"""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENVIRONMENT = {**os.environ, 'PATH': f'{TOP}/build:{os.environ["PATH"]}:/usr/sbin:/sbin', 'LC_ALL': 'C'}

# Findings whose cure is neither a command nor an edit of /etc that would show below --root.
OTHERS = {
    'library': 'a package is to be installed',
    'library-32': 'likewise',
    'library-version': 'likewise; of a running system only',
    'nscd': 'a daemon of a running system, to be told of each change; nothing is wrong',
    'mail': 'settings of a mail server, by the recipes of security.md',
    'no-answer': 'a service of a running system is to be looked after',
    'round-trip': 'follows from something else on a running system',
    'not-imported': 'an import, which only a running system can do (tests/central/check.t does it)',
    'old-import': 'likewise',
    'kubelet-getsubids': 'a package is to be installed',
    'kubelet-getent': 'likewise',
    'kubelet-record': 'pods are to be drained, or get back the line that they had: nobody has it any more',
    'kubelet-end': 'excluded-id is told of the same line, and who follows that first is told of its count then',
    'in-use': 'of a running system only',
    'subid-ignored': "the range is to be given in the directory, which is not this machine's",
}
# Who keeps a link, or an imported file, and is to be told; the advice begins so.
KEEPERS = ('add subuid in a profile of your own', 'set system.nssModules', 'give the owner UIDs in the directory',
           'give the owner GIDs in the directory')

RANGE_FILES = (('etc/subuid', 'etc/nss-subuid/subuid'), ('etc/subgid', 'etc/nss-subuid/subgid'))
NSSWITCH = 'etc/nsswitch.conf'
NUMBER = re.compile(rb'[ \t-\r]*\+?(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<octal>0[0-7]*)|(?P<decimal>[1-9][0-9]*))')
EXCLUDED = ((60001, 60705), (61184, 65519), (65534, 65535), (2147352576, 2147418111), (4294967295, 4294967295))


class Failed(Exception):
    """Something is not as it has to be."""


def number(field):
    match = NUMBER.fullmatch(field)
    if not match:
        return None
    for name, base in (('hex', 16), ('octal', 8), ('decimal', 10)):
        if match[name] is not None:
            return int(match[name], base)


def parse(line):
    """owner, start, count of a line of bytes, or None."""
    fields = line.split(b':')
    if len(fields) != 3 or not fields[0] or len(line) >= 1024 or b'\0' in line or line[:1] in b'+-#':
        return None
    start, count = number(fields[1]), number(fields[2])
    if start is None or count is None or start + count > 1 << 32 or start >= 1 << 32 or count >= 1 << 32:
        return None
    return fields[0], start, count


class System:
    """Files below a folder."""

    def __init__(self, folder):
        self.folder = folder
        # IDs that nobody has: behind those of SSSD, systemd-nspawn and all that is below.
        self.free = 2600000000

    def path(self, name):
        return f'{self.folder}/{name}'

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def read(self, name):
        try:
            with open(self.path(name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return b''

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'wb') as file:
            file.write(data.encode() if isinstance(data, str) else data)

    def lines(self, name):
        data = self.read(name)
        return data.split(b'\n')[:-1] if data.endswith(b'\n') else data.split(b'\n') if data else []

    def put_lines(self, name, lines):
        """With a newline at the end, unless the last line had none."""
        had_none = lines and self.lines(name)[-1:] == lines[-1:] and not self.read(name).endswith(b'\n')
        self.write(name, b'\n'.join(lines) + (b'' if had_none or not lines else b'\n'))

    def add_line(self, name, line):
        lines = self.lines(name)
        data = self.read(name)
        self.write(name, data + (b'\n' if lines and not data.endswith(b'\n') else b'') + line + b'\n')

    def edit_line(self, finding, change):
        """Replaces the line of a finding by those that change returns of it."""
        lines = self.lines(finding['name'])
        lines[finding['line'] - 1:finding['line']] = change(lines[finding['line'] - 1])
        self.put_lines(finding['name'], lines)

    def take_free(self, count):
        first = self.free
        self.free += count + 7
        if self.free > 4290000000:
            raise Failed('the test has no more free IDs')
        return first

    def ranges(self, database):
        """All ranges of a database: file, line, owner, start, count."""
        for name in RANGE_FILES[database]:
            for i, line in enumerate(self.lines(name)):
                if parse(line):
                    yield name, i, *parse(line)

    def accounts(self, database):
        for line in self.lines(('etc/passwd', 'etc/group')[database]):
            fields = line.split(b':')
            if len(fields) > 2 and re.fullmatch(rb'\d+', fields[2]) and line[:1] not in b'#+-':
                yield fields[0], int(fields[2])

    def check(self):
        result = subprocess.run([f'{TOP}/build/subuidctl', 'check', '--json', '--root', self.folder],
                                capture_output=True, env=ENVIRONMENT, check=False, timeout=60)
        if result.returncode not in (0, 1, 2):
            raise Failed(f'check: status {result.returncode}: {result.stderr.decode()}')
        findings = json.loads(result.stdout)['findings']
        errors = any(f['severity'] == 'error' for f in findings)
        if result.returncode != (2 if errors else 1 if findings else 0):
            raise Failed(f'check: status {result.returncode} and {len(findings)} findings')
        texts = {}
        for finding in findings:
            name = finding['name'] = finding['file'].lstrip('/')
            text = b''
            if finding['line']:
                texts[name] = texts.get(name) or self.lines(name)
                text = texts[name][finding['line'] - 1]
            finding['text'] = text
            # Whose it is: an owner, a database, nobody.
            finding['whose'] = re.split(rb'[:\s]', text.lstrip(), maxsplit=1)[0] if name == NSSWITCH \
                else text.split(b':')[0]
        return findings

    def run(self, command):
        result = subprocess.run(['sh', '-c', command], capture_output=True, env=ENVIRONMENT, check=False,
                                timeout=60)
        return result.returncode, result.stderr.decode()


# --- range files ----------------------------------------------------------------------------------

def side(finding):
    return 0 if finding['name'] in RANGE_FILES[0] else 1


def replace_ids(system, finding, bad):
    """Gives the owner other IDs instead of the bad ones, [(first, last)], at the same positions. Who has
    millions does without."""
    owner, start, count = parse(finding['text'])
    if totals(system, owner)[side(finding)] >= 1 << 24:
        at = 0
        for name, i, other, _, n in system.ranges(side(finding)):
            if (name, i + 1) == (finding['name'], finding['line']):
                break
            at += n if other == owner else 0
        for first, last in sorted(bad, reverse=True):
            first, last = max(first, start), min(last, start + count - 1)
            if first <= last:
                cut(system, owner, at + first - start, last - first + 1)
        return
    pieces, at = [], start
    for first, last in sorted(bad):
        first, last = max(first, at), min(last, start + count - 1)
        if first > last:
            continue
        if first > at:
            pieces.append((at, first - at))
        pieces.append((system.take_free(last - first + 1), last - first + 1))
        at = last + 1
    if at < start + count:
        pieces.append((at, start + count - at))
    # A line of one ID is something else: that of an account, maybe.
    if count > 1 and any(n == 1 for _, n in pieces):
        pieces = [(system.take_free(count), count)]
    system.edit_line(finding, lambda _: [b'%s:%d:%d' % (owner, *piece) for piece in pieces])


def move(system, finding, bad):
    """Moves the range, or, of one that is too large for that, the IDs that must not be in it."""
    owner, _, count = parse(finding['text'])
    if totals(system, owner)[side(finding)] < 1 << 24:
        system.edit_line(finding, lambda _: [b'%s:%d:%d' % (owner, system.take_free(count), count)])
    else:
        replace_ids(system, finding, bad)


def overlapped(system, finding, same_owner):
    owner, start, count = parse(finding['text'])
    for name, i, other, first, n in system.ranges(side(finding)):
        if (other == owner) == same_owner and (name, i + 1) != (finding['name'], finding['line']) and \
                n and first < start + count and start < first + n:
            yield first, first + n - 1


def merged(intervals):
    result = []
    for first, last in sorted(intervals):
        if result and first <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(last, result[-1][1])
        else:
            result.append((first, last))
    return result


def cure_overlap(system, finding, chance):
    replace_ids(system, finding, merged(overlapped(system, finding, False)))


def cure_own_overlap(system, finding, chance):
    replace_ids(system, finding, merged(overlapped(system, finding, True)))


def cure_account(system, finding, chance):
    _, start, count = parse(finding['text'])
    ids = [uid for _, uid in system.accounts(side(finding)) if start <= uid < start + count]
    if chance.random() < 0.5:
        move(system, finding, merged((uid, uid) for uid in ids))
        return
    name = ('etc/passwd', 'etc/group')[side(finding)]
    lines = system.lines(name)
    for i, line in enumerate(lines):
        fields = line.split(b':')
        if len(fields) > 2 and fields[2].isdigit() and int(fields[2]) in ids and \
                not any(first <= int(fields[2]) <= last for first, last in ((0, 0), *EXCLUDED)):
            fields[2] = b'%d' % system.take_free(1)
            lines[i] = b':'.join(fields)
    system.put_lines(name, lines)


def mover(bad):
    return lambda system, finding, chance: move(system, finding, bad)


def leaver_out(bad):
    return lambda system, finding, chance: replace_ids(system, finding, bad)


def cure_login_ids(system, finding, chance):
    first, last = re.search(r': (\d+)(?:-(\d+))?$', finding['message']).groups()
    move(system, finding, [(int(first), int(last or first))])


MAPS = {
    'sssd-map': ('etc/sssd/sssd.conf', b'ldap_idmap_range_min = 4292000000\nldap_idmap_range_max = 4293000000\n'),
    'winbind-map': ('etc/samba/smb.conf', b'idmap config * : range = 4292000000 - 4293000000\n'),
    'authd-map': ('etc/authd/authd.yaml', b'UID_MIN: 4292000000\nUID_MAX: 4293000000\n'
                                          b'GID_MIN: 4292000000\nGID_MAX: 4293000000\n'),
    'himmelblau-map': ('etc/himmelblau/himmelblau.conf', b'[global]\nidmap_range = 4292000000-4293000000\n'),
}


def cure_map(system, finding, chance):
    """Of the ranges there only the first is told. Or the directory's are moved."""
    first, last = map(int, re.search(r': (\d+)-(\d+) \(', finding['message']).groups())
    there = [r for r in system.ranges(side(finding)) if r[4] and r[3] <= last and first < r[3] + r[4]]
    if chance.random() < 0.5 or any(count >= 1 << 24 for *_, count in there):
        name, setting = MAPS[finding['finding']]
        system.write(name, system.read(name) + setting)
        return
    for name, i, owner, _, count in there:
        lines = system.lines(name)
        lines[i] = b'%s:%d:%d' % (owner, system.take_free(count), count)
        system.put_lines(name, lines)


def cure_no_room(system, finding, chance):
    """By SUB_UID_MAX; of who has those IDs too, the first ones are taken."""
    system.write('etc/login.defs', system.read('etc/login.defs') +
                 b'SUB_%s_MAX 4294000000\n' % finding['advice'].split('_')[1].encode())
    for left in [f for f in system.check() if (f['finding'], f['name']) == ('no-room', finding['name'])]:
        first = int(re.search(r' of (\d+)-', left['message'])[1])
        move(system, left, [(first, first + 65535)])


def cut(system, owner, position, count):
    """Takes IDs at these positions from an owner, in both databases."""
    for database in 0, 1:
        at = 0
        for name in RANGE_FILES[database]:
            lines = []
            for line in system.lines(name):
                parsed = parse(line)
                if not parsed or parsed[0] != owner:
                    lines.append(line)
                    continue
                _, start, n = parsed
                first, last = max(position, at) - at, min(position + count, at + n) - at
                at += n
                if first >= last:
                    lines.append(line)
                    continue
                for begin, end in ((0, first), (last, n)):
                    if end > begin:
                        lines.append(b'%s:%d:%d' % (owner, start + begin, end - begin))
            if system.exists(name):
                system.put_lines(name, lines)


def cure_nspawn(system, finding, chance):
    """Leaves it what a line has of its IDs, line by line, until there is enough."""
    while any(f['finding'] == 'nspawn' for f in system.check()):
        at = {}
        for name, i, owner, start, count in system.ranges(0):
            if count > 1 << 20 and start <= 1879048191 and start + count > 524288:
                cut(system, owner, at.get(owner, 0) + 65536, count - 65536)
                break
            at[owner] = at.get(owner, 0) + count
        else:
            raise Failed('no large range')


def cure_empty(system, finding, chance):
    if chance.random() < 0.5:
        system.edit_line(finding, lambda _: [])
        return
    # To both sides, where the owner stands in both: a position has a UID and a GID.
    owner = parse(finding['text'])[0]
    system.edit_line(finding, lambda _: [])
    for database in 0, 1:
        system.add_line(RANGE_FILES[database][1 if system.exists(RANGE_FILES[database][1]) else 0],
                        b'%s:%d:%d' % (owner, system.take_free(9), 9))


def totals(system, owner):
    return [sum(count for _, _, other, _, count in system.ranges(database) if other == owner)
            for database in (0, 1)]


def cure_fewer(system, finding, chance):
    """As many of the others, in a line behind all that he has; the same line, if it is his only one."""
    owner = finding['whose']
    uids, gids = totals(system, owner)
    # One ID alone may be that of an account, and is not counted.
    told = re.search(r' (\d+) UIDs and (\d+) GIDs', finding['message'])
    if told:
        uids, gids = map(int, told.groups())
    database = 1 if gids < uids else 0
    line = b'%s:%d:%d' % (owner, system.take_free(abs(uids - gids)), abs(uids - gids))
    if min(uids, gids) == 0:
        own = [(start, count) for _, _, other, start, count in system.ranges(1 - database) if other == owner]
        others = [(start, count) for _, _, _, start, count in system.ranges(database)] + \
            [(uid, 1) for _, uid in system.accounts(database)] + \
            [(int(name[1:]), 1) for name, _ in system.accounts(database) if re.fullmatch(rb'_\d+', name)]
        if len(own) == 1 and own[0][0] > 65536 and not system.exists('etc/sssd/sssd.conf') and \
                not any(own[0][0] < start + count and start < sum(own[0]) for start, count in others):
            line = b'%s:%d:%d' % (owner, *own[0])
    names = [name for name, _, other, _, _ in system.ranges(database) if other == owner]
    system.add_line(names[-1] if names else RANGE_FILES[database][0], line)


def cure_position(system, finding, chance):
    """The same lines in the same order, in both files; with numbers that are free in both, unless they are too many."""
    owner = finding['whose']
    own = [[] for _ in RANGE_FILES[0]]
    large = totals(system, owner)[0] >= 1 << 24
    for name, _, other, start, count in system.ranges(0):
        if other == owner:
            start = start if large else system.take_free(count)
            own[RANGE_FILES[0].index(name)].append(b'%s:%d:%d' % (owner, start, count))
    for database in 0, 1:
        for name, new in zip(RANGE_FILES[database], own):
            others = [line for line in system.lines(name) if not parse(line) or parse(line)[0] != owner]
            if new or system.exists(name):
                system.put_lines(name, others + new)


def cure_two_owners(system, finding, chance):
    """The name in all lines."""
    old, new = re.match(r'(\S+) and (\S+) \(', finding['message']).groups()
    return rename(system, old.encode(), new.encode())


def rename(system, old, new):
    """Returns the new name."""
    for database in 0, 1:
        for name in RANGE_FILES[database]:
            if system.exists(name):
                system.put_lines(name, [new + line[len(old):] if line.startswith(old + b':') else line
                                        for line in system.lines(name)])
    return new


def cure_odd_owner(system, finding, chance):
    old = finding['whose']
    new = bytes(c for c in old if b' ' < bytes([c]) <= b'~')
    return rename(system, old, new if new and new[:1] not in b'#+-' else b'odd%d' % system.take_free(1))


def cure_no_ranges(system, finding, chance):
    """A new owner, by the command; or a line for one of the other file, or a new one in both."""
    if chance.random() < 0.5 and system.run(re.match(r"run '(.*)'$", finding['advice'])[1].replace('OWNER', 'new'))[0] == 0:
        return
    database = side(finding)
    others = {owner for _, _, owner, _, count in system.ranges(1 - database) if count}
    count = 65536
    if others:
        owner = min(others)
        count = totals(system, owner)[1 - database]
    else:
        owner = b'new'
        system.add_line(RANGE_FILES[1 - database][0], b'new:%d:%d' % (system.take_free(count), count))
    system.add_line(finding['name'], b'%s:%d:%d' % (owner, system.take_free(count), count))


def cure_no_range(system, finding, chance):
    column, advice = finding['column'] - 1, finding['advice']
    fresh = system.take_free(65536)

    def change(line):
        before, there = line[:column], line[column:]
        if advice == 'write owner:start:count':
            owner = re.split(rb'[: ]', line.strip())[0] or b'new'
            return [b'%s:%d:65536' % (owner, fresh)]
        if advice == 'give the comment a line of its own':
            return [there, before.rstrip()]
        if advice in ('remove it', 'remove them'):
            if finding['message'].endswith('more than three fields'):
                raise Failed('advice')
            return [before + there[1:] if b'NUL' in finding['message'].encode() else before + there.lstrip()]
        if advice == 'remove the 0 in front':
            # Of the number in which the column stands.
            head, colon, field = before.rpartition(b':')
            field += there.split(b':')[0]
            return [head + colon + re.sub(rb'^([ \t-\r]*\+?)0+(?=\d)', rb'\1', field) +
                    line[len(head + colon + field):]]
        if advice in ('write a number from 0 to 4294967295', 'write a number alone', 'write a smaller one'):
            fields = line.split(b':')
            index = before.count(b':')
            fields[index] = b'%d' % (fresh if index == 1 else 65536)
            return [b':'.join(fields)]
        if advice == 'lower the count':
            owner, start, _ = line.split(b':')
            return [b'%s:%s:%d' % (owner, start, min(65536, (1 << 32) - number(start)))]
        if advice == 'end lines with a newline alone, as dos2unix does':
            return [line.rstrip(b'\r')]
        if advice == 'shorten the line':
            owner, colon, rest = line.partition(b':')
            return [owner[:20] + colon + rest] if len(rest) < 500 else [b'%s:%d:65536' % (owner[:20], fresh)]
        if advice == 'remove the line':
            return []
        raise Failed(f'no rule for this advice: {advice}')

    system.edit_line(finding, change)


def cure_zero(system, finding, chance):
    """The same numbers, as they are read here."""
    system.edit_line(finding, lambda line: [b'%s:%d:%d' % parse(line)])


def cure_order(system, finding, chance):
    """In both databases: a position has a UID and a GID."""
    owner = finding['whose']
    for database in 0, 1:
        left = sorted((start, count) for _, _, other, start, count in system.ranges(database) if other == owner)
        for name in RANGE_FILES[database]:
            if system.exists(name):
                system.put_lines(name, [b'%s:%d:%d' % (owner, *left.pop(0)) if parse(line) and parse(line)[0] == owner
                                        else line for line in system.lines(name)])


def cure_own_uid(system, finding, chance):
    uid = int(re.search(r'his own UID (\d+)', finding['message'])[1])
    move(system, finding, [(uid, uid)])


def cure_answered(system, finding, chance):
    ids = [int(uid) for uid in re.findall(r'(\d+) is ', finding['message'])]
    move(system, finding, merged((uid, uid) for uid in ids))


def cure_account_name(system, finding, chance):
    system.edit_line(finding, lambda line: [b'renamed' + line[line.index(b':'):]])


def cure_no_group(system, finding, chance):
    """Ordinary users have no groupadd that works."""
    if os.geteuid() == 0 and shutil.which('groupadd', path=ENVIRONMENT['PATH']):
        run_advice(system, finding, chance)
    else:
        system.add_line('etc/group', b'nss-subuid:x:%d:' % free_gid(system))


def free_gid(system):
    taken = [(start, count) for _, _, _, start, count in system.ranges(1)] + \
        [(gid, 1) for _, gid in system.accounts(1)]
    return next(gid for gid in (*range(999, 99, -1), system.take_free(1))
                if not any(start <= gid < start + count for start, count in taken))


def cure_group_id(system, finding, chance):
    def change(line):
        fields = line.split(b':')
        fields[2] = b'%d' % free_gid(system)
        return [b':'.join(fields)]

    system.edit_line(finding, change)


def cure_members(system, finding, chance):
    system.edit_line(finding, lambda line: [b':'.join(line.split(b':')[:3]) + b':'])


def cure_text(change):
    def cure(system, finding, chance):
        system.write(finding['name'], change(system.read(finding['name'])))
    return cure


def make_file(system, finding, chance):
    data = system.read(finding['name'])
    os.unlink(system.path(finding['name']))
    system.write(finding['name'], data)


def change_mode(system, finding, chance):
    """By the command, or of the file that a link leads to."""
    by_hand = re.fullmatch(r'give the file that it leads to the mode (\d+)', finding['advice'])
    if by_hand:
        os.chmod(system.path(finding['name']), int(by_hand[1], 8))
    else:
        run_advice(system, finding, chance)


def run_advice(system, finding, chance):
    command = re.fullmatch(r"run '(.*)'", finding['advice'])[1]
    status, errors = system.run(command)
    if status:
        raise Failed(f'{command}: {errors}')


def remove_import(system, finding, chance):
    for names in RANGE_FILES:
        if system.exists(names[1]):
            os.unlink(system.path(names[1]))


def cure_mark(system, finding, chance):
    system.put_lines(finding['name'], system.lines(finding['name'])[1:])


# --- who uses them --------------------------------------------------------------------------------

def add(system, advice):
    """What "subuidctl add" does: the same line into both files. With a start it is run itself."""
    owner, pods, start, count = re.search(
        r'subuidctl add (\S+?)(?: --pods (\d+))?(?: --start (\d+))?(?: --count (\d+))?(?= --root|\')', advice).groups()
    count = int(count or int(pods or 1) * 65536)
    if start:
        run_advice(system, {'advice': advice}, None)
        return
    system.take_free(-system.free % 65536)
    system.free -= system.free % 65536
    start = system.take_free(count)
    for names in RANGE_FILES:
        system.add_line(names[0], f'{owner}:{start}:{count}'.encode())


def remove_lines(system, owner):
    for names in RANGE_FILES:
        system.put_lines(names[0], [line for line in system.lines(names[0]) if not line.startswith(owner + b':')])


def cure_by_add(system, finding, chance):
    if finding['advice'].startswith('remove the line, then '):
        remove_lines(system, finding['whose'])
    add(system, finding['advice'])


def cure_kubelet_lines(system, finding, chance):
    if finding['advice'] != 'leave one line, the same in both files':
        cure_by_add(system, finding, chance)
        return
    line = next(line for line in system.lines(RANGE_FILES[0][0]) if line.startswith(b'kubelet:'))
    remove_lines(system, b'kubelet')
    for names in RANGE_FILES:
        system.add_line(names[0], line)


def cure_kubelet_mismatch(system, finding, chance):
    line = next(line for line in system.lines(RANGE_FILES[0][0]) if line.startswith(b'kubelet:'))
    system.edit_line(finding, lambda _: [line])


def cure_kubelet_count(system, finding, chance):
    if finding['advice'].startswith('remove the line, then '):
        cure_by_add(system, finding, chance)
        return
    count = int(re.fullmatch(r'make it (\d+), in both files', finding['advice'])[1])
    for names in RANGE_FILES:
        system.put_lines(names[0], [b'kubelet:%d:%d' % (parse(line)[1], count) if line.startswith(b'kubelet:') else line
                                    for line in system.lines(names[0])])


def add_account(system, finding, chance):
    name = re.search(r"useradd --system --no-create-home --shell \S+ (\w+)'", finding['advice'])[1]
    system.add_line('etc/passwd', f'{name}:x:{free_gid(system)}:998::/:/usr/sbin/nologin'.encode())


def drain(system, finding, chance):
    shutil.rmtree(system.path('var/lib/kubelet/pods'))
    add(system, finding['advice'])
    add_account(system, finding, chance)


def cure_lxc(system, finding, chance):
    advice = re.fullmatch(r'add the line (\S+) to (\S+|both files)(, sorted by its start)?', finding['advice'])
    if advice:
        line = advice[1].encode()
        owner, start, _ = parse(line)
        for names in RANGE_FILES:
            if advice[2] not in ('both files', f'/{names[0]}'):
                continue
            lines = system.lines(names[0])
            at = [i for i, other in enumerate(map(parse, lines)) if other and other[0] == owner and other[1] > start]
            lines.insert(at[0] if advice[3] else len(lines), line)
            system.write(names[0], b'\n'.join(lines) + b'\n')
    elif finding['advice'] == "map IDs that are root's":
        _, start, count = next(line for line in map(parse, system.lines('etc/subuid')) if line and line[0] == b'root')
        system.edit_line(finding, lambda line: [re.sub(rb'(\d+) \d+ \d+$', rb'\1 %d %d' % (start, count), line)])
    else:
        add(system, finding['advice'])


def cure_incus(system, finding, chance):
    line = re.match(r'write root:START:(\d+) into both files', finding['advice'])
    add(system, f"subuidctl add root --count {line[1]}'" if line else finding['advice'])


def cure_docker(system, finding, chance):
    if finding['advice'].startswith('name an account'):
        system.write('etc/docker/daemon.json', '{"userns-remap": "default"}')
        return
    if 'useradd' in finding['advice']:
        add_account(system, finding, chance)
    if 'subuidctl add' in finding['advice']:
        add(system, finding['advice'])


# --- nsswitch.conf --------------------------------------------------------------------------------

def take_away(line, column):
    """The [...] or the word at a column, with its [...], is taken away."""
    before, there = line[:column], line[column:]
    there = re.sub(rb'^(\[[^]]*\]?|[^\s[]+(\s*\[[^]]*\])?)', b'', there)
    return before + there


def fix_brackets(line, column):
    """The [...] that cannot be read becomes one that can: the last one that begins in front."""
    begin = line.rindex(b'[', 0, column + 1)
    end = line.find(b']', begin)
    nested = line.find(b'[', begin + 1)
    end = len(line) if end < 0 else end + 1
    if 0 <= nested < end:
        end = nested
    return line[:begin] + b'[UNAVAIL=continue]' + line[end:]


def edit_nsswitch(system, finding, edit):
    # That of the distribution is not edited, but its copy.
    if finding['file'].startswith('/usr/etc/'):
        shutil.copy(system.path('usr/etc/nsswitch.conf'), system.path(NSSWITCH))
        finding = dict(finding, file='/' + NSSWITCH, name=NSSWITCH)
    column = finding['column'] - 1 if finding['column'] else None
    match = re.fullmatch(r'add "(.*)"', edit)
    if edit in ('end it', 'add one'):
        system.write(NSSWITCH, system.read(NSSWITCH) + b'\n')
    elif edit == 'write it with the lines "passwd: files" and "group: files"':
        system.write(NSSWITCH, 'passwd: files\ngroup: files\n')
    elif match:
        system.add_line(NSSWITCH, match[1].encode())
    elif edit == 'write [STATUS=ACTION]':
        system.edit_line(finding, lambda line: [fix_brackets(line, column)])
    elif edit in ('take it away', 'take one away', 'put all into one [...]'):
        system.edit_line(finding, lambda line: [take_away(line, column)])
    elif edit == 'take its action away, or the line for initgroups':
        system.edit_line(finding, lambda line: [line[:column] + re.sub(
            rb'^([^\s[]+)\s*\[[^]]*\]', rb'\1', line[column:])])
    elif edit == 'write [SUCCESS=continue] behind it, or take the line away':
        system.edit_line(finding, lambda line: [line[:column] + re.sub(
            rb'^([^\s[]+)(\s*\[[^]]*\])?', rb'\1 [SUCCESS=continue]', line[column:])])
    elif edit == 'remove it':
        # The first word of the line is told.
        while finding:
            system.edit_line(finding, lambda line: [take_away(line, finding['column'] - 1)])
            finding = next((f for f in system.check() if f['finding'] == finding['finding'] and
                            f['line'] == finding['line']), None)
    elif edit in ('remove one of the two', 'take the line away'):
        system.edit_line(finding, lambda line: [])
    elif edit == 'give the comment a line of its own':
        system.edit_line(finding, lambda line: [line[column:], line[:column]])
    elif edit == 'name one, such as files':
        system.edit_line(finding, lambda line: [re.sub(rb'^(\s*\w+[\s:]*)', rb'\1files ', line)])
    else:
        raise Failed(f'no rule for this advice: {edit}')


def cure_nsswitch(system, finding, chance):
    """The edit, if one is named, then the command, if one is named. enable may still refuse, for a reason
    that check gives too: then that is cured first."""
    edit, _, command = re.fullmatch(r"(.*?)(, then )?(?:run '(.*)'|change the file .* or make it a file)?",
                                    finding['advice']).groups()
    if finding['advice'].endswith('or make it a file'):
        make_file(system, finding, chance)
        command = f'subuidctl enable --root {shlex.quote(system.folder)}'
    if edit:
        edit_nsswitch(system, finding, edit)
    for tries in range(12):
        if not command:
            break
        status, errors = system.run(command)
        if status == 0:
            break
        reasons = [f for f in system.check() if f['name'].endswith(NSSWITCH) and f['advice'].split(', then ')[0] in errors]
        if status != 1 or not reasons or tries == 11:
            raise Failed(f'{command}: status {status}: {errors}')
        if reasons[0]['advice'].endswith('or make it a file'):
            make_file(system, reasons[0], chance)
        else:
            edit_nsswitch(system, reasons[0], reasons[0]['advice'].split(', then ')[0])


CURES = {
    'no-range': cure_no_range,
    'odd-line': cure_no_range,
    'no-ranges': cure_no_ranges,
    'empty-range': cure_empty,
    'excluded-id': leaver_out(EXCLUDED),
    'odd-owner': cure_odd_owner,
    'two-owners': cure_two_owners,
    'overlap': cure_overlap,
    'overlap-of-one': cure_own_overlap,
    'no-gids': cure_fewer,
    'fewer-gids': cure_fewer,
    'no-uids': cure_fewer,
    'other-position': cure_position,
    'account': cure_account,
    'leading-zero': cure_zero,
    'not-ascending': cure_order,
    'own-uid': cure_own_uid,
    'answered': cure_answered,
    'account-name': cure_account_name,
    'no-group': cure_no_group,
    'group-id': cure_group_id,
    'group-members': cure_members,
    'group-hidden': cure_members,
    'root-id': leaver_out([(0, 999)]),
    'system-ids': leaver_out([(0, 999)]),
    'login-ids': cure_login_ids,
    'dynamic-user': mover([(61184, 65519)]),
    'nspawn': cure_nspawn,
    'sssd-map': cure_map,
    'winbind-map': cure_map,
    'authd-map': cure_map,
    'himmelblau-map': cure_map,
    'no-room': cure_no_room,
    'symlink': make_file,
    'no-newline': cure_text(lambda data: data + b'\n'),
    'nul-byte': cure_text(lambda data: data.replace(b'\0', b'')),
    'not-readable': change_mode,
    'writable': change_mode,
    'unused-import': remove_import,
    'mark': cure_mark,
    'kubelet-lines': cure_kubelet_lines,
    'kubelet-mismatch': cure_kubelet_mismatch,
    'kubelet-ids': cure_text(lambda data: re.sub(rb'idsPerPod: .*', b'idsPerPod: 65536', data)),
    'kubelet-start': cure_by_add,
    'kubelet-count': cure_kubelet_count,
    'kubelet-pods': cure_kubelet_count,
    'kubelet-unused': add_account,
    'pods-unnamed': drain,
    'pods-misnamed': drain,
    'containers-account': add_account,
    'docker-remap': cure_docker,
    'lxc-map': cure_lxc,
    'incus-root': cure_incus,
    **dict.fromkeys(('not-enabled', 'mistake', 'not-read', 'two-lines', 'comment', 'own-action', 'compat',
                     'twice', 'wrong-database', 'before-accounts', 'before-systemd', 'behind-systemd',
                     'behind-return', 'behind-continue', 'merge', 'initgroups', 'initgroups-action'), cure_nsswitch),
}


# --- one system -----------------------------------------------------------------------------------

def key(finding):
    """What makes it the same one as before. No GIDs may have become too few."""
    kind = finding['finding']
    return finding['name'], 'fewer-gids' if kind == 'no-gids' else kind, finding['whose']


def is_gone(finding, before, after):
    if finding['finding'] in ('mistake', 'not-read', 'initgroups', 'initgroups-action'):
        # The first reason is told: now it may be another.
        return not any(all(f[i] == finding[i] for i in ('finding', 'message', 'text')) for f in after)

    def count(findings):
        return sum((f['name'], f['finding']) == (finding['name'], finding['finding']) for f in findings)

    return count(after) < count(before)


POSITIONS = ('no-gids', 'fewer-gids', 'no-uids', 'other-position')
OF_RANGES = POSITIONS + ('empty-range', 'excluded-id', 'odd-owner', 'two-owners', 'overlap', 'overlap-of-one',
                         'account', 'root-id', 'system-ids', 'login-ids', 'dynamic-user', 'nspawn', 'sssd-map',
                         'winbind-map', 'authd-map', 'himmelblau-map', 'no-room', 'subid-ignored', 'leading-zero', 'not-ascending', 'own-uid', 'answered',
                         'group-id')
# The rules give an owner other IDs, higher ones: then his lines are to be sorted.
GIVES_OTHERS = ('excluded-id', 'overlap', 'overlap-of-one', 'account', 'root-id', 'system-ids', 'login-ids',
                'dynamic-user', *MAPS, 'own-uid', 'answered', 'nspawn', 'empty-range',
                'no-ranges') + POSITIONS


class Hidden:
    """What a system had hidden before a cure: may a finding appear after it?"""

    def __init__(self, system, before, finding):
        self.finding, self.before, self.exists = finding, before, system.exists(NSSWITCH)
        self.broken = {line.split(b':')[0] for names in RANGE_FILES for name in names
                       for line in system.lines(name) if b':' in line and line[:1] != b'#' and not parse(line)}
        self.ranges = [[r[2:] for r in system.ranges(database)] for database in (0, 1)]

    def had(self, finding, whose):
        return any(f['finding'] == finding and f['whose'] == whose for f in self.before)

    def shows(self, new):
        kind, whose, cured = new['finding'], new['whose'], self.finding['finding']
        if not self.exists and kind in (*MAPS, 'subid-ignored', 'not-imported', 'old-import'):
            return True
        if new['name'] == NSSWITCH:
            if kind == 'comment' and self.had('not-read', whose):
                return True
            # It had to stand there for a record inside the range.
            if kind == 'behind-systemd' and cured in GIVES_OTHERS:
                return True
            # There was no range that holds one.
            if kind == 'before-systemd' and cured in ('no-range', 'nul-byte'):
                return True
            # The file was not read; the line did not count, or its word in front of the "#" did not.
            return cured == 'mistake' or not self.exists or (whose == self.finding['whose'] and (
                cured == 'not-read' or (cured == 'comment' and re.search(rb'\S#', self.finding['text']))))
        # A line or a service counts by now.
        if kind in MAPS and self.finding['name'] == NSSWITCH:
            return True
        # A line that was none has findings of its own, and others meet it.
        if cured in ('no-range', 'nul-byte'):
            return kind in OF_RANGES + ('no-range', 'no-ranges', 'odd-line', 'account-name', 'group-hidden')
        # What an owner has was not known; a map of two halves is not compared.
        if kind in POSITIONS and whose in self.broken:
            return True
        if kind in POSITIONS and any(r[0] == whose and r[2] == 1 for ranges in self.ranges for r in ranges):
            return True
        if kind in ('other-position', 'not-ascending') and self.had('overlap-of-one', whose):
            return True
        # What two lines held, one of them still holds.
        if kind == 'overlap' and parse(new['text']):
            owner, start, count = parse(new['text'])
            if any(r == (owner, start, count) for r in self.ranges[side(new)]) and \
                    any(r[0] != owner and r[2] and r[1] < start + count and start < r[1] + r[2]
                        for r in self.ranges[side(new)]):
                return True
        # What a name is, the owner's other lines have told.
        if kind == 'odd-owner' and self.had(kind, whose):
            return True
        # Of which one stood in the one file, one in the other.
        if kind == 'two-owners':
            names = re.match(r'(\S+) and (\S+) \(', new['message']).groups()
            return all(any(r[0] == name.encode() for ranges in self.ranges for r in ranges) for name in names)
        # Of a user in the directory's place the other file has told it.
        if kind == 'subid-ignored' and cured not in ('two-owners', 'odd-owner', 'no-ranges'):
            return any(f['finding'] == kind for f in self.before)
        # One owner by now.
        if cured in ('two-owners', 'odd-owner'):
            return kind in POSITIONS + ('overlap-of-one', 'two-owners', 'not-ascending', 'own-uid', 'subid-ignored')
        if cured in GIVES_OTHERS and kind == 'not-ascending':
            return True
        # It is called as the ID that it had, or lines name it by that.
        if cured == 'account' and kind in ('account-name', *POSITIONS):
            return True
        # Of a map, and of systemd-nspawn, the first range is told alone.
        if kind in (*MAPS, 'nspawn') and any(f['finding'] == kind for f in self.before):
            return True
        # The same lines in both files, imported ones too.
        if cured == 'other-position' and kind == 'unused-import':
            return True
        # A line of one ID that was the group's.
        if cured == 'group-id' and kind in OF_RANGES and parse(new['text']) and parse(new['text'])[2] == 1:
            return True
        # groupadd does not know of ranges.
        if cured == 'no-group' and kind in ('group-id', 'account'):
            return True
        # Too many to be given others: these GIDs are those of the UIDs.
        if cured == 'other-position' and whose == b'big':
            return kind in OF_RANGES
        # Other positions have other GIDs.
        if cured == 'not-ascending' and kind == 'other-position':
            return True
        # Without it, or without its ranges, there are fewer of them.
        if cured == 'unused-import':
            return kind in POSITIONS + ('no-ranges', )
        # An owner who is a user.
        if cured == 'no-ranges' and kind == 'subid-ignored':
            return True
        return cured == 'empty-range' and kind == 'no-ranges'


def describe(system):
    text = []
    for folder, _, names in sorted(os.walk(system.folder)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if '/usr/lib' not in path:
                mode = 'link' if os.path.islink(path) else oct(os.stat(path).st_mode & 0o777)
                with open(path, 'rb') as file:
                    text.append(f'{path[len(system.folder):]} ({mode}): {file.read()[:1500]!r}')
    return '\n'.join(text)


def follow(system, chance, cured):
    """Cures one finding after another; cured counts their names."""
    findings = system.check()
    story = [describe(system)]
    for _ in range(150):
        left = [f for f in findings if f['finding'] not in OTHERS and not f['advice'].startswith(KEEPERS)]
        if not left:
            return
        finding = chance.choice(left)
        hidden = Hidden(system, findings, finding)
        before = describe(system)
        try:
            if finding['finding'] not in CURES:
                raise Failed('no rule')
            new_owner = CURES[finding['finding']](system, finding, chance)
            after = system.check()
            if not is_gone(finding, findings, after):
                raise Failed('still there')
            known = set(map(key, findings))
            if finding['finding'] == 'not-ascending':
                # His lines may now stand in the other file of a database.
                known |= {(name, kind, whose) for old, kind, whose in known for names in RANGE_FILES if old in names
                          for name in names if whose == finding['whose']}
            if new_owner:
                known |= {(name, kind, new_owner) for name, kind, whose in known if whose == finding['whose']}
            for new in after:
                if key(new) not in known and not hidden.shows(new):
                    raise Failed(f'new: {new}')
        except Failed as reason:
            raise Failed(f'{finding}\n{reason}\n--- before\n{before}\n--- after\n{describe(system)}') from None
        cured[finding['finding']] = cured.get(finding['finding'], 0) + 1
        findings = after
    raise Failed(f'no end: {findings}\n{story[0]}')


# --- systems --------------------------------------------------------------------------------------

ELF = b'\x7fELF\x02\x01\x01' + bytes(9)
OWNERS = (b'containers', b'bob', b'eve', b'kubelet', b'1000', b'1001', b'root', b'a b', 'Zoë'.encode(), b'x')
STARTS = (0, 1, 999, 1000, 1001, 59990, 60000, 61184, 65515, 65530, 65534, 65536, 100000, 100005, 165536, 200000,
          200005, 231072, 265536, 300000, 524288, 3000000, 4294967290)
COUNTS = (0, 1, 2, 5, 10, 10, 100, 65536, 65536, 65536, 65537)
BROKEN = (b'bob', b'bob:1', b':1:1', b'bob:1:1:', b'bob:1:1:1', b'bob:300000:', b'bob::5', b'bob:300000:5 ', b' ',
          b'bob:300000:5 # mine', b' # comment', b'bob:-1:5', b'bob:08:5', b'bob:300000:019', b'bob:0x:5',
          b'bob:0xg:5', b'bob:5000000000:1', b'bob:300000:4294967296', b'bob:4294967290:7', b'bob:300000:5\r',
          b'+bob:300000:5', b'-', b'+::', b'o' * 1020 + b':7:1', b'bob:300000:65536k', b'bob 300000 65536',
          b'bob:300000:5\0', b'\tbob', b'eve:30 0000:5', b'eve:0b1:1')
SPELLINGS = (b'%d', b'%d', b'%d', b'0x%x', b'0%o', b' +%d', b'0X%X')


def random_line(chance):
    if chance.random() < 0.12:
        return chance.choice(BROKEN)
    if chance.random() < 0.08:
        return chance.choice((b'# comment', b'', b'#bob:1:1'))
    count = chance.choice(COUNTS)
    start = min(chance.choice(STARTS) + chance.choice((0, 0, 0, 1, 7, 3000000, 70000000)), (1 << 32) - count - 1)
    return b':'.join((chance.choice(OWNERS), chance.choice(SPELLINGS) % start, chance.choice(SPELLINGS) % count))


def random_lines(chance):
    return [random_line(chance) for _ in range(chance.choice((0, 1, 1, 2, 3, 5)))]


SERVICES = ('files', 'files', 'files', 'subuid', 'subuid', 'systemd', 'sss', 'ldap', 'compat', 'altfiles',
            'mymachines', 'winbind', 'authd', 'himmelblau')
BRACKETS = (' [NOTFOUND=return]', ' [SUCCESS=merge]', ' [SUCCESS=continue]', ' [!SUCCESS=return]',
            ' [UNAVAIL=return]', '[NOTFOUND=continue]', ' [SUCCESS=merge UNAVAIL=merge]', ' [!NOTFOUND=continue]')


def random_services(chance):
    words = []
    for i in range(chance.randrange(6)):
        words.append(chance.choice(SERVICES if i else ('files', ) * 4 + SERVICES))
        if chance.random() < 0.15:
            words[-1] += chance.choice(BRACKETS)
        if chance.random() < 0.03:
            words[-1] += chance.choice(BRACKETS)
        if chance.random() < 0.02:
            words[-1] += chance.choice((' [NOTFUND=return]', ' [x]', ' [SUCCESS=', ' [!=return]', ' [NOTFOUND=return'))
        if chance.random() < 0.04:
            words[-1] += chance.choice((' #', ' # sss', ' # local first', '#'))
    return ' '.join(words)


def random_nsswitch(chance):
    if chance.random() < 0.3:
        text = 'passwd: files subuid systemd\ngroup: files [SUCCESS=merge] systemd subuid\n'
    else:
        databases = [d for d in ('passwd', 'group') if chance.random() < 0.97] + \
            [d for d in ('passwd', 'group', 'initgroups', 'passwd_compat', 'group_compat', 'shadow', 'hosts')
             if chance.random() < 0.12]
        chance.shuffle(databases)
        text = ''.join(f'{d}: {random_services(chance)}\n' for d in databases)
        if chance.random() < 0.1:
            text = text[:-1]
        if chance.random() < 0.3:
            text = '# passwd: comment\n\n' + text
    if chance.random() < 0.3:
        text = chance.choice(('subid: sss\n', 'subid: files\n', 'SUBID:sss\n', ' subid: sss\n')) + text
    return text


def random_system(system, chance):
    large = chance.random() < 0.2
    for name in 'libc.so.6', 'libnss_subuid.so.2':
        if chance.random() < 0.97:
            system.write(f'usr/lib/{name}', ELF)
    if chance.random() < 0.4:
        system.write('usr/bin/systemd-nspawn', '')
    for first, second in zip(*RANGE_FILES):
        if first.startswith('etc/nss') and chance.random() < 0.6:
            continue
        lines = random_lines(chance)
        others = [line for line in lines if chance.random() < 0.9]
        if chance.random() < 0.3:
            chance.shuffle(others)
        if chance.random() < 0.3:
            others = random_lines(chance)
        if large and not first.startswith('etc/nss'):
            line = b'big:%d:%d' % (chance.choice((3000000, 524288, 200000)), chance.choice((268435456, 1690000000, 1800000000)))
            lines.insert(chance.randrange(len(lines) + 1), line)
            others.insert(chance.randrange(len(others) + 1), line)
        for name, text in ((first, lines), (second, others)):
            if chance.random() < 0.03 and not large:
                continue
            data = b''.join(line + b'\n' for line in text)
            system.write(name, data[:-1] if chance.random() < 0.06 else data)
            if chance.random() < 0.05:
                os.rename(system.path(name), system.path(name + '.file'))
                os.symlink(os.path.basename(name) + '.file', system.path(name))
            if chance.random() < 0.1:
                os.chmod(system.path(name), chance.choice((0o600, 0o640, 0o664, 0o646, 0o666, 0o620)))
    if chance.random() < 0.05:
        os.makedirs(system.path('etc/nss-subuid'), exist_ok=True)
        os.chmod(system.path('etc/nss-subuid'), chance.choice((0o700, 0o775, 0o750)))
    for name, end in (('etc/passwd', ':1::/:'), ('etc/group', ':')):
        group = chance.choice(('nss-subuid:x:999:', ) * 6 + ('nss-subuid:x:999:bob', 'nss-subuid:x:0:', 'nss-subuid:x:200005:', ''))
        members = chance.choice(('', '', '', 'bob', '_200001,bob', 'bob,_300002'))
        lines = ['root:x:0' + end, 'bob:x:1000' + end, 'nobody:x:65534' + end]
        # None is called kubelet: its line has rules of its own, which cures of other findings would break.
        for account in 'eve', 'containers', 'core', 'x', 'y', 'z':
            if chance.random() < 0.3:
                lines.append(f'{account}:x:{chance.choice(STARTS) + chance.choice((0, 0, 1, 3, 1000))}{end}')
        if chance.random() < 0.2:
            lines.append(chance.choice(('+', '+::::::', '#x:x:200001:', '-x:x:200001:', 'bad', 'one:x:1001:')))
        if chance.random() < 0.15:
            lines.append(f'_{chance.choice((200001, 300002, 100003))}:x:{chance.choice((200001, 5000))}{end}')
        if name == 'etc/group':
            lines += [group, 'staff:x:50:' + members] if group else ['staff:x:50:' + members]
        system.write(name, '\n'.join(lines) + '\n')
    if chance.random() < 0.97:
        system.write(NSSWITCH, random_nsswitch(chance))
    elif chance.random() < 0.5:
        system.write('usr/' + NSSWITCH, random_nsswitch(chance))
    if chance.random() < 0.06 and system.exists(NSSWITCH):
        os.rename(system.path(NSSWITCH), system.path('etc/elsewhere'))
        os.symlink('elsewhere', system.path(NSSWITCH))
    if chance.random() < 0.15:
        system.write(f'etc/userdb/{chance.choice(STARTS) + 3}.{chance.choice(("user", "group"))}', '{}')
    if chance.random() < 0.4:
        low = chance.choice((200000, 3000000, 300000))
        system.write('etc/sssd/sssd.conf', '[domain/x]\nid_provider = ad\n' + chance.choice(
            ('', f'ldap_idmap_range_min = {low}\n', f'ldap_idmap_range_max={low}\n', 'ldap_id_mapping = false\n')))
        system.write('etc/samba/smb.conf', f'[global]\nidmap config * : range = {low} - {low + 1000}\n')
        system.write('etc/authd/authd.yaml', f'#UID_MIN: 1\nUID_MIN: {low}\nUID_MAX: {low + 1000}\n')
        system.write('etc/himmelblau/himmelblau.conf', f'[global]\nidmap_range = {low}-{low + 1000}\n')
    if chance.random() < 0.2:
        system.write('etc/login.defs', chance.choice(('UID_MAX 59999\nGID_MAX 59999\n', 'UID_MIN 500\n')))
    if chance.random() < 0.2:
        system.write('etc/nss-subuid/owners', 'bob\n')


MARK = '# Written by subuidctl import; sorted by start up to byte '
# Systems that people have: what differs from a node as it should be.
NODE = {
    'etc/subuid': 'containers:200000:268435456\n', 'etc/subgid': 'containers:200000:268435456\n',
    'etc/passwd': 'root:x:0:0::/:\nbob:x:1000:1000::/:\n', 'etc/group': 'root:x:0:\nbob:x:1000:\nnss-subuid:x:999:\n',
    NSSWITCH: 'passwd: files subuid systemd\ngroup: files [SUCCESS=merge] systemd subuid\n',
    'usr/lib/libc.so.6': ELF, 'usr/lib/libnss_subuid.so.2': ELF,
}


def kubelet(uids, gids=None, account=True, pod=None, ids=65536):
    """A node whose kubelet has these lines."""
    system = {
        'etc/subuid': ''.join(line + '\n' for line in uids),
        'etc/subgid': ''.join(line + '\n' for line in (uids if gids is None else gids)),
        'etc/passwd': NODE['etc/passwd'] + ('kubelet:x:998:998::/:\n' if account else ''),
        'usr/bin/getsubids': ELF, 'usr/bin/getent': ELF,
        'var/lib/kubelet/config.yaml': f'kind: KubeletConfiguration\nuserNamespaces:\n  idsPerPod: {ids}\n',
    }
    if pod:
        mapping = f'[{{"hostId":{pod},"containerId":0,"length":65536}}]'
        system['var/lib/kubelet/pods/a/userns'] = f'{{"uidMappings":{mapping},"gidMappings":{mapping}}}'
    return system


def lxc(idmap, uids, gids=None):
    """A host whose containers map so."""
    return {'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF, 'etc/lxc/default.conf': f'lxc.idmap = {idmap}\n',
            'etc/subuid': uids + '\n', 'etc/subgid': (gids or uids) + '\n'}


COLLECTED = (
    {},
    {NSSWITCH: 'passwd: files\ngroup: files\n'},
    {NSSWITCH: 'passwd: files systemd ldap\ngroup: files [SUCCESS=merge] systemd\n'},
    {NSSWITCH: None},
    {NSSWITCH: None, 'usr/etc/nsswitch.conf': 'passwd: compat\ngroup: compat\n'},
    {NSSWITCH: None, 'usr/etc/nsswitch.conf': 'passwd: files [NOTFUND=return] subuid\ngroup: files [NOTFOUND=return] subuid\n'},
    {NSSWITCH: 'passwd: files [NOTFOUND=return] sss\ngroup: files [SUCCESS=continue]\n'},
    {NSSWITCH: 'passwd: files [NOTFUND=return] sss\ngroup: files [x\n'},
    {NSSWITCH: 'passwd: compat\ngroup: compat\npasswd_compat: subuid\ngroup_compat: subuid\n',
     'etc/passwd': 'root:x:0:0::/:\n+::::::\n'},
    {NSSWITCH: 'passwd: files systemd # sss\ngroup: files # [x]\nshadow: files subuid\n'},
    {NSSWITCH: 'passwd: subuid files\ngroup: files subuid [NOTFOUND=return] systemd\n'},
    {NSSWITCH: 'passwd: files subuid systemd\ngroup: files [SUCCESS=merge] subuid systemd\n',
     'etc/userdb/200007.user': '{}'},
    {NSSWITCH: 'passwd: files subuid\ngroup: files subuid\npasswd: files subuid'},
    {NSSWITCH: 'passwd: files systemd subuid\ngroup: files subuid\n'},
    {NSSWITCH: 'passwd: files subuid\ngroup: files [SUCCESS=merge] subuid systemd\n'},
    {NSSWITCH: 'passwd: files [SUCCESS=continue] subuid\ngroup: files subuid\n'},
    {NSSWITCH: 'passwd: files subuid subuid\ngroup: files subuid\n'},
    {NSSWITCH: 'passwd: subuid files\ngroup: files subuid\n'},
    {NSSWITCH: 'passwd: files subuid\ngroup: files subuid\n', 'etc/userdb/200007.user': '{}'},
    {NSSWITCH: 'passwd: files subuid systemd\ngroup: files subuid systemd\n', 'etc/userdb/200007.user': '{}'},
    {'etc/subuid': 'bob:100000:5\nbob:200000:5\n', 'etc/subgid': 'bob:200000:5\nbob:100000:5\n'},
    {'etc/subuid': 'containers:200000:268435456\n#\0\n'},
    {'etc/group': 'root:x:0:\n'},
    {'etc/group': 'root:x:0:\nnss-subuid:x:200005:bob\nstaff:x:50:_200007,bob\n',
     NSSWITCH: 'passwd: files subuid\ngroup: files subuid\ninitgroups: files\n'},
    {NSSWITCH: 'passwd: files subuid\ngroup: files subuid\ninitgroups: subuid [NOTFOUND=return] files\n'},
    {NSSWITCH: 'passwd: files subuid\ngroup: files subuid\ninitgroups: # none\n'},
    {'etc/passwd': 'root:x:0:0::/:\n_200007:x:5:5::/:\n'},
    {'etc/subuid': 'bob:0303240:65536\nbob:100:65536\n', 'etc/subgid': 'bob:0303240:65536\nbob:100:65536\n'},
    {NSSWITCH: 'passwd: files extrausers subuid\ngroup: files subuid\n',
     'var/lib/extrausers/passwd': 'joe:x:200005:1::/:\n'},
    {'etc/subuid': 'containers:200000:268435456\nbob:100000:65536\n'},
    {'etc/subuid': 'bob:100000:65536\neve:100000:65536\nbob:131072:65536\n',
     'etc/subgid': 'eve:100000:65536\nbob:100000:65536\n'},
    # Not all IDs: others have to be left that he can be given instead.
    {'etc/subuid': 'bob:0:1900000000\n', 'etc/subgid': 'bob:0:1900000000\n', 'usr/bin/systemd-nspawn': '',
     'etc/login.defs': 'SUB_UID_COUNT 0\n'},
    {'etc/subuid': 'bob:524288:1800000000\n', 'etc/subgid': 'bob:524288:1800000000\n', 'usr/bin/systemd-nspawn': ''},
    {'etc/subuid': '', 'etc/subgid': ''},
    {file: 'root:1000000:1000000000\n' + ''.join(f'u{i}:{100000 + 65536 * i}:65536\n' for i in range(13))
     for file in ('etc/subuid', 'etc/subgid')},
    {NSSWITCH: 'passwd: files authd subuid\ngroup: files authd subuid\n',
     'etc/authd/authd.yaml': 'UID_MIN: 200000\nUID_MAX: 300000\n'},
    {NSSWITCH: 'passwd: files himmelblau subuid\ngroup: files himmelblau subuid\n',
     'etc/himmelblau/himmelblau.conf': '[global]\nidmap_range = 200000-300000\n'},
    {'etc/subuid': None, 'etc/subgid': None},
    {'etc/subuid': 'bob:100000:65536\n1000:300000:65536\n', 'etc/subgid': 'bob:100000:65536\n1000:300000:65536\n'},
    {'etc/nss-subuid/subuid': 'eve:100000:65536\n', 'etc/nss-subuid/subgid': 'eve:100000:65536\n'},
    # One edited that has its size still, one that has not.
    {NSSWITCH: 'passwd: files sss subuid\ngroup: files sss subuid\nsubid: sss\n',
     'etc/nss-subuid/subuid': MARK + '113 of 113\neve:1800000000:65536\nbob:1700000000:65536\n',
     'etc/nss-subuid/subgid': MARK + '13 of 13\neve:1800000000:65536\nbob:1700000000:65536\n'},
    kubelet(('bob:100000:65536',)),
    kubelet(('kubelet:65536:7208960', 'kubelet:7274496:7208960')),
    kubelet(('kubelet:65536:7208960',), ('kubelet:7274496:7208960',)),
    kubelet(('kubelet:65536:7208960',), ids=100000),
    kubelet(('kubelet:100000:7208960',)),
    kubelet(('kubelet:65536:7208961',)),
    kubelet(('kubelet:65536:65536',)),
    # Somebody, or the end of all IDs, is in the way of a longer line.
    kubelet(('kubelet:65536:65536', 'containers:131072:268435456')),
    kubelet(('kubelet:4294770688:65536',)),
    kubelet(('kubelet:100000:100',)),
    kubelet(('kubelet:65536:7208960',), pod=7274496),
    kubelet(('kubelet:65536:7208960',), account=False),
    kubelet(('bob:100000:65536',), account=False, pod=65536),
    kubelet(('bob:200000:65536',), account=False, pod=65536),
    {'usr/bin/podman': ELF + b'\0libsubid.so.6\0'},
    {'etc/docker/daemon.json': '{"userns-remap": "bob"}'},
    {'etc/docker/daemon.json': '{"userns-remap": "eve"}'},
    {'etc/docker/daemon.json': '{"userns-remap": "eve"}', 'etc/subuid': 'eve:200000:70000\n',
     'etc/subgid': 'eve:200000:70000\n'},
    {'etc/docker/daemon.json': '{"userns-remap": "4000"}'},
    {'etc/lxc/default.conf': 'lxc.idmap = u 0 2000000000 65536\nlxc.idmap = g 0 2000000000 65536\n',
     'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF},
    {'etc/lxc/default.conf': 'lxc.idmap = u 0 2000027648 65536\nlxc.idmap = g 0 2000027648 65536\n',
     'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF},
    {'etc/subuid': 'root:100000:65536\n', 'etc/subgid': 'root:100000:65536\n',
     'etc/lxc/default.conf': 'lxc.idmap = b 0 2000000000 65536\n',
     'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF},
    # Root has a part of it; above it; as UIDs only; nothing, as it is another's or the system's.
    lxc('u 0 100000 65537\nlxc.idmap = g 0 100000 65537', 'root:100000:65536'),
    lxc('b 0 100000 65536', 'root:1000000:10000000'),
    lxc('b 0 100000 65536', 'root:100000:65536', 'root:100000:1000'),
    lxc('b 0 100000 65536', 'root:300000:65536\nbob:165000:65536'),
    lxc('b 0 0 65536', 'root:300000:65536'),
    lxc('b 1000 1000 1', 'root:300000:65536'),
    {'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF, 'var/lib/incus/database': ''},
    {'usr/bin/newuidmap': ELF, 'usr/bin/newgidmap': ELF, 'var/lib/incus/database': '',
     'etc/subuid': 'root:1000:1\n', 'etc/subgid': 'root:1000:1\n'},
)


def collected_system(system, differs):
    for name, data in {**NODE, **differs}.items():
        if data is not None:
            system.write(name, data)
            if name.startswith('usr/bin/'):
                os.chmod(system.path(name), 0o755)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    cured, failures, tests = {}, 0, 0
    os.umask(0o022)

    def result(good, what):
        nonlocal failures, tests
        tests += 1
        failures += not good
        print('ok' if good else 'not ok', tests, '-', what, flush=True)

    def attempt(what, build):
        with tempfile.TemporaryDirectory(dir=f'{TOP}/build', prefix='advice.') as folder:
            system = System(folder)
            build(system)
            try:
                follow(system, random.Random(seed), cured)
                return True
            except Failed as reason:
                print(f'# {what}: {reason}'.replace('\n', '\n# '), file=sys.stderr)
                return False

    wrong = [str(i) for i, differs in enumerate(COLLECTED)
             if not attempt(f'collected {i}', lambda system, differs=differs: collected_system(system, differs))]
    result(not wrong, f'{len(COLLECTED)} systems that people have: each advice cures')
    wrong = 0
    for i in range(seed, seed + systems):
        wrong += not attempt(f'random {i}', lambda system, i=i: random_system(system, random.Random(i)))
        if wrong == 5:
            break
    result(not wrong, f'random systems, {seed} to {i}: each advice cures')

    with open(f'{TOP}/man/subuidctl.8', encoding='utf-8') as file:
        named = set(re.findall(r'^\.It Li ([a-z0-9-]+) Ta (?:error|warning) Ta ', file.read(), re.M))
    for what, names in (('has no cure here and no reason', named - set(CURES) - set(OTHERS)),
                        ('is not in the manual', (set(CURES) | set(OTHERS)) - named),
                        ('has a cure and a reason', set(CURES) & set(OTHERS)),
                        ('was never cured', set(CURES) - set(cured) if not wrong else set())):
        for name in sorted(names):
            print(f'# {name} {what}', file=sys.stderr)
        result(not names, f'no finding {what}')
    print(f'# cured: {sum(cured.values())}, {", ".join(f"{n} {cured[n]}" for n in sorted(cured))}')
    print(f'1..{tests}')
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
