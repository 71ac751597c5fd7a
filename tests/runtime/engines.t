#!/bin/bash
# SPDX-License-Identifier: MIT
# Real engines in a bare root of Debian 14, under its systemd, with runc and crun, without and with
# runc-subuid and crun-subuid: who owns a container's cgroup, and that each container starts as without.
# shellcheck disable=SC2317 # until_true calls some
set -u
. "$(dirname "$0")/../systemd/systemd.sh"
. "$(dirname "$0")/../systemd/bundle.sh"

[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
[ -n "${NSS_SUBUID_RELEASE-}" ] || exec tests/lib/release-root.sh forky tests/runtime/engines.t
if [ -z "${NSS_SUBUID_PRIVATE_ROOT-}" ]; then
        # Of the API's package only one file is wanted, none of the many packages that it depends on.
        echo '# forky: installing containerd, Docker, podman ...' >&2
        mkdir -p /var/cri-api
        {
                apt-get -o Acquire::Check-Valid-Until=false update -qq &&
                        apt-get install -y -qq --no-install-recommends make perl &&
                        tests/lib/deps.sh --install engines &&
                        cd /var/cri-api && apt-get download -qq golang-k8s-cri-api-dev && dpkg -x ./*.deb . && cd "$top"
        } >/tmp/log 2>&1 || {
                tail -n 5 /tmp/log | sed 's/^/# /' >&2
                # It changes daily.
                echo '1..0 # SKIP forky cannot be had today'
                exit 0
        }
        make --silent all build/tests/libnss_hang.so.2 || exit 1
fi
private_root --cgroups

printf '%s\n' containers:200000:268435456 | tee /etc/subuid >/etc/subgid
# For podman and Docker, whose libsubid of shadow 4.20 wants an account.
useradd --system --no-create-home containers
nsswitch 'files subuid systemd'
for folder in containerd docker containers; do
        mkdir -p /var/lib/$folder
        mount -t tmpfs tmpfs /var/lib/$folder
done
install -m 755 tests/runtime/without_limits.py /usr/local/sbin/runc
install -m 755 tests/runtime/without_limits.py /usr/local/sbin/crun

# --- the engines' configuration: handlers and runtimes by the name of the runtime, "-rw" where the cgroup is
# mounted writable ---

mkdir -p /etc/containerd /etc/docker /etc/cni/net.d /etc/containers
{
        cat <<'TOML'
version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'localhost/pause:1'
TOML
        for runtime in runc crun runc-subuid crun-subuid; do
                for handler in $runtime $runtime-rw; do
                        section="plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.$handler"
                        printf '%s\n' "[$section]" "runtime_type = 'io.containerd.runc.v2'" \
                                "cgroup_writable = $([[ $handler == *-rw ]] && echo true || echo false)" \
                                "[$section.options]" "BinaryName = '$runtime'" 'SystemdCgroup = true'
                done
        done
} >/etc/containerd/config.toml
cat >/etc/cni/net.d/10-ptp.conflist <<'JSON'
{"cniVersion": "1.0.0", "name": "ptp", "plugins": [
  {"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "subnet": "192.0.2.0/24"}}]}
JSON
cat >/etc/docker/daemon.json <<'JSON'
{"userns-remap": "containers", "iptables": false, "ip6tables": false, "bridge": "none",
 "exec-opts": ["native.cgroupdriver=systemd"],
 "runtimes": {"crun": {"path": "/usr/local/sbin/crun"},
              "runc-subuid": {"path": "/usr/bin/runc-subuid"}, "crun-subuid": {"path": "/usr/bin/crun-subuid"}}}
JSON
cat >/etc/containers/containers.conf <<'TOML'
[engine]
cgroup_manager = "systemd"
events_logger = "none"
[engine.runtimes]
runc = ["/usr/local/sbin/runc"]
crun = ["/usr/local/sbin/crun"]
[containers]
log_driver = "none"
pids_limit = 0
TOML
# podman with the wrapper: the runtimes keep their names, as the documents have it.
sed -n '/^    \[engine.runtimes\]$/,/^$/s/^    //p' docs/containers.md | sed -E 's#/usr/bin/(runc|crun)"#/usr/local/sbin/\1"#' >/etc/containers/subuid.conf
is "$(grep -cE '^(runc|crun) = \["/usr/bin/\1-subuid", "/usr/local/sbin/\1"\]$' /etc/containers/subuid.conf)" 2 \
        'docs/containers.md has lines for podman'

boot_systemd
# For networks, and for criu, which chooses the PIDs of what it restores.
for file in net kernel/ns_last_pid; do
        inside mount --bind /proc/sys/$file /proc/sys/$file
        inside mount -o remount,bind,rw /proc/sys/$file
done
inside mkdir -p /run/nss-subuid /run/cri
inside touch /run/nss-subuid/runtime.log

# quietly COMMAND...: in systemd's namespaces; its output is in /tmp/output. What hangs does not hang the test.
quietly() {
        inside timeout 300 "$@" </dev/null >/tmp/output 2>&1
}

# Images, made here: a pause container, and the least root that systemd and nginx run in, with /usr of outside.
mkdir -p /tmp/pause /tmp/skeleton /tmp/logs
printf '%s\n' '#include <signal.h>' '#include <unistd.h>' 'static void end(int number) { (void)number; _exit(0); }' \
        'int main(void) { signal(SIGTERM, end); for (;;) pause(); }' | gcc -static -o /tmp/pause/pause -x c -
skeleton /tmp/skeleton 0
etc=/tmp/skeleton/etc
mkdir -p $etc/nginx $etc/systemd/system/multi-user.target.wants /tmp/skeleton/var/{lib,log}/nginx
ln -s /usr/lib/systemd/system/nginx.service $etc/systemd/system/multi-user.target.wants
echo 'user www-data; pid /run/nginx.pid; events {} http { server { listen 80; location / { return 200; } } }' >$etc/nginx/nginx.conf
tests/runtime/image.py /tmp/pause /pause localhost/pause:1 >/tmp/pause.tar
tests/runtime/image.py /tmp/skeleton 'sleep 300' localhost/skeleton:1 >/tmp/skeleton.tar

inside systemctl start containerd docker
sed 's/ \[debug_redact = true\]//' "$(find /var/cri-api -name api.proto -path '*/runtime/v1/*')" | inside tee /run/cri/api.proto >/dev/null
inside protoc -I /run/cri --python_out=/run/cri --grpc_python_out=/run/cri \
        --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin api.proto
for image in pause skeleton; do
        quietly ctr --namespace k8s.io images import /tmp/$image.tar
        ok $? "containerd has the image $image"
done
quietly docker load --input /tmp/skeleton.tar
ok $? 'Docker has the image'
quietly podman load --input /tmp/skeleton.tar
ok $? 'podman has the image'

# --- who owns the cgroup --------------------------------------------------------------------------

# started ENGINE RUNTIME ro|rw USER [COMMAND...]: starts a container, its cgroup mounted so; prints its ID, or "failed" and why.
# Where no source of users hangs, a busy machine may be too slow for the second that runc-subuid waits: then once more.
hangs=
started() {
        local status
        for _ in {1..20}; do
                inside truncate -s 0 /run/nss-subuid/runtime.log
                try_start "$@" >/tmp/tried
                status=$?
                { [ -z "$hangs" ] && inside grep -qE 'within a second|: not read to the end' /run/nss-subuid/runtime.log; } || break
                ended "$1"
        done
        cat /tmp/tried
        return $status
}

try_start() {
        local engine=$1 runtime=$2 mode=$3 user=$4 options
        shift 4
        [ $# -gt 0 ] || set -- sleep 300
        rm -f /tmp/id
        case $engine in
        CRI)
                [ "$mode" = ro ] || runtime+=-rw
                quietly "$top"/tests/runtime/pod.py "$runtime" 200000 "$user" "$@"
                ;;
        docker)
                quietly docker run --detach --name test --runtime "$runtime" --user "$user" --network none \
                        --volume /usr:/usr:ro localhost/skeleton:1 "$@"
                ;;
        podman)
                options=(--network none)
                [ "$mode" = ro ] || options+=(--systemd always)
                # For what follows, too: podman looks the name up each time.
                export CONTAINERS_CONF_OVERRIDE=/etc/containers/subuid.conf
                [[ $runtime == *-subuid ]] || unset CONTAINERS_CONF_OVERRIDE
                quietly podman --runtime "${runtime%-subuid}" run --detach --name test --user "$user" --userns auto "${options[@]}" \
                        --volume /usr:/usr:ro localhost/skeleton:1 "$@"
                ;;
        ctr)
                rm -rf $bundles/c1
                cgroup_source=cgroup bundle c1 '0 200000 65536' '' "$@"
                sed -i -E "s/\"user\": \{\"uid\": 0/\"user\": {\"uid\": $user/; s/(\"source\": \"cgroup\", \"options\": \[\")rw/\1$mode/
                        s|\"path\": \"rootfs\"|\"path\": \"$bundles/c1/rootfs\"|" $bundles/c1/config.json
                quietly ctr run --detach --config $bundles/c1/config.json --runc-binary "$runtime" --runc-systemd-cgroup \
                        --cgroup system.slice:test:c1 c1 &&
                        echo test-c1 >/tmp/output
                ;;
        esac || {
                echo "failed: $(tr '\n' ' ' </tmp/output)"
                return 1
        }
        tail -n 1 /tmp/output | tee /tmp/id
}

# ended ENGINE: ends what was started.
ended() {
        local pod
        case $1 in
        CRI)
                for pod in $(inside "$top"/tests/runtime/cri.py ListPodSandbox | grep -o '"id": "[0-9a-f]*"' | cut -d '"' -f 4); do
                        quietly "$top"/tests/runtime/cri.py StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
                        quietly "$top"/tests/runtime/cri.py RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
                done
                ;;
        docker) quietly docker rm --force test ;;
        podman) quietly podman rm --force --time 0 test ;;
        ctr)
                quietly ctr task kill --signal KILL c1
                until_true no_task_is_left
                quietly ctr container rm c1
                ;;
        esac
}

no_task_is_left() { quietly ctr task rm c1 || ! inside ctr task list --quiet | grep -qx c1; }

scope() { inside find /sys/fs/cgroup -name "*$(</tmp/id)*.scope" ! -name '*conmon*'; }
# owners: of the scope's folder and the files that systemd gives away with it.
owners() {
        local scope
        scope=$(scope)
        inside stat -c "${1-%u:%g}" "$scope"/{.,cgroup.procs,cgroup.subtree_control,cgroup.threads} 2>&1 | uniq | tr '\n' ' '
}
# container ENGINE RUNTIME MODE: as whois calls what "started" starts.
container() {
        case $1 in
        CRI) echo "container c0 of pod default/$2$([ "$3" = ro ] || echo -rw), containerd" ;;
        docker) echo 'container test, Docker' ;;
        podman) echo 'container test, podman' ;;
        ctr) echo 'container c1, containerd' ;;
        esac
}
# unnamed CONTAINER: the processes in the scope for whose user whois does not name this container.
unnamed() {
        local pid uid answer
        for pid in $(inside find "$(scope)" -name cgroup.procs -exec cat {} +); do
                uid=$(inside stat -c %u "/proc/$pid" 2>/dev/null) || continue
                answer=$(inside subuidctl whois "$uid" 2>&1)
                grep -q "UID [0-9]* in $1, [^:]*: [1-9][0-9]* process" <<<"$answer" || ! inside test -e "/proc/$pid" ||
                        echo "PID $pid is not in $1: $answer"
        done
}
# result ENGINE RUNTIME ro|rw USER: who owns the cgroup of such a container; and which processes whois does not find in it.
result() {
        started "$@" >/tmp/started || {
                cat /tmp/started
                ended "$1"
                return
        }
        owners
        unnamed "$(container "$@")"
        ended "$1"
}

while read -r engine runtime mode user without with; do
        is "$(result "$engine" "$runtime" "$mode" "$user")" "$without " "$engine, $runtime, $mode, user $user"
        is "$(result "$engine" "$runtime-subuid" "$mode" "$user")" "$with " "$engine, $runtime-subuid, $mode, user $user"
done <<'CASES'
CRI runc ro 0 0:0 0:0
CRI runc rw 33 200033:0 200033:200033
CRI crun ro 0 0:0 0:0
CRI crun rw 33 0:0 200000:200000
docker runc rw 0 200000:0 200000:200000
docker runc rw 33 200033:0 200033:200033
docker crun rw 0 0:0 200000:200000
podman runc ro 0 0:0 0:0
podman runc rw 0 200000:0 200000:200000
podman crun ro 0 0:0 0:0
podman crun rw 0 0:0 200000:200000
ctr runc ro 0 0:0 0:0
ctr runc rw 33 200033:0 200033:200033
ctr crun rw 33 0:0 200000:200000
CASES

# Two users in a pod: each has his own; the pause container's cgroup is not writable.
started CRI runc-subuid rw 0 sleep 300 -- 33 sleep 300 >/dev/null
while read -r id; do
        echo "$id" >/tmp/id
        owners
done </tmp/output >/tmp/owners
is "$(</tmp/owners)" '0:0 200000:200000 200033:200033 ' 'two containers of different users in a pod'
is "$(inside subuidctl whois 200000 200033 | grep '^    ' | sed 's/, cri-containerd-[^:]*//')" \
        '    UID 0 in pod default/runc-subuid-rw, containerd: 1 process (pause)
    UID 0 in container c0 of pod default/runc-subuid-rw, containerd: 1 process (sleep)
    UID 33 in container c1 of pod default/runc-subuid-rw, containerd: 1 process (sleep)' 'subuidctl whois tells them apart'
is "$(inside subuidctl whois 200007 | sed 1d)" '    UID 7 in the user namespace shared by container c0 of pod default/runc-subuid-rw, containerd; container c1 of pod default/runc-subuid-rw, containerd: no process' \
        'and names both for what none of their processes runs as'
ended CRI

# --- exec, stop, restart --------------------------------------------------------------------------

for engine in docker podman; do
        started $engine runc-subuid rw 0 >/dev/null
        is "$(inside timeout 300 $engine exec test stat -c '%U:%G' /sys/fs/cgroup </dev/null)" root:root "$engine exec: inside, the cgroup is root's"
        quietly $engine restart --time 0 test
        ok $? "$engine restart"
        is "$(owners)" '200000:200000 ' "$engine: restarted"
        quietly $engine stop --time 0 test && quietly $engine start test
        ok $? "$engine: stopped and started"
        is "$(owners)" '200000:200000 ' "$engine: started again"
        ended $engine
done

# --- systemd with nginx as a container ------------------------------------------------------------

# in_pod COMMAND...: what a command prints in the container of a pod.
in_pod() {
        local words
        words=$(printf ', "%s"' "$@")
        inside "$top"/tests/runtime/cri.py ExecSync "{\"container_id\": \"$(</tmp/id)\", \"cmd\": [${words#, }], \"timeout\": 60}" 2>&1 |
                sed -n 's/.*"stdout": "\([^"]*\)".*/\1/p' | base64 -d
}
pod_is_up() {
        state=$(in_pod systemctl is-active multi-user.target)
        [ "$state" = active ]
}
for runtime in runc-subuid crun-subuid; do
        started CRI $runtime rw 0 /sbin/init >/dev/null
        pod=$(head -n 1 /tmp/output)
        until_true pod_is_up
        is "$state" active "$runtime: systemd in a pod boots to multi-user.target"
        address=$(inside "$top"/tests/runtime/cri.py PodSandboxStatus "{\"pod_sandbox_id\": \"$pod\"}" | grep -o '"ip": "[0-9.]*"' | cut -d '"' -f 4)
        like "$(inside curl --head --silent --show-error --max-time 60 "http://$address/" 2>&1)" '^HTTP/1.1 200 OK.*Server: nginx' \
                "$runtime: its web server answers"
        is "$(in_pod stat -c %U:%G /sys/fs/cgroup)" root:root "$runtime: from inside, the cgroup is root:root's"
        is "$(in_pod systemctl --no-legend --plain --failed | cut -d ' ' -f 1)" '' "$runtime: no unit has failed"
        is "$(unnamed "$(container CRI $runtime rw)")" '' "$runtime: subuidctl whois finds each of its processes in the container"
        ended CRI
done

# --- what is seen ---------------------------------------------------------------------------------

started docker runc-subuid rw 33 >/dev/null
pid=$(inside cat "$(scope)/cgroup.procs")
unowned() { inside find "$(scope)" -nouser | wc -l; }
is "$(inside ps -o user= -p "$pid")" _200033 'ps'
is "$(owners %U:%G)" '_200033:_200033 ' 'ls'
is "$(unowned)" 0 'find -nouser'
like "$(inside subuidctl whois --names 200033)" "^_200033: UID 200033, GID 200033, subuid 33 of containers [^
]*
    UID 33 \(www-data\) in container test, Docker, docker-$(</tmp/id)\.scope: 1 process \(sleep\)" 'subuidctl whois --names'
is "$(inside subuidctl check 2>&1 | grep ': error: ')" '' 'subuidctl check: no error'
nsswitch files
is "$(inside ps -o user= -p "$pid") $(owners %U:%G)" '200033 UNKNOWN:UNKNOWN ' 'without the module: numbers, nobody'
ok $(($(unowned) == 0)) 'find -nouser: every file'
nsswitch 'files subuid systemd'
ended docker

# --- checkpoint and restore -----------------------------------------------------------------------

# restored: what podman's restore from the archive returns, which owner it leaves, what the log says.
restored() {
        local status
        inside truncate -s 0 /run/nss-subuid/runtime.log
        quietly podman container restore --import /tmp/checkpoint.tar
        status=$?
        [ $status -eq 0 ] || sed 's/^/# /' /tmp/output >&2
        tail -n 1 /tmp/output >/tmp/id
        echo "$status $([ $status -ne 0 ] || owners)$(inside sed -n -E 's/^[^ ]* (.*): --systemd-cgroup .*restore .*/\1/p' /run/nss-subuid/runtime.log)"
        quietly podman rm --force --time 0 test
}
for runtime in runc runc-subuid; do
        started podman $runtime rw 0 >/dev/null
        quietly podman container checkpoint --export /tmp/checkpoint.tar --compress none test
        checkpoint=$?
        [ $runtime = runc ] || break
        without=$checkpoint
        ended podman
        restored=$(restored)
done
is "$checkpoint" "$without" "podman: checkpoint: $checkpoint, as without"
is "$(inside tar -xOf /tmp/checkpoint.tar spec.dump | grep -o '"nss-subuid.user":[^,}]*' | tr -d ' ')" '"nss-subuid.user":"200000"' \
        'the owner travels with it'
ended podman
# Where criu may not restore, runc has been told what to do all the same.
case $restored in
0*)
        with='0 200000:200000 ' without='0 200000:0 '
        ;;
