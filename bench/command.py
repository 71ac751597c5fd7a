#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""command.py [--smoke]: what subuidctl costs on large files, and how that grows with them.

Prints the CPU time of list, check and disable on systems below --root with n, 2n and 4n lines, accounts
or words of one kind, and looks at what they say. No root is needed. --smoke: small files, once; does it
still work, not how fast.
"""

import os
import random
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(TOP, 'build', 'subuidctl')
NODE = 'passwd: files subuid\ngroup: files subuid\n'


class Root:
    """A system whose files differ from an empty one's."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(f'{folder}/etc')
        os.makedirs(f'{folder}/usr/lib')
        for name in 'libc.so.6', 'libnss_subuid.so.2':
            with open(f'{folder}/usr/lib/{name}', 'wb') as library:
                library.write(b'\x7fELF\x02\x01\x01' + bytes(9))

    def write(self, subuid='', subgid=None, passwd='', group='', nsswitch=NODE):
        texts = {'subuid': subuid, 'subgid': subuid if subgid is None else subgid, 'passwd': passwd,
                 'group': group + 'nss-subuid:x:990:\n', 'nsswitch.conf': nsswitch,
                 # There is room for one more, whatever the lines hold.
                 'login.defs': 'SUB_UID_COUNT 1\nSUB_GID_COUNT 1\n'}
        for name, text in texts.items():
            with open(f'{self.folder}/etc/{name}', 'w', encoding='ascii') as file:
                file.write(text)

    def run(self, *arguments):
        """Returns the CPU time of subuidctl, and what it printed."""
        with tempfile.TemporaryFile('w+', encoding='ascii') as output:
            with subprocess.Popen([PROGRAM, *arguments, '--root', self.folder], stdout=output,
                                  stderr=subprocess.DEVNULL) as process:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            return usage.ru_utime + usage.ru_stime, output.read()


def lines(n, form):
    return ''.join(form(i) + '\n' for i in range(n))


def accounts(n, first):
    """passwd and group with n accounts u0, u1, …"""
    return {'passwd': lines(n, lambda i: f'u{i}:x:{first(i)}:1::/:'),
            'group': lines(n, lambda i: f'u{i}:x:{first(i)}:')}


def mixed(n):
    chance = random.Random(1)
    kinds = (lambda: f'u{chance.randrange(100)}:{chance.randrange(1 << 31)}:{chance.randrange(1 << 20)}',
             lambda: f'{chance.randrange(2000)}:{chance.randrange(1 << 32)}:7', lambda: 'u1:7:0',
             lambda: '# comment', lambda: 'no range', lambda: 'u2:08:1')
    return lines(n, lambda i: chance.choice(kinds)())


