# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A container for runc and crun, to be sourced: what it sees is an almost empty folder with this
# machine's /usr bound into it, so that it needs no image.

# oci_rootfs DIR: makes a container's root.
oci_rootfs() {
        local folder
        mkdir -p "$1"/{dev,etc,proc,run,sys,tmp,usr}
        for folder in bin lib lib64 sbin; do
                ln -s "usr/$folder" "$1/$folder"
        done
}

# oci_config SOURCE CGROUP [ANNOTATIONS]: prints a config.json: "sleep" as root of a user namespace made of
# the IDs from 200000 on. SOURCE is what the container's cgroup file system is said to be mounted from,
# which no kernel cares for; but where it is "cgroup", and writable, runc chowns the cgroup to the
# container's root by itself, from 1.1 on. No limits: there may be no controllers.
oci_config() {
        cat <<END
{
        "ociVersion": "1.0.2",
        "process": {
                "user": { "uid": 0, "gid": 0 },
                "args": [ "/usr/bin/sleep", "300" ],
                "cwd": "/"
        },
        "root": { "path": "rootfs" },
        "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc" },
                { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" },
                { "destination": "/usr", "type": "bind", "source": "/usr", "options": [ "rbind", "ro" ] },
                { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "ro" ] },
                { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "$1", "options": [ "rw" ] }
        ],
        "annotations": { ${3-} },
        "linux": {
                "namespaces": [
                        { "type": "cgroup" }, { "type": "ipc" }, { "type": "mount" }, { "type": "network" },
                        { "type": "pid" }, { "type": "user" }, { "type": "uts" }
                ],
                "uidMappings": [ { "containerID": 0, "hostID": 200000, "size": 65536 } ],
                "gidMappings": [ { "containerID": 0, "hostID": 200000, "size": 65536 } ],
                "cgroupsPath": "$2",
                "resources": { "devices": [ { "allow": true, "access": "rwm" } ] }
        }
}
END
}
