#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""agree.py [SEED [SYSTEMS]]: "subuidctl list", "subuidctl whois" and the module say the same.

On random range files and accounts, which it writes to /etc (so in a private root only), it asks all three
for the first, the middle and the last ID of each line and for those beside them: whose is it, at which
position, by which line, with which GID and name, or is it nobody's?
"""

import ctypes
import json
import os
import random
import re
import subprocess
import sys

FILES = ('/etc/subuid', '/etc/nss-subuid/subuid'), ('/etc/subgid', '/etc/nss-subuid/subgid')
EXCLUDED = ((0, 0), (60001, 60705), (61184, 65519), (65534, 65535), (2147352576, 2147418111),
            (4294967295, 4294967295))
NO_GID = 65534
NUMBER = re.compile(rb'[ \t-\r]*\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))')
ACCOUNT = re.compile(rb'[ \t-\r]*([^#+-][^:]*):[^:]*:[ \t-\r]*\+?(\d+)(?::|$)')
SUCCESS, NOTFOUND = 1, 0


# --- the module -----------------------------------------------------------------------------------

class Passwd(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p), ('uid', ctypes.c_uint32),
                ('gid', ctypes.c_uint32), ('gecos', ctypes.c_char_p), ('dir', ctypes.c_char_p),
                ('shell', ctypes.c_char_p)]


class Group(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p), ('gid', ctypes.c_uint32),
                ('members', ctypes.c_void_p)]


MODULE = ctypes.CDLL('libnss_subuid.so.2')
BUFFER = ctypes.create_string_buffer(1024)


def ask(function, key, entry):
    """The entry, or None if there is none."""
    error = ctypes.c_int(0)
    if isinstance(key, int):
        key = ctypes.c_uint32(key)
    status = getattr(MODULE, f'_nss_subuid_{function}_r')(key, ctypes.byref(entry), BUFFER,
                                                          ctypes.c_size_t(len(BUFFER)), ctypes.byref(error))
    if status not in (SUCCESS, NOTFOUND):
        raise AssertionError(f'{function}({key}): status {status}, errno {error.value}')
    return entry if status == SUCCESS else None


def is_excluded(number):
    return any(first <= number <= last for first, last in EXCLUDED)


def read(path):
    with open(path, 'rb') as file:
        return file.read().split(b'\n')


def numbers_of(line):
    """owner, start, count of a line, or None."""
    fields = line.split(b':')
    matches = [NUMBER.fullmatch(field) for field in fields[1:]]
    if len(fields) != 3 or not fields[0] or line[:1] in b'+-#' or len(line) >= 1024 or None in matches:
        return None
    start, count = (int(m[m.lastindex], (16, 8, 10)[m.lastindex - 1]) for m in matches)
    return (fields[0], start, count) if start < 1 << 32 and count < 1 << 32 and start + count <= 1 << 32 else None


def accounts(path):
    """{name: number} of /etc/passwd or /etc/group."""
    return {m[1].decode(): int(m[2]) for m in map(ACCOUNT.match, read(path)) if m}


class Groups:
    """Which group a user has, by the contract and without the module's code."""

    def __init__(self):
        self.lines = [[r for path in files for r in map(numbers_of, read(path)) if r] for files in FILES]
        self.accounts = set(accounts('/etc/group').values())

    def of(self, uid, at_position):
        """at_position: the GID at the position of the UID."""
        def holder(lines, number):
            return next((r for r in lines if r[1] <= number < r[1] + r[2]), (None, None))

        owner, start = holder(self.lines[0], uid)[:2]
        # The same number, of the same owner, from the same ID on.
        if holder(self.lines[1], uid)[:2] == (owner, start):
            return NO_GID if uid < 65536 and uid in self.accounts else uid
        if at_position is None or is_excluded(at_position) or at_position in self.accounts or \
                holder(self.lines[1], at_position)[0] != owner:
            return NO_GID
        return at_position


def shown(owner):
    """An owner as the module shows him, of what list prints."""
    return re.sub('[:,="]', '?', owner[:64])


# --- the command ----------------------------------------------------------------------------------

def command(*arguments):
    result = subprocess.run(['subuidctl', *arguments], capture_output=True, text=True, check=False, timeout=60)
    if result.returncode not in (0, 1) or not result.stdout:
        raise AssertionError(f'{arguments[0]}: status {result.returncode}: {result.stderr}')
    return json.loads(result.stdout), result.stderr


def spans(text):
    """[(first, last)] of "100-199,300"."""
    return [(int(first), int(last or first)) for first, last in re.findall(r'(\d+)(?:-(\d+))?', text or '')]


def at(ids, position):
    """The ID at a position of such a list, or None."""
    for first, last in ids:
        if position <= last - first:
            return first + position
        position -= last - first + 1


