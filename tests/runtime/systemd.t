#!/bin/bash
# SPDX-License-Identifier: MIT
# runc-subuid and crun-subuid with the real runtimes and a real systemd: who owns a container's cgroup.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
. "$(dirname "$0")/../systemd/bundle.sh"
[ -x build/runc-subuid ] || skip_all 'needs runc-subuid, which needs json-c'
for command in runc crun; do
        command -v $command >/dev/null || skip_all "needs $command"
done
private_root --cgroups

echo containers:200000:268435456 | tee /etc/subuid >/etc/subgid
nsswitch files
boot_systemd
inside unshare --user true 2>/dev/null || skip_all 'no user namespaces can be made here'
inside mkdir /run/nss-subuid
inside touch /run/nss-subuid/runtime.log
version=$(systemctl --version | awk 'NR == 1 { print $2 }')

# container RUNTIME USER WRITABLE: what becomes of a container of this user: who owns its scope and the
# files that systemd gives away, and what the log says. Where none of them hangs, a busy machine may be too slow for
# the second that runc-subuid waits: then once more.
hangs=
container() {
        local became
        for _ in {1..20}; do
                became=$(try_container "$@")
                { [ -z "$hangs" ] && [[ $became =~ within\ a\ second|not\ read\ to\ the\ end ]]; } || break
        done
        echo "$became"
}

# What services the users come from is said in $services: whoever makes a bundle must not ask one that hangs.
services='files subuid'
sleep=$(command -v sleep) unmerged=$(find /bin /lib /lib64 -maxdepth 0 -type d)
try_container() {
        local id=c$BASHPID name=${1%-subuid} scope
        local dir=$bundles/$id
        nsswitch files
        cgroup_source=cgroup bundle $id '0 200000 65536' '' "$sleep" 300 2>/dev/null
        # Debian 11 need not have all of it below /usr.
        for folder in $unmerged; do
                sed -i "s|^ *{\"destination\": \"/usr\"|{\"destination\": \"$folder\", \"type\": \"bind\", \"source\": \"$folder\", \"options\": [\"rbind\", \"ro\"]},\n&|" \
                        $dir/config.json
        done
        sed -i -E "s/\"user\": \{\"uid\": 0/\"user\": {\"uid\": $2/; s/(\"source\": \"cgroup\", \"options\": \[\")rw/\1$3/" $dir/config.json
        nsswitch "$services"
        inside truncate -s 0 /run/nss-subuid/runtime.log
        inside timeout 120 "$1" --systemd-cgroup run --detach --bundle $dir $id </dev/null >/tmp/output 2>&1 || {
                echo "failed: $(tr '\n' ' ' </tmp/output)"
                return
        }
        # crun's process is in a cgroup below.
        scope=$(scope_of $id)
        echo "$(inside stat -c %u:%g "$scope"/{.,cgroup.procs,cgroup.subtree_control,cgroup.threads} | uniq | tr '\n' ' ')$(
                inside sed -n -E "\$s/^[^ ]* $name: (.*): --.*/\1/p" /run/nss-subuid/runtime.log)"
        inside timeout 120 "$name" delete --force $id
}

if [ "$version" -lt 252 ]; then
        for runtime in runc crun; do
                is "$(container $runtime-subuid 0 rw)" "$(container $runtime 0 rw)not done: PID 1 is no systemd of version 252 or later" \
                        "systemd $version: $runtime-subuid does as $runtime"
        done
        done_testing
fi
is "$(container runc 0 ro)" '0:0 ' 'runc, read-only'
is "$(container runc-subuid 0 ro)" '0:0 not done: no writable mount of the cgroup' 'runc-subuid, read-only'
like "$(container runc 33 rw)" '^200033:' 'runc, writable'
is "$(container runc-subuid 33 rw)" '200033:200033 User=200033' "runc-subuid, writable: the group too is the process's"
is "$(container crun 33 rw)" '0:0 ' 'crun, writable'
is "$(container crun-subuid 33 rw)" '200000:200000 User=200000' "crun-subuid, writable: the container's root"

services=files
for runtime in runc crun; do
        without=$(container $runtime 33 rw)
        with=$(container $runtime-subuid 33 rw)
        is "$with" "${without}not done: NSS does not name the ID as the module does" "$runtime-subuid without the module: as $runtime"
done
cp build/tests/libnss_hang.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"
services='files hang subuid'
hangs=yes
for runtime in runc crun; do
        without=$(container $runtime 33 rw)
        with=$(container $runtime-subuid 33 rw)
        is "$with" "${without}not done: no answer of systemd and NSS within a second" "$runtime-subuid where NSS hangs: as $runtime"
done

# SSSD itself, stopped so that it hears and does not answer. Nobody needs it on his own machine for this.
if [ -n "${NSS_SUBUID_SSSD-}" ]; then
        printf '%s\n' '[sssd]' 'services = nss' 'domains = files' '[domain/files]' 'id_provider = proxy' \
                'proxy_lib_name = files' 'proxy_pam_target = none' >/etc/sssd/sssd.conf
        chmod 600 /etc/sssd/sssd.conf
        chown --reference=/etc/sssd /etc/sssd/sssd.conf
        inside systemctl start dbus sssd
        until_true inside timeout 60 getent -s sss passwd daemon >/dev/null
        like "$(inside timeout 60 getent -s sss passwd daemon)" '^daemon:' 'SSSD answers'
        services='files sss subuid'
        hangs=
        is "$(container runc-subuid 33 rw)" '200033:200033 User=200033' 'while it does the container has its owner'
        inside pkill -STOP sssd_nss
        hangs=yes
        for runtime in runc crun; do
                without=$(container $runtime 34 rw)
                with=$(container $runtime-subuid 34 rw)
                is "$with" "${without}not done: no answer of systemd and NSS within a second" "$runtime-subuid where SSSD is stopped: as $runtime"
        done
        inside pkill -KILL sssd
fi
left() { inside find /sys/fs/cgroup -name 'test-*'; inside ps -eo uid=,args= | awk '$1 >= 200000'; }
nothing_is_left() { [ -z "$(left)" ]; }
until_true nothing_is_left
is "$(left)" '' 'nothing is left'
done_testing