*)
        echo "# criu restores nothing here: $restored"
        with="$restored" without="$restored"
        ;;
esac
is "$(restored)" "${with}runc: User=200000, as before" 'restored: it has its owner'
nsswitch files
is "$(restored)" "${without}runc: taken out: NSS does not name the ID as the module does" 'restored where the module is off'
nsswitch 'files subuid systemd'

# --- it starts as without -------------------------------------------------------------------------

# as_without WHY WHAT ENGINE RUNTIME MODE USER: the same owners as without the wrapper, and the log says why.
as_without() {
        local why=$1 what=$2 without with
        shift 2
        without=$(result "$1" "$2" "$3" "$4")
        inside truncate -s 0 /run/nss-subuid/runtime.log
        with=$(result "$1" "$2-subuid" "$3" "$4")
        is "$with" "$without" "$what: $1, $2"
        is "$(inside grep -c "not done: $why: .* create " /run/nss-subuid/runtime.log)" 1 "$what: $1, $2: the log"
}
nsswitch files
for case in 'CRI runc rw 33' 'CRI crun rw 0' 'docker runc rw 33' 'podman crun rw 0' 'ctr runc rw 33'; do
        # shellcheck disable=SC2086 # words
        as_without 'NSS does not name the ID as the module does' 'the module is off' $case