class Listed:
    """What list says."""

    def __init__(self):
        rows = command('list', '--json', '--output',
                       'OWNER,ACCOUNT,UIDS,COUNT,GIDS,NAMES,SOURCE,POSITION,FIRST,LAST,FILE,LINE')[0]['ranges']
        self.users = [row for row in rows if row['file'] in FILES[0] and row['count']]
        self.groups = [row for row in rows if row['file'] in FILES[1] and row['count']]
        for row in rows:
            row['gid_spans'] = spans(row['gids'])

    def user(self, uid):
        """The line that owns a UID: the first one that holds it; and its position there."""
        for row in self.users:
            if row['first'] <= uid <= row['last']:
                return row, uid - row['first']
        return None, None

    def has_gid(self, gid):
        return any(first <= gid <= last for row in self.users + self.groups for first, last in row['gid_spans'])

    def gid_at(self, owner, position):
        """The GID of an owner at a position, wherever it is listed."""
        for row in self.users + self.groups:
            if row['owner'] == owner and 0 <= position - row['position'] < row['count']:
                return at(row['gid_spans'], position - row['position'])


def check_other(rows, errors, number):
    """Of an ID in no range whois tells what else is known of it, an account's name with it, or that nothing is."""
    others = [r for r in rows if r['owner'] is None and number in (r['uid'], r['gid'])]
    for row in others:
        path = '/etc/passwd' if row['uid'] == number else '/etc/group'
        names = {name for name, of in accounts(path).items() if of == number}
        assert row['name'] in (names or {None}) and row['position'] is None, f'{row}, {names}'
    unknown = f'subuidctl: {number}: in no range of /etc/subuid or /etc/subgid\n' in errors
    assert bool(others) != unknown, f'whois: {others}'


def check_id(listed, groups, rows, errors, number):
    row, offset = listed.user(number)
    entry = ask('getpwuid', number, Passwd())
    group = ask('getgrgid', number, Group())
    owned = [r for r in rows if r['owner'] is not None]
    user_row = next((r for r in owned if r['uid'] == number), None)
    group_row = next((r for r in owned if r['uid'] is None and r['gid'] == number), None)

    if is_excluded(number):
        assert entry is None and group is None, 'the module answers for an excluded ID'
        assert user_row is None and group_row is None, f'{user_row}, {group_row}'
        assert any(r['uid'] == number and r['reserved'] for r in rows), 'whois does not say whose it is'
        return
    assert (row is not None) == (entry is not None) == (user_row is not None), f'user: {row}, {user_row}'
    assert listed.has_gid(number) == (group is not None), 'group: list or the module is wrong'
    if entry:
        position, gid = row['position'] + offset, groups.of(number, at(row['gid_spans'], offset))
        assert entry.gecos.decode() == f'subuid {position} of {shown(row["owner"])}', f'{entry.gecos}, {row}'
        assert (user_row['position'], user_row['owner']) == (position, row['owner'][:64]), f'{user_row}, {row}'
        assert user_row['source'] == row['source'], f'{user_row}, {row}'
        assert entry.gid == user_row['gid'] == gid, f'{entry.gid}, {user_row}, {row}'
        check_name(entry, user_row, number, 'getpwnam', Passwd, 'uid')
    # A user's own group is told with him.
    assert (group is not None and not (entry and entry.gid == number)) == (group_row is not None), f'{group_row}'
    if group_row:
        assert listed.gid_at(listed_owner(listed, group_row), group_row['position']) == number, f'{group_row}'
        check_name(group, group_row, number, 'getgrnam', Group, 'gid')
    if not entry and not group:
        check_other(rows, errors, number)


def listed_owner(listed, row):
    """whois shows so many bytes of an owner."""
    return next(r['owner'] for r in listed.users + listed.groups if r['owner'][:64] == row['owner'])


def check_name(entry, row, number, function, kind, member):
    """By name it is the same, unless a local account has the number: then whois gives no name."""
    name = entry.name
    assert name == b'_%d' % number, f'{name}'
    by_name = ask(function, name, kind())
    assert row['name'] == (name.decode() if by_name else None), f'{row}, by name {by_name}'
    assert by_name is None or getattr(by_name, member) == number


def check_rows(listed):
    """The names of a row are the first and the last that its IDs get."""
    for row in listed.users:
        names = [int(n) for n in re.findall(r'_(\d+)', row['names'] or '')]
        inside = [i for i in range(row['first'], min(row['first'] + 3, row['last'] + 1)) if not is_excluded(i)]
        if not names:
            assert not inside or row['count'] > 3, f'{row}'
            continue
        for number in names[0], names[-1]:
            assert row['first'] <= number <= row['last'] and ask('getpwuid', number, Passwd()), f'{row}'
        for number in (*range(row['first'], min(names[0], row['first'] + 9)),
                       *range(max(names[-1], row['last'] - 9) + 1, row['last'] + 1)):
            assert ask('getpwuid', number, Passwd()) is None, f'{row}: {number}'


# --- random files ---------------------------------------------------------------------------------

OWNERS = (b'containers', b'bob', b'1000', b'0', b'root', b'a b', 'Zoë'.encode(), b'a,b="c"', b'p' * 100, b'-', b'#',
          b'_200000', b'\x1b[31m', b'\xff')
