#!/bin/bash
# SPDX-License-Identifier: MIT
# "make install" over a module in use, a hundred times, while programs start and look up; and into a
# folder where the dynamic linker does not look by itself.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
unset MAKEFLAGS MAKEOVERRIDES MFLAGS
make() { command make --no-print-directory --silent CC="${CC-gcc}" "$@"; }

echo containers:200000:65536 | tee /etc/subuid >/etc/subgid

# Each child loads the module anew; the parent never does. Until somebody makes /tmp/stop.
cat >/tmp/lookups.py <<'END'
import collections, os, pwd, signal
ends = collections.Counter()
while not os.path.exists("/tmp/stop"):
    child = os.fork()
    if child == 0:
        try:
            pwd.getpwuid(200193)
            os._exit(0)
        except KeyError:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        ends[signal.Signals(os.WTERMSIG(status)).name] += 1
    else:
        ends["missed" if status else "found"] += 1
print(" ".join(f"{end} {ends[end]}" for end in sorted(ends)))
END

python3 /tmp/lookups.py >/tmp/ends &
lookups=$!
failed=0
for _ in $(seq 100); do
        make install >/dev/null 2>&1 || failed=$((failed + 1))
done
touch /tmp/stop
wait $lookups
is $failed 0 'a hundred installs'
like "$(cat /tmp/ends)" '^found [0-9]{2,}$' 'every lookup meanwhile was answered, no program died'
is "$(find / -xdev -name '.*.new' -newer /tmp/lookups.py 2>/dev/null)" '' 'and nothing lies beside'

# --- elsewhere --------------------------------------------------------------------------------------

make uninstall
is "$(getent passwd 200193)" '' 'uninstalled'
output=$(make install prefix=/opt/x)
hint=$(grep -A 1 'Tell it:' <<<"$output" | tail -n 1)
like "$hint" '/opt/x/lib.*ldconfig$' 'prefix=/opt/x: it says what the dynamic linker has to be told'
is "$(getent passwd 200193)" '' 'before that the module is not found'
bash -c "$hint"
is "$(getent passwd 200193 | cut -d : -f 1)" _200193 'after it, it is'
like "$output" 'cp "/opt/x/share/.*/nss-subuid.conf" /etc/dbus-1/system.d/' 'and where dbus-daemon looks'
output=$(make install)
is "$(grep -c ldconfig <<<"$output")" 0 'where libc is, nothing has to be said'

done_testing
