#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""imported.py [--smoke]: what subuidctl costs where a directory has many owners, on a private copy of this
machine's root, and how that grows.

The owners are those of the tests' plugin of libsubid; subuidctl import writes their lines, 4,096 IDs each.
Prints CPU time and memory for n, 2n and 4n owners, and looks at what is said. --smoke: few owners; does it
still work, not how fast.
"""

import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = '/etc/nss-subuid'
FIRST = 100  # bulk100 is the first owner


def write(path, text):
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


def run(*arguments):
    """Returns seconds of CPU time, MiB, and a file of what subuidctl printed. Its children are counted, and
    what this process has when it makes them: it keeps nothing large."""
    output = tempfile.TemporaryFile('w+', encoding='ascii')
    with subprocess.Popen([f'{TOP}/build/subuidctl', *arguments], stdout=output, stderr=subprocess.DEVNULL,
                          env={'LD_LIBRARY_PATH': f'{TOP}/build/tests', 'PATH': os.environ['PATH']}) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def expect(what, good):
    if not good:
        sys.exit(f'imported.py: {what}: not what was expected')


def first_import(n):
    for name in 'subuid', 'subgid':
        if os.path.exists(f'{FOLDER}/{name}'):
            os.unlink(f'{FOLDER}/{name}')
    with open(f'{FOLDER}/owners', 'w', encoding='ascii') as file:
        file.writelines(f'bulk{FIRST + i}\n' for i in range(n))
    result = run('import')
    expect('import', result[2].read().count(f': {n} ranges\n') == 2)
    return result


def next_import(n):
    result = run('import')
    expect('import again', result[2].read().count(f': {n} ranges, as before\n') == 2)
    return result


def list_all(n):
    result = run('list')
    expect('list', sum(1 for _ in result[2]) == n + 1)
    return result


def list_one(n):
    result = run('list', f'bulk{FIRST + n - 1}')
    expect('list OWNER', sum(1 for _ in result[2]) == 2)
    return result


def check(_):
    result = run('check', '--json')
    # From 524,256 owners on, some have what is systemd's.
    found = {finding['finding'] for finding in json.load(result[2])['findings'] if FOLDER in finding['file']}
    expect('check', found <= {'excluded-id'})
    return result


def whois(n):
    owner = FIRST + n - 1
    result = run('whois', str(owner * 4096 + 5))
    expect('whois', f'subuid 5 of bulk{owner} ' in result[2].read())
    return result


def main():
    smoke = sys.argv[1:] == ['--smoke']
    write('/etc/nsswitch.conf', 'passwd: files subuid\ngroup: files subuid\nsubid: test\n')
    for name in '/etc/subuid', '/etc/subgid':
        write(name, '')
    os.makedirs(FOLDER, exist_ok=True)
    print('\nImported owners with a line each: seconds of CPU time, and MiB at most\n')
    print(f'{"":16}{"n":>8}{"n":>14}{"2n":>14}{"4n":>14}{"growth":>8}')
    steepest = 0
    for n, commands in ((25000, {'import': first_import, 'import again': next_import}),
                        (250000, {'list': list_all, 'list OWNER': list_one, 'check': check, 'whois': whois})):
        n = n // 250 if smoke else n
        results = {name: [] for name in commands}
        for times in 1, 2, 4:
            if first_import not in commands.values():
                first_import(n * times)
            for name, command in commands.items():
                results[name].append(command(n * times)[:2])
        for name, (one, two, four) in results.items():
            growth = four[0] / max(one[0], 0.02)
            steepest = max(steepest, growth)
            print(f'{name:16}{n:8}' + ''.join(f'{r[0]:8.2f}{r[1]:6.0f}' for r in (one, two, four)) + f'{growth:8.1f}')
    print(f'\n  growth from n to 4n: {"":20} at most 5{steepest:8.2f}  {"met" if steepest <= 5 else "MISSED"}')


if 'NSS_SUBUID_PRIVATE_ROOT' in os.environ:
    main()
else:
    os.execv(f'{TOP}/tests/lib/private-root.sh', ['private-root.sh', os.path.abspath(__file__), *sys.argv[1:]])