done
cp build/tests/libnss_hang.so.2 "$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")"
nsswitch 'files hang subuid'
hangs=yes
for case in 'CRI runc rw 33' 'docker crun rw 0'; do
        # shellcheck disable=SC2086 # words
        as_without 'no answer of systemd and NSS within a second' 'a source of users hangs' $case
done
nsswitch 'files subuid systemd'
hangs=
cp /etc/nsswitch.conf /var/nsswitch.conf
mkdir -p /etc/systemd/system/containerd.service.d
printf '%s\n' '[Service]' 'BindPaths=/var/nsswitch.conf:/etc/nsswitch.conf' >/etc/systemd/system/containerd.service.d/test.conf
inside systemctl daemon-reload
inside systemctl restart containerd
as_without 'PID 1 has another /etc/nsswitch.conf' 'an engine in a mount namespace of its own' CRI runc rw 33
printf '%s\n' '[Service]' 'PrivateMounts=yes' >/etc/systemd/system/containerd.service.d/test.conf
inside systemctl daemon-reload
inside systemctl restart containerd
is "$(result CRI runc-subuid rw 33)" '200033:200033 ' 'in one with the same nsswitch.conf it acts'

# --- the package is removed -----------------------------------------------------------------------

rm /usr/bin/runc-subuid /usr/bin/crun-subuid
like "$(result CRI runc-subuid rw 33)" 'failed: RunPodSandbox: .*runc-subuid' 'removed: containerd refuses pods of that handler'
is "$(result CRI runc rw 33)" '200033:0 ' 'and runs those of others'
like "$(result docker runc-subuid rw 33)" 'failed: .*runc-subuid' 'removed: Docker refuses containers of that runtime'
is "$(result podman crun-subuid rw 0)" '0:0 ' 'removed: podman takes the next of its list'

# left: what is left of containers; conmon ends a little later.
left() {
        inside find /sys/fs/cgroup -name 'cri-*' -o -name 'libpod-*' -o -name 'docker-*.scope' -o -name 'test-*'
        inside ps -eo uid=,args= | awk '$1 >= 200000'
}
nothing_is_left() { [ -z "$(left)" ]; }
until_true nothing_is_left
is "$(left)" '' 'nothing is left of the containers'
done_testing