STARTS = (0, 1, 1000, 65530, 65533, 65534, 65535, 65536, 100000, 200000, 200005, 231072, 1 << 31, 4294967290, 4294967295)
COUNTS = (0, 0, 1, 1, 2, 3, 7, 10, 100, 65536, 65536, 1 << 20, 1 << 31, 4294967295)
BAD = (b'', b'#c', b'# bob:200000:9', b'bob', b'bob:200000', b'bob:200000:9:', b'bob:200000:9 ', b'bob:200000:9\r',
       b'bob:-1:9', b'bob:08:9', b'bob:200000:9\0', b'+:200000:9', b'-bob:200000:9', b':200000:9', b'bob::9',
       b'bob:200000:', b'bob:0x:9', b'bob:4294967295:2', b'bob:5000000000:1', b'o' * 1019 + b':7:9',
       b'o' * 1018 + b':7:9', b' bob:200000:3', b'bob: +200000:\t3', b'bob:20000_0:3', b'bob:0X30D40:012')
FORMS = (b'%d', ) * 5 + (b'0x%x', b'0X%X', b'0%o', b'+%d', b' %d', b'\t+0x%X', b'00%o')


def random_line(chance):
    if chance.random() < 0.15:
        return chance.choice(BAD)
    count = chance.choice(COUNTS)
    start = min(chance.choice(STARTS) + chance.choice((0, 0, 0, 1, 5, 65535, 100000)), 4294967295)
    if chance.random() < 0.95:
        count = min(count, (1 << 32) - start)
    return b'%s:%s:%s' % (chance.choice(OWNERS[:4] if chance.random() < 0.6 else OWNERS),
                          chance.choice(FORMS) % start, chance.choice(FORMS) % count)


def write(path, lines, chance):
    data = b'\n'.join(lines) + (b'\n' if chance.random() < 0.8 else b'')
    with open(path, 'wb') as file:
        file.write(data)


def write_system(chance):
    asked = {i for ids in EXCLUDED for i in ids} | {chance.randrange(1 << 32)}
    for users, groups in zip(*FILES):
        lines = [random_line(chance) for _ in range(chance.choice((0, 1, 2, 4, 8)))]
        others = list(lines)
        for _ in range(chance.choice((0, 0, 1, 2))):
            if others:
                others[chance.randrange(len(others))] = random_line(chance)
        if chance.random() < 0.2:
            chance.shuffle(others)
        write(users, lines, chance)
        write(groups, others, chance)
        for line in lines + others:
            match = re.match(rb'[^:]*:\s*\+?(\w+):\s*\+?(\w+)$', line)
            try:
                start, count = (int(n, 16 if n[:2] in (b'0x', b'0X') else 8 if n[:1] == b'0' else 10)
                                for n in match.groups())
            except (AttributeError, ValueError):
                start, count = 200000, 9
            asked |= {start - 1, start, start + 1, start + count // 2, start + count - 2, start + count - 1,
                      start + count}
    for path, end in (('/etc/passwd', b':1::/:/bin/sh'), ('/etc/group', b':')):
        lines = [b'root:x:0' + end, b'daemon:x:1' + end, b'nobody:x:65534' + end]
        for i in range(chance.choice((0, 1, 3))):
            number = chance.choice(STARTS) + chance.choice((0, 0, 1, 5))
            asked |= {number}
            lines.append(chance.choice((b'u%d:x:%d', b'u%d:x: %d', b'  u%d:x:+%d', b'#u%d:x:%d', b'+u%d:x:%d', b'u%d:x:%dx',
                                        b'u%d:%d')) % (i, number) + end)
        write(path, lines, chance)
    return sorted(number for number in asked if 0 <= number <= 4294967295)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    systems = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    questions = wrong = found = 0
    os.makedirs('/etc/nss-subuid', exist_ok=True)
    for i in range(seed, seed + systems):
        numbers = write_system(random.Random(i))
        number = None
        try:
            listed, groups = Listed(), Groups()
            rows, errors = command('whois', '--json', '--output', 'NAME,UID,GID,OWNER,POSITION,SOURCE,RANGE,RESERVED',
                                   *map(str, numbers))
            check_rows(listed)
            for number in numbers:
                questions += 1
                check_id(listed, groups, rows['users'], errors, number)
            found += sum(row['owner'] is not None for row in rows['users'])
        except AssertionError as reason:
            wrong += 1
            files = ''.join(f'\n# {path}: {open(path, "rb").read()!r}' for path in
                            (*FILES[0], *FILES[1], '/etc/passwd', '/etc/group'))
            print(f'# system {i}, ID {number}: {reason}{files}', file=sys.stderr)
            if wrong == 5:
                break
    print('not ok' if wrong else 'ok', f'1 - random systems, {seed} to {i}: {questions} IDs, list, whois and the module agree')
    print('ok' if found > questions // 4 else 'not ok', f'2 - of which whois knew {found}')
    print('1..2')
    return wrong > 0 or found <= questions // 4


sys.exit(main())
