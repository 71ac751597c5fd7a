#!/bin/bash
# SPDX-License-Identifier: MIT
# runtime.sh: what runc-subuid costs before it is runc, on a private copy of this machine's root with a
# real systemd: time and memory of a call with an ordinary bundle, beside the same call without it.
set -u
. "$(dirname "$0")/../tests/systemd/systemd.sh"
[ -x build/runc-subuid ] || skip_all 'needs runc-subuid, which needs json-c'
private_root --cgroups

echo containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch 'files subuid systemd'
boot_systemd
mkdir -p /tmp/bin /tmp/bundle
cp /bin/true /tmp/bin/runc
chmod 755 /tmp/bundle
cat >/tmp/bench.py <<'PYTHON'
import json, os, statistics, time

# As Docker writes it, some 12 KiB.
caps = ['CAP_%d' % i for i in range(14)]
config = {
    'ociVersion': '1.2.0',
    'process': {'user': {'uid': 0, 'gid': 0}, 'args': ['nginx'], 'env': ['VARIABLE_%d=%s' % (i, 'x' * 40) for i in range(40)],
                'capabilities': {k: caps for k in ('bounding', 'effective', 'permitted')},
                'rlimits': [{'type': 'RLIMIT_CORE', 'hard': 18446744073709551615, 'soft': 18446744073709551615}]},
    'mounts': [{'destination': '/m%d' % i, 'type': 'bind', 'source': '/var/lib/%d' % i, 'options': ['rbind', 'rprivate']} for i in range(12)]
    + [{'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['nosuid', 'noexec', 'nodev']}],
    'linux': {'uidMappings': [{'containerID': 0, 'hostID': 200000, 'size': 65536}],
              'namespaces': [{'type': t} for t in ('pid', 'mount', 'user', 'cgroup', 'network')],
              'seccomp': {'syscalls': [{'names': ['syscall_%d' % i for i in range(350)], 'action': 'SCMP_ACT_ALLOW'}]}},
}
text = json.dumps(config)
options = ['--systemd-cgroup', 'create', '--bundle', '/tmp/bundle', 'c1']

def call(program, arguments):
    with open('/tmp/bundle/config.json', 'w') as file:
        file.write(text)
    started = time.monotonic()
    pid = os.posix_spawn(program, [program, *arguments], {'PATH': '/tmp/bin'})
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return (time.monotonic() - started) * 1000

cases = {'runc': ('/tmp/bin/runc', options), 'runc-subuid': ('/usr/bin/runc-subuid', options),
         'runc-subuid kill': ('/usr/bin/runc-subuid', ['kill', 'c1'])}
results = {name: [] for name in cases}
for _ in range(101):
    for name, case in cases.items():
        results[name].append(call(*case))
call(*cases['runc-subuid'])
assert 'nss-subuid.user' in open('/tmp/bundle/config.json').read()
print('A bundle of %d bytes; "runc" is true(1); ms, the median and the fastest of 101 rounds\n' % len(text))
fastest = {}
for name, values in results.items():
    fastest[name] = min(values)
    print('  %-18s %6.2f %6.2f' % (name, statistics.median(values), fastest[name]))

with open('/tmp/bundle/config.json', 'w') as file:
    file.write(text)
print('\nTargets, by the fastest: other processes make all of it slower\n')
for what, value, most in (('create', fastest['runc-subuid'] - fastest['runc'], 5),
                          ('kill', fastest['runc-subuid kill'] - fastest['runc'], 5)):
    print('  %-24s %6.2f ms more   at most %d  %s' % (what, value, most, 'met' if value <= most else 'MISSED'))
PYTHON
inside python3 /tmp/bench.py

# The most memory that a process ever had, when it ends: with what it was before it became another program.
peak() { inside "$top/build/bench/peak" "$@"; }
without=$(peak /tmp/bin/runc)
with=$(PATH=/tmp/bin:$PATH peak /usr/bin/runc-subuid --systemd-cgroup create --bundle /tmp/bundle c1)
awk -v more=$((with - without)) 'BEGIN { printf "  %-24s %6.2f MiB more  at most 3  %s\n", "memory", more / 1024, more <= 3072 ? "met" : "MISSED" }'