# What is measured: the name, the command, its files for n, and what it has to say of them: so many rows
# (list), findings of these names and numbers (check), or lines that hold the word (disable).
def cases():
    yield ('list', 'n users with a line each', lambda n: {
        'subuid': lines(n, lambda i: f'u{i}:{65536 * (i + 2)}:65536'), **accounts(n, lambda i: 1000 + i)},
        lambda n: n)
    yield ('list', 'one line of UIDs, n of GIDs', lambda n: {
        'subuid': f'a:10000000:{n}\n', 'subgid': lines(n, lambda i: f'a:{20000000 + 2 * i}:1')}, lambda n: 1)
    yield ('check', 'one owner', lambda n: {'subuid': lines(n, lambda i: f'a:{100000 + 32768 * i}:30000')},
           lambda n: {})
    yield ('check', 'n owners', lambda n: {'subuid': lines(n, lambda i: f'a{i}:{100000 + 32768 * i}:30000')},
           lambda n: {})
    yield ('check', 'n owners, nested', lambda n: {
        'subuid': lines(n, lambda i: f'a{i}:{200000 + i}:{2 * (n - i)}')}, lambda n: {'overlap': 2 * (n - 1)})
    yield ('check', 'n owners, nested, from inside', lambda n: {
        'subuid': lines(n, lambda i: f'a{i}:{200000 + n - i}:{2 * i + 1}')}, lambda n: {'overlap': 2 * (n - 1)})
    yield ('check', 'one owner, nested', lambda n: {
        'subuid': lines(n, lambda i: f'a:{200000 + i}:{2 * (n - i)}')},
        lambda n: {'overlap-of-one': 2 * (n - 1)})
    yield ('check', 'one owner, GIDs in another order', lambda n: {
        'subuid': lines(n, lambda i: f'a:{200000 + i}:1'),
        'subgid': lines(n, lambda i: f'a:{200000 + n - 1 - i}:1')}, lambda n: {'other-position': n, 'not-ascending': 1})
    yield ('check', 'owners by number', lambda n: {
        'subuid': lines(n // 2, lambda i: f'{100000 + i}:{1000000 + 10 * i}:5\nu{i}:{1000005 + 10 * i}:5'),
        **accounts(n // 2, lambda i: 100000 + i)}, lambda n: {'two-owners': n})
    yield ('check', 'n names of one number', lambda n: {
        'subuid': lines(n - 9, lambda i: f'u{i}:{1000000 + i}:1') +
                  lines(9, lambda i: f'{"0" * i}100000:{999000 + i}:1'),
        **accounts(n - 9, lambda i: 100000)}, lambda n: {'two-owners': 2 * 9 * 3})
    yield ('check', 'n accounts in each range', lambda n: {
        'subuid': lines(n, lambda i: f'a:{200000}:{n}'), **accounts(n, lambda i: 200000 + i)},
        lambda n: {'account': 2 * n, 'overlap-of-one': 2 * (n - 1)})
    yield ('check', 'no ranges', lambda n: {'subuid': lines(n, lambda i: f'a{i}:{200000 + i}:1x')},
           lambda n: {'no-range': 2 * n})
    yield ('check', 'counts of nothing', lambda n: {'subuid': lines(n, lambda i: f'a:{200000}:0')},
           lambda n: {'empty-range': 2 * n})
    yield ('check', 'of all kinds', lambda n: {'subuid': mixed(n), **accounts(n // 32, lambda i: i)},
           lambda n: None)
    yield ('disable', 'n words', lambda n: {'nsswitch': f'passwd: files{" subuid" * n}\ngroup: files\n'},
           lambda n: 0)
    yield ('disable', 'n words, each behind a colon', lambda n: {
        'nsswitch': f'passwd: {"subuid :" * n}\ngroup: files\n'}, lambda n: 0)


def said(root, command, output):
    """What a command has said, in the form of what is expected of it."""
    if command == 'list':
        return len(output.splitlines()) - 1
    if command == 'disable':
        with open(f'{root.folder}/etc/nsswitch.conf', encoding='ascii') as file:
            return sum('subuid' in line for line in file)
    found = {}
    for line in output.splitlines():
        key, _, value = line.strip().partition(': ')
        if key == '"finding"':
            name = value.strip('",')
            found[name] = found.get(name, 0) + 1
    return found


def measure(root, command, files, expected, n, rounds):
    """The least CPU time of some rounds, in seconds."""
    best = None
    for _ in range(rounds):
        root.write(**files(n))
        seconds, output = root.run(command)
        best = seconds if best is None else min(best, seconds)
    if command == 'check':
        output = root.run('check', '--json')[1]
    got, wanted = said(root, command, output), expected(n)
    if wanted is not None and got != wanted:
        sys.exit(f'command.py: {command}, {n} times: {got}, not {wanted}')
    return best


def main():
    smoke = sys.argv[1:] == ['--smoke']
    rounds = 1 if smoke else 3
    worst = {'list': 0, 'check': 0, 'disable': 0}
    growth, steepest = 0, ''
    with tempfile.TemporaryDirectory() as folder:
        root = Root(folder)
        print('subuidctl: ms of CPU time, the least of', rounds, 'rounds\n')
        print(f'{"":44}{"n":>8}{"n":>8}{"2n":>8}{"4n":>8}{"growth":>8}')
        for command, name, files, expected in cases():
            n = 16 if smoke else 2500 if command == 'list' else 16000
            times = [measure(root, command, files, expected, n * times, rounds) for times in (1, 2, 4)]
            # Up to some ms it is the start of a process that is measured.
            ratio = times[2] / max(times[0], 0.004)
            if ratio > growth:
                growth, steepest = ratio, f'{command}, {name}'
            worst[command] = max(worst[command], times[2])
            print(f'{command + ", " + name:44}{n:8}' + ''.join(f'{1000 * t:8.1f}' for t in times) + f'{ratio:8.1f}')
    print('\nTargets\n')
    for what, value, limit in (('list with 10,000 users: s', worst['list'], 0.5),
                               ('check on 64,000 lines, the slowest: s', worst['check'], 1),
                               ('disable with 64,000 words, the slowest: s', worst['disable'], 0.5),
                               (f'growth from n to 4n, the steepest ({steepest})', growth, 7)):
        print(f'  {what:80} at most {limit:<5}{value:8.2f}  {"met" if value <= limit else "MISSED"}')


main()
