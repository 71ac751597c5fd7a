# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Containers of runc and crun, in user namespaces, on this root's own /usr; for tests that have sourced
# systemd.sh and booted it.

bundles=/tmp/bundles

# bundle NAME MAP USER COMMAND...: writes an OCI bundle. MAP is what the container's uid_map and gid_map
# shall hold; systemd is asked to give USER, unless empty, the container's cgroup. The process sees
# a terminal where "terminal" is set to true. "cgroup_source" is what its cgroup file system is said to
# be mounted from, which no kernel cares for.
bundle() {
        local name=$1 map=$2 user=$3
        shift 3
        mkdir -p "$bundles/$name"
        skeleton "$bundles/$name/rootfs" "$(awk '{ print $2; exit }' <<<"$map")"
        config "$name" "$map" "$user" "$@" >"$bundles/$name/config.json"
}

# skeleton DIR OWNER: the least root that systemd boots from, once /usr is bound upon it.
skeleton() {
        mkdir -p "$1"/{dev,etc,proc,root,run,sys,tmp,usr,var/{lib,log,tmp}}
        cp -P /bin /lib* /sbin "$1"
        printf '%s\n' root:x:0:0::/root:/bin/sh daemon:x:2:2::/:/bin/sh mail:x:8:8::/:/bin/sh \
                operator:x:11:11::/:/bin/sh www-data:x:33:33::/:/bin/sh messagebus:x:101:101::/:/bin/sh \
                nobody:x:65534:65534::/:/bin/sh >"$1/etc/passwd"
        awk -F : '{ print $1 ":x:" $4 ":" }' "$1/etc/passwd" >"$1/etc/group"
        # Without a machine ID it would be a first boot, on which systemd enables every unit it finds.
        echo 0123456789abcdef0123456789abcdef >"$1/etc/machine-id"
        chown -R "$2:$2" "$1"
}

# config NAME MAP USER COMMAND...: prints the runtime's configuration. It sets no limits, the controllers
# for them may be missing. From a writable cgroup mount whose source is "cgroup" runc takes, from 1.1 on,
# that it shall give the cgroup to the container's root itself; what is tested is what systemd does.
config() {
        local name=$1 mappings annotation='' capabilities arguments
        mappings=$(awk '{ printf ", {\"containerID\": %s, \"hostID\": %s, \"size\": %s}", $1, $2, $3 }' <<<"$2")
        [ -z "$3" ] || annotation="\"org.systemd.property.User\": \"'$3'\""
        shift 3
        capabilities=$(printf ', "CAP_%s"' CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID \
                SETPCAP NET_ADMIN NET_BIND_SERVICE SYS_ADMIN SYS_CHROOT)
        arguments=$(printf ', "%s"' "$@")
        cat <<JSON
{
  "ociVersion": "1.0.2",
  "process": {
    "terminal": ${terminal-false},
    "user": {"uid": 0, "gid": 0},
    "cwd": "/",
    "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "container=oci"],
    "args": [${arguments#, }],
    "capabilities": {
      "bounding": [${capabilities#, }],
      "permitted": [${capabilities#, }],
      "effective": [${capabilities#, }]
    }
  },
  "root": {"path": "rootfs"},
  "hostname": "$name",
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "${cgroup_source-cgroup2}", "options": ["rw"]},
    {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=755"]},
    {"destination": "/usr", "type": "bind", "source": "/usr", "options": ["rbind", "ro"]}
  ],
  "linux": {
    "uidMappings": [${mappings#, }],
    "gidMappings": [${mappings#, }],
    "cgroupsPath": "system.slice:test:$name",
    "resources": {"devices": [{"allow": true, "access": "rwm"}]},
    "namespaces": [
      {"type": "pid"}, {"type": "mount"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"},
      {"type": "user"}, {"type": "cgroup"}
    ]
  },
  "annotations": {$annotation}
}
JSON
}

# scope_of NAME: the folder of a container's cgroup.
scope_of() {
        echo "/sys/fs/cgroup/system.slice/test-$1.scope"
}

# processes NAME COLUMNS: what ps says of a container's processes, from outside.
processes() {
        local pids
        pids=$(inside find "$(scope_of "$1")" -name cgroup.procs -exec cat {} +)
        inside ps -o "$2" -p "${pids//$'\n'/,}"
}
