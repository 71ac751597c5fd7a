#!/bin/bash
# SPDX-License-Identifier: MIT
# The object itself: what it exports, needs and carries, as the linker left it.
set -u
. "$(dirname "$0")/../lib/tap.sh"

library=build/libnss_subuid.so.2

is "$(readelf -dW $library | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')" libnss_subuid.so.2 'its SONAME'
# On some machines (arm, aarch64, riscv64) the guard of the stack lives in the dynamic linker, which is
# loaded before anything else.
is "$(readelf -dW $library | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | tr '\n' ' ')" \
        'libc.so.6 ' 'it needs libc and nothing else'

is "$(nm -D --defined-only $library | awk '{ print $3 }' | sort | tr '\n' ' ')" \
        '_nss_subuid_getgrgid_r _nss_subuid_getgrnam_r _nss_subuid_getpwnam_r _nss_subuid_getpwuid_r _nss_subuid_initgroups_dyn _nss_subuid_version ' \
        'it exports its five functions, its version and nothing else'

# The list is short enough to be written down; a new call has to be thought about here.
allowed='^(__errno_location|__stack_chk_(fail|fail_local|guard)|openat(64)?|__openat64_2|fstat(64)?|__fxstat(64)?|__fstat64_time64|pread(64)?|__pread(64)?_chk|close|memchr|memcpy|memset|strncmp|pthread_setcancelstate|realloc)$'
# 32-bit ARM divides 64 bits by a function of libgcc, which brings what it would do of a division by zero.
[ "$(readelf -h $library | sed -n 's/^ *Machine: *//p')" != ARM ] || allowed=${allowed/(/(raise|}
is "$(nm -D --undefined-only $library | awk '$1 == "U" { sub("@.*", "", $2); print $2 }' |
        grep -Ev "$allowed")" '' 'it imports no lock, environment, stdio, syslog or NSS call, of allocation only realloc'

is "$(readelf -lW $library | grep -c ' TLS ')" 0 'it has no thread-local storage'

# It is linked without the start files, which have what runs these, and what would be missed without a word.
is "$(readelf -dW $library | grep -oE '\((PREINIT|INIT|FINI)(_ARRAY)?\)' | tr '\n' ' ')" '' 'nothing of it runs when it is loaded'
is "$(nm -D --undefined-only $library | awk '$1 != "U" { print $2 }')" '' 'it lacks nothing that it could do without'

like "$(readelf -dW $library | grep FLAGS_1)" 'NOW.*NODELETE' 'it stays loaded, its relocations are bound'
is "$(readelf -lW $library | grep -c GNU_RELRO)" 1 'what the linker relocates is read-only afterwards'
is "$(readelf -lW $library | awk '$1 == "GNU_STACK" { print $7 }')" RW 'its stack is not executable'
is "$(readelf -dW $library | grep -c TEXTREL)" 0 'its text is not relocated'

# No function calls itself, directly or not, so the sum of all frames of a lookup, of a user or of a
# group, bounds every chain of calls.
scratch=$(mktemp -d build/object.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
for source in nss_subuid subid_file subid_range account_name; do
        ${CC-gcc} -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -O2 -fstack-protector-strong -fPIC -fstack-usage \
                -c -o "$scratch/$source.o" $source.c 2>"$scratch/errors" || cat "$scratch/errors"
done
# .toc is the linker's, powerpc's table of addresses: read-only, as the GOT is, once they are filled in.
writable=$(for object in "$scratch"/*.o; do
        readelf -SW "$object" | sed 's/^ *\[ *[0-9]*\] *//' |
                awk '$7 ~ /W/ && $5 != "000000" && $1 != ".toc" { print $1, $5 }'
done)
is "$writable" '' 'its objects have no writable data'
is "$(readelf -SW "$scratch"/*.o | grep -oE ' \.(pre)?(init|fini)(_array)?\b[^ ]*| \.[cd]tors[^ ]*')" '' \
        'and nothing that start files would have to run'

# i386 pushes arguments, which is counted: "dynamic,bounded".
is "$(awk '$NF !~ /^(static|dynamic,bounded)$/' "$scratch"/*.su)" '' 'every stack frame has a size that is known'
longest=$(awk -F '\t' '/getpw|answer_user/ { user += $2; next } /getgr|answer_group\t/ { group += $2; next }
        /initgroups|answer_groups|add_group|grow_groups|find_common_group/ { groups += $2; next } { sum += $2 }
        END { max = user > group ? user : group; print sum + (max > groups ? max : groups) }' "$scratch"/*.su)
[ "$longest" -gt 8192 ] && [ "$longest" -le 14336 ]
ok $? "the longest chain of calls takes at most $longest bytes of stack, 14 KiB are allowed"

# What a build may choose.
build() { ${CC-gcc} -D_GNU_SOURCE -fsyntax-only -DNAME_PREFIX="\"$1\"" account_name.c 2>&1; }
is "$(build subuid-)" '' 'a build may choose another prefix'
is "$(build 123456789012345678901)" '' 'of up to 21 bytes'
like "$(build 1234567890123456789012)" 'must fit into 31 bytes' 'no longer one'
like "$(build '')" 'must not be empty' 'and no empty one'

# A C library without a Name Service Switch.
like "$(${CC-gcc} -nostdinc -I. -fsyntax-only -x c nss_subuid.h 2>&1)" 'error: .*glibc' 'where there is none, it says so'

# Its default has one place, and what was compiled with another one is compiled anew.
mkdir "$scratch/copy"
cp -p Makefile ./*.[ch] nss_subuid.sym "$scratch/copy"
# built [NAME_PREFIX=…]: what the Makefile says of the prefix, and what the object has of these.
built() (
        cd "$scratch/copy" && unset MAKEFLAGS MAKEOVERRIDES MFLAGS NAME_PREFIX
        make --silent CC="${CC-gcc}" CFLAGS=-O0 "$@" build/account_name.o build/name_prefix >make.log 2>&1 || cat make.log
        echo "$(cat build/name_prefix) $(grep -ao 'one-\|two-' build/account_name.o | sort -u | tr '\n' ' ')"
)
is "$(built NAME_PREFIX=one-)" 'one- one- ' 'make NAME_PREFIX=one-'
is "$(built NAME_PREFIX=two-)" 'two- two- ' 'another one'
# compiled [VARIABLE=…]: how many objects are compiled now.
compiled() (
        cd "$scratch/copy" && unset MAKEFLAGS MAKEOVERRIDES MFLAGS NAME_PREFIX CFLAGS CPPFLAGS
        make CC="${CC-gcc}" WITH_COMMAND=no WITH_RUNTIME=no "$@" build/libnss_subuid.so.2 2>&1 | grep -c ' -c '
)
# newer HEADER: than all that was made. The clock of files goes in steps of up to 10 ms.
newer() { touch -d '1 minute' "$scratch/copy/$1"; }
is "$(compiled CFLAGS=-O0) $(compiled CFLAGS=-O0) $(compiled CFLAGS=-O1) $(compiled CFLAGS=-O1)" '4 0 4 0' \
        'with other flags all is compiled anew, with the same ones nothing'
newer subid_range.h
is "$(compiled CFLAGS=-O1)" "$(grep -lE '"(subid_(file|range)|nss_subuid).h"' nss_subuid.c subid_file.c subid_range.c account_name.c | wc -l)" \
        'a changed header: what includes it'
built >/dev/null
sed -i 's/define NAME_PREFIX ".*"/define NAME_PREFIX "two-"/' "$scratch/copy/account_name.h"
newer account_name.h
is "$(built)" 'two- two- ' 'the default is what account_name.h says'

done_testing
