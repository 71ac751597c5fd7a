#!/bin/bash
# SPDX-License-Identifier: MIT
# deps.sh [--install] GROUP...: says, or installs, which Debian packages a group of targets lacks.
# Elsewhere than on Debian it looks for some programs and installs nothing: the names are not known.
set -eu

declare -A packages=(
        [demo]='gcc libc6-dev procps'
        [check]='gcc libc6-dev libcmocka-dev binutils patch perl python3'
        [tool]='bash-completion fish libjson-c-dev libsmartcols-dev libsubid-dev zsh'
        [fuzz]='clang libclang-rt-dev'
        [system]='libnss-cache libnss-extrausers libnss-myhostname libsubid-dev mmdebstrap nscd openssh-client openssh-server polkitd procps python3 strace systemd-tests uidmap valgrind'
        [systemd]='dbus libnss-systemd procps systemd'
        [sources]='gcc libc6-dev libnss-cache libnss-extrausers libnss-myhostname libnss-systemd libjson-c-dev libsmartcols-dev libsubid-dev python3'
        [runtime]='crun libjson-c-dev runc'
        [sssd]='libnss-sss procps sssd-proxy'
        [runtimes]='crun curl iproute2 nginx podman runc'
        [releases]='git mmdebstrap perl'
        [engines]='containerd containernetworking-plugins criu crun curl dbus docker-cli docker.io gcc iproute2 libc6-dev libjson-c-dev libsmartcols-dev libsubid-dev netavark nginx podman procps protobuf-compiler protobuf-compiler-grpc python3 python3-grpcio python3-protobuf runc systemd systemd-sysv uidmap'
        [bench]='gcc libc6-dev gnuplot-nox libnss-cache libnss-extrausers libnss-systemd libsubid-dev procps python3 valgrind'
        [dist]='git'
        [lintian]='lintian'
        [packages]='acl apparmor dh-nss e2fsprogs gcc-i686-linux-gnu libc6-dev-i386-cross nscd procps'
        [packaging]='build-essential debhelper libcmocka-dev libjson-c-dev libsmartcols-dev libsubid-dev perl python3'
        [rpm]='cpio gcc libc6-dev libjson-c-dev libsmartcols-dev libsubid-dev python3 python3-yaml rpm rpmlint systemd uidmap'
        [nixos]='libjson-c-dev libsmartcols-dev libsubid-dev nix-bin'
        [prove]='cvc4 frama-c-base gcc why3'
        [import]='gcc libc6-dev libjson-c-dev libsmartcols-dev libsubid-dev procps strace'
        [central]='gcc iproute2 ldap-utils libc6-dev libnss-sss libjson-c-dev libsmartcols-dev libsubid-dev procps python3 slapd sssd-ldap uidmap'
        [security]='acl adduser apache2 at cron curl dovecot-lmtpd iproute2 libnss-extrausers openscap-scanner openssh-client openssh-server postfix postgresql procps python3 samba smbclient sudo'
        [bus]='dbus dbus-broker iproute2 libnss-systemd libpam-systemd polkitd procps python3 systemd'
        [exim]='exim4-daemon-light'
        [lint]='clang clang-format clang-tidy cppcheck mandoc shellcheck'
)

install=false
if [ "${1-}" = --install ]; then
        install=true
        shift
fi
# Where packages have other names, the programs that these groups are about.
declare -A programs=([dist]=git [packaging]=dpkg-buildpackage [rpm]=rpmbuild)
if ! command -v dpkg-query >/dev/null; then
        for group in "$@"; do
                [ -z "${programs[$group]-}" ] || command -v "${programs[$group]}" >/dev/null || {
                        echo "This needs ${programs[$group]}" >&2
                        exit 1
                }
        done
        exit 0
fi

missing=()
for group in "$@"; do
        for package in ${packages[$group]}; do
                # Any other compiler will do.
                [ "$package" != gcc ] || ! command -v "${CC-gcc}" >/dev/null || continue
                if ! dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed'; then
                        missing+=("$package")
                fi
        done
done
[ ${#missing[@]} -gt 0 ] || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

if ! $install || [ "$(id -u)" -ne 0 ]; then
        echo "This needs packages: apt-get install ${missing[*]}" >&2
        exit 1
fi
# One at a time: apt-get update waits for nobody, and who comes second must not find the file below.
exec 9</var/lib/dpkg
flock 9
# No web or SSH server shall begin to listen because a test can use one.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
        trap 'rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
echo "Installing ${missing[*]}"
install_missing() {
        apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 9<&-
}
[ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null)" ] || apt-get update -qq 9<&-
# Lists of some days ago may name what the mirror has no more.
install_missing || { apt-get update -qq 9<&- && install_missing; }
