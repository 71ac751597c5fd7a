#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [--smoke]: measures the module beside the bare system calls and its peers, on a private copy
# of this machine's root, and prints tables. "make bench" also draws charts from build/bench/results-*.tsv.
# --smoke is the same with small files and few rounds: does it still work, not how fast.
set -eu -o pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
# unpack_unknown: libnss-unknown's module for the bench. It is not installed: its package would name every
# ID of this machine.
unpack_unknown() (
        cd "$top/build/bench" && rm -rf unknown && mkdir unknown && cd unknown &&
                apt-get download libnss-unknown >/dev/null 2>&1 && dpkg-deb --extract ./*.deb . &&
                cp "$(find . -name libnss_unknown.so.2)" ..
)
if [ -z "${NSS_SUBUID_PRIVATE_ROOT-}" ]; then
        [ "${1-}" = --smoke ] || [ -e "$top/build/bench/libnss_unknown.so.2" ] || unpack_unknown ||
                echo 'libnss-unknown cannot be had: it is left out' >&2
        # Nothing but the standard output leaves that root.
        results=$top/build/bench/results${1-}
        "$top/tests/lib/private-root.sh" "$top/bench/run.sh" "$@" | tee "$results.txt" | sed -u '/^TSV/d'
        for table in lines ids; do
                sed -n "s/^TSV $table\t//p" "$results.txt" >"$results-$table.tsv"
        done
        exit
fi
# The endless producers below end with the pipe that they write to.
set +o pipefail
cd /tmp
export LC_ALL=C
bench=$top/build/bench/bench

line_counts='2 100 1000 10000 65535 1000000'
id_counts='10 100 1000 10000 65536 1000000'
rounds=61
if [ "${1-}" = --smoke ]; then
        line_counts='2 100'
        id_counts='10 100'
        rounds=3
fi
first_id=200000

# measure [MICROSECONDS] <CASES: the cases with blanks instead of tabs, and ~ instead of blanks; sets the
# arrays "cpu" and "wall" by label and "spread", that of the CPU time, all in nanoseconds.
declare -A cpu wall spread
measure() {
        local label median low high on_the_wall
        tr ' ~' '\t ' >cases
        "$bench" $rounds "${1-1000}" <cases >results
        while IFS=$'\t' read -r label median low high on_the_wall _; do
                cpu[$label]=$median
                # shellcheck disable=SC2034 # for us
                wall[$label]=$on_the_wall
                spread[$label]="$low..$high"
        done <results
}
ratio() { awk -v a="${cpu[$1]}" -v b="${cpu[$2]}" 'BEGIN { printf "%.2f", a / b }'; }
clock=cpu
# us LABEL: by the clock in use, or nothing if it was not measured.
us() {
        local -n times=$clock
        [ -z "${times[$1]-}" ] ||
                awk -v a="${times[$1]}" 'BEGIN { printf a < 100 ? "%.3f" : a < 9950 ? "%.2f" : "%.0f", a / 1000 }'
}
spread_us() { awk -v a="${spread[$1]}" 'BEGIN { split(a, p, /\.\./); printf "%.3g..%.3g", p[1] / 1000, p[2] / 1000 }'; }
heading() { printf '\n%s\n\n' "$1"; }
# print_row FORMAT FIRST SECOND LABEL...: two words and the times of these cases; below, those on the wall.
print_row() {
        local format=$1 label
        local -a words=("$2" "$3")
        shift 3
        for clock in cpu wall; do
                for label; do
                        words+=("$(us "$label")")
                done
                # shellcheck disable=SC2059 # the same format for all rows
                printf "$format" "${words[@]}"
                words=('' 'on the wall')
        done
        clock=cpu
}
# print_heads FORMAT WORD...
print_heads() {
        # shellcheck disable=SC2059
        printf "$@"
}

# ranges LINES: both files cut the IDs from 65536 on into so many ranges of one size. An owner is a number,
# for which libsubid needs no account.
ranges() {
        range_size=$((65536 * 65535 / $1 < 65536 ? 65536 * 65535 / $1 : 65536))
        awk -v n="$1" -v size=$range_size 'BEGIN {
                for (i = 0; i < n; i++) printf "%d:%.0f:%d\n", 1000000 + i, 65536 + i * size, size
        }' | tee /etc/subuid >/etc/subgid
}
# id_of_line LINE: one that no other service has.
id_of_line() { echo $((65536 + ($1 - 1) * range_size + 193)); }

echo "$(grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'), $(nproc) cores, Linux $(uname -r | cut -d- -f1), $(ldd --version | sed -n '1s/.* //p') glibc"
echo "µs per lookup: CPU time of the thread, below it time on the wall; medians of $rounds rounds (15 from 65,536 on),"
echo 'in which all cases take turns'
all_rounds=$rounds
# set_rounds NUMBER: fewer where each takes long.
set_rounds() { rounds=$(($1 > 60000 && all_rounds > 15 ? 15 : all_rounds)); }

# --- one line --------------------------------------------------------------------------------------

# All that the scans and searches below find, and more, as one line.
echo containers:65536:4294000000 | tee /etc/subuid >/etc/subgid
measure <<'CASES'
one-line uid subuid 200193 hit
CASES
one_line=$(us one-line)

# --- cost over lines ------------------------------------------------------------------------------

heading 'By lines of /etc/subuid and /etc/subgid: 65,536 IDs each, or all there are'
row='%8s %14s %8s %8s %8s %8s %8s %8s %8s %10s %9s\n'
print_heads "$row" lines '' calls reading refusal 'by name' first middle last 'last group' libsubid
for n in $line_counts; do
        ranges "$n"
        set_rounds "$n"
        first=$(id_of_line 1) middle=$(id_of_line $(((n + 1) / 2))) last=$(id_of_line "$n")
        unset 'cpu[libsubid]' 'wall[libsubid]'
        {
                cat <<CASES
calls calls /etc/subuid /etc/subgid
reading lines /etc/subuid
refusal uid subuid 99 miss
refusal-name user subuid _99 miss
first uid subuid $first hit
middle uid subuid $middle hit
last uid subuid $last hit
last-gid gid subuid $last hit
no-prefix user subuid root miss
CASES
                [ "$n" -gt 65535 ] || echo "libsubid owners $last"
        } >line-cases
        measure <line-cases
        print_row "$row" "$n" "$((n * range_size)) IDs" calls reading refusal refusal-name first middle last last-gid libsubid
        scanned[n]="$(us reading)\t$(us refusal)\t$(us last)"
        if [ "$n" -le 65535 ]; then
                large=$n large_refusal=$(ratio refusal reading) large_last=$(ratio last reading)
                prefix_ns=${cpu[no-prefix]}
        fi
done

# --- imported files, which are searched by halving --------------------------------------------------

# marked FILE: its lines as subuidctl import writes them: the mark counts itself.
marked() {
        local size total mark
        size=$(stat -c %s "$1")
        total=$size
        for _ in 1 2 3; do
                mark="# Written by subuidctl import; sorted by start up to byte $total of $total"
                total=$((size + ${#mark} + 1))
        done
        echo "$mark"
        cat "$1"
}
# imported LINES: so many ranges of one size, all of 32 bits for the most part; in "others" each begins in
# the middle of one of these.
imported() {
        awk -v n="$1" 'BEGIN { c = int(4294000000 / n); c = c < 65536 ? c : 65536
                for (i = 0; i < n; i++) {
                        printf "%d:%.0f:%d\n", 1000000 + i, 100000 + i * c, c
                        printf "%d:%.0f:%d\n", 1000000 + i, 100000 + i * c + int(c / 2), c >"others"
                }
        }' >lines
        marked lines | tee /etc/nss-subuid/subuid >/etc/nss-subuid/subgid
}
# start_of LINE: of the imported ones.
start_of() { sed -n "$1s/.*:\(.*\):.*/\1/p" lines; }

heading 'By imported lines, sorted and marked, behind empty /etc/subuid and /etc/subgid'
row='%8s %11s %8s %8s %8s %8s %8s %8s %10s %10s\n'
print_heads "$row" lines '' calls refusal 'far one' first middle last 'last group' 'other GIDs'
mkdir -p /etc/nss-subuid
: >/etc/subuid
: >/etc/subgid
for n in $line_counts; do
        imported "$n"
        rounds=$all_rounds
        last=$(start_of "$n")
        measure <<CASES
calls calls /etc/nss-subuid/subuid /etc/nss-subuid/subgid
refusal uid subuid 99 miss
far uid subuid 4294967290 miss
first uid subuid $(start_of 1) hit
middle uid subuid $(start_of $(((n + 1) / 2))) hit
last uid subuid $last hit
last-gid gid subuid $last hit
CASES
        marked others >/etc/nss-subuid/subgid
        set_rounds "$n"
        measure <<CASES
others uid subuid $last hit
CASES
        print_row "$row" "$n" '' calls refusal far first middle last last-gid others
        printf "TSV lines\t$n\t${scanned[n]}\t%s\t%s\t%s\n" "$(us refusal)" "$(us last)" "$one_line"
done
imported_count=$n imported_refusal=$(ratio far calls)
imported_hit=$(printf '%s\n' "$(ratio first calls)" "$(ratio middle calls)" "$(ratio last calls)" | sort -n | tail -n 1)
rm -r /etc/nss-subuid

# --- cost over IDs that can be answered -----------------------------------------------------------

cp /etc/passwd passwd.real
heading 'By IDs that can be answered: the first, the last, one that is not there'
row='%8s %-32s %10s %10s %10s\n'
print_heads "$row" IDs service first last refusal
# accounts FILE COUNT: so many accounts behind the real ones, as a generated passwd file has them.
accounts() {
        awk -v n="$2" -v first=$first_id 'BEGIN {
                for (i = first; i < first + n; i++) printf "_%d:x:%d:%d:subuid:/nonexistent:/usr/sbin/nologin\n", i, i, i
        }' | cat passwd.real - >"$1"
}
# index: libnss-cache's, by UID: lines of one length, sorted as text.
index() {
        awk -F: '{ printf "%s %d\n", $3, offset; offset += length($0) + 1 }' /etc/passwd.cache |
                sort -u -k 1,1 | awk '{ printf "%s %08d%*s\n", $1, $2, 12 - length($1), "" }' | tr ' ' '\0' \
                >/etc/passwd.cache.ixuid
}
mkdir -p /var/lib/extrausers
# services COUNT: those that are measured with so many IDs; the others take seconds for some 100,000.
services() { [ "$1" -gt 65536 ] && echo subuid cache || echo subuid files extrausers cache; }
# cases_of SERVICE [LABEL]
cases_of() {
        printf '%s\n' "${2-$1}-first uid $1 $first_id hit" "${2-$1}-last uid $1 $last hit" "${2-$1}-refusal uid $1 4000000000 miss"
}
declare -A names=([subuid]='subuid (one line)' [cache]='cache, without its index' [indexed]='cache, with its index')
for n in $id_counts; do
        last=$((first_id + n - 1))
        set_rounds "$n"
        printf 'containers:%d:%d\n' $first_id "$n" | tee /etc/subuid >/etc/subgid
        accounts /etc/passwd "$n"
        cp /etc/passwd /var/lib/extrausers/passwd
        cp /etc/passwd /etc/passwd.cache
        rm -f /etc/passwd.cache.ixuid
        for service in $(services "$n"); do
                [ "$n$service" = 1000000cache ] || cases_of "$service"
        done >id-cases
        unset 'cpu[files-last]' 'cpu[extrausers-last]' 'cpu[cache-last]'
        measure 500 <id-cases
        index
        cases_of cache indexed >id-cases
        measure 500 <id-cases
        for service in subuid files extrausers cache indexed; do
                [ -z "${cpu[$service-last]-}" ] ||
                        print_row "$row" "$n" "${names[$service]-$service}" "$service-first" "$service-last" "$service-refusal"
        done
        printf 'TSV ids\t%s\t%s\t%s\t%s\t%s\t%s\n' "$n" "$(us subuid-last)" "$(us files-last)" \
                "$(us extrausers-last)" "$(us cache-last)" "$(us indexed-last)"
done
rounds=$all_rounds
cp passwd.real /etc/passwd
mkdir -p /etc/userdb
echo "{\"userName\":\"_$first_id\",\"uid\":$first_id,\"gid\":$first_id}" >/etc/userdb/_$first_id.user
ln -s _$first_id.user /etc/userdb/$first_id.user
library_dir=$(dirname "$(find /usr/lib -name libnss_subuid.so.2)")
cp "$top"/build/bench/libnss_*.so.2 "$library_dir"
{
        echo "systemd-hit uid systemd $first_id hit"
        echo 'systemd-refusal uid systemd 4000000 miss'
        [ ! -e "$library_dir/libnss_unknown.so.2" ] || echo "unknown uid unknown $first_id hit"
        echo "empty uid empty $first_id miss"
} >peer-cases
measure <peer-cases
systemd="systemd $(dpkg-query -W -f '${Version}' libnss-systemd 2>/dev/null | cut -d- -f1), a drop-in record"
print_row "$row" 1 "$systemd" systemd-hit none systemd-refusal
[ -z "${cpu[unknown]-}" ] || print_row "$row" '' 'unknown: any ID, no file' unknown none none
print_row "$row" '' 'a module that knows nobody' none none empty
rm -r /etc/userdb

# --- two lines: against the bare system calls, in a new process, by threads -------------------------

printf '%s\n' core:100000:65536 containers:200000:268435456 | tee /etc/subuid >/etc/subgid
# Long enough for two threads to run beside each other most of the time.
measure 10000 <<CASES
calls calls /etc/subuid /etc/subgid
hit uid subuid 200193 hit
calls-threads threads calls /etc/subuid /etc/subgid
hit-threads threads subuid 200193 hit
CASES
heading 'Two lines in each file, as on a node: 200193'
printf '  one thread   bare calls %s (%s)   lookup %s (%s)   ratio %s\n' "$(us calls)" "$(spread_us calls)" \
        "$(us hit)" "$(spread_us hit)" "$(ratio hit calls)"
printf '  two threads  bare calls %s (%s)   lookup %s (%s)   ratio %s\n' "$(us calls-threads)" \
        "$(spread_us calls-threads)" "$(us hit-threads)" "$(spread_us hit-threads)" "$(ratio hit-threads calls-threads)"
small=$(ratio hit calls)
hit_threads=${cpu[hit-threads]} slowest_calls=${spread[calls-threads]#*..}

measure <<CASES
open-empty dlopen libnss_empty.so.2
open-subuid dlopen libnss_subuid.so.2
CASES
opening=$(ratio open-subuid open-empty)
printf '  dlopen       empty module %s (%s)   this one %s (%s)   ratio %s\n' "$(us open-empty)" \
        "$(spread_us open-empty)" "$(us open-subuid)" "$(spread_us open-subuid)" "$opening"

# instructions SERVICES: of "getent passwd 200193" in user space.
instructions() {
        echo "passwd: $1" >/etc/nsswitch.conf
        valgrind --tool=callgrind --callgrind-out-file=/dev/null getent passwd 200193 2>&1 >/dev/null |
                sed -n 's/.*Collected : //p'
}
heading 'A new process: getent passwd 200193'
for services in files files~empty files~linked files~imports files~subuid; do
        echo "$services run getent -s $services passwd 200193"
done >all-cases
measure <all-cases
declare -A counts
for services in 'files' 'files empty' 'files linked' 'files imports' 'files subuid'; do
        counts[$services]=$(instructions "$services")
        printf '  passwd: %-13s %10s instructions  %7s µs of CPU time (%s)\n' "$services" "${counts[$services]}" \
                "$(us "$services")" "$(spread_us "$services")"
done
echo '  ("empty" imports nothing; "linked" neither, but depends on the C library; "imports" imports what this module'
echo '  does, and calls none of it)'
# of_process SERVICES: times the instructions of a process with these services.
of_process() {
        awk -v a="${counts[files subuid]}" -v b="${counts[$1]}" 'BEGIN { printf "%.3f", a / b }'
}
resident=$(python3 -c '
import pwd
pwd.getpwuid(200193)
sizes, inside = {}, False
for line in open("/proc/self/smaps"):
    if "-" in line.split()[0]:
        inside = "libnss_subuid" in line
    elif inside and line.split()[0] in ("Rss:", "Anonymous:"):
        sizes[line.split()[0]] = sizes.get(line.split()[0], 0) + int(line.split()[1])
print(sizes["Rss:"], "KiB resident,", sizes["Anonymous:"], "KiB of them not shared with the file")')
echo "  the library in memory: $resident"

# --- no content makes it slow ------------------------------------------------------------------------

size=16777216
[ $rounds -gt 3 ] || size=262144
rounds=$((rounds > 15 ? 15 : rounds))
heading "Files of $((size / 1024)) KiB: ms per lookup, and times the ordinary file"
worst=0
# times LABEL: how many times the ordinary file's; remembers the worst.
times() {
        local value
        value=$(awk -v a="${cpu[$1]}" -v b="${ordinary[$1]}" 'BEGIN { printf "%.2f", a / b }')
        worst=$(awk -v a="$worst" -v b="$value" 'BEGIN { print (a > b ? a : b) }')
        printf '   %s %6.2f ms (%s)' "$1" "$(us "$1")e-3" "$value"
}
declare -A ordinary
# content WHAT LAST <LINES: measures files of these lines, with a last one that holds 4294000000.
content() {
        head -c $size | sed '$ d' | tee /etc/subuid >/etc/subgid
        echo "$2:4294000000:1" | tee -a /etc/subuid >>/etc/subgid
        measure 1 <<'CASES'
refusal uid subuid 99 miss
last uid subuid 4294000000 hit
CASES
        for label in refusal last; do
                ordinary[$label]=${ordinary[$label]-${cpu[$label]}}
        done
        printf '  %-26s' "$1"
        times refusal
        times last
        echo
}
line=$(printf 'o%.0s' $(seq 1006)):100000:65536
content 'ordinary' 7 < <(awk 'BEGIN { for (;;) printf "%d:%.0f:65536\n", 1000000 + i % 60000, (++i % 60000 + 1) * 65536 }' 2>/dev/null)
content 'lines of 1,023 bytes' 7 < <(yes "${line:0:1023}" 2>/dev/null)
content 'newlines only' 7 < <(yes '' 2>/dev/null)
content 'one owner on every line' 1000000 < <(awk 'BEGIN { for (;;) printf "1000000:%.0f:65536\n", (++i % 60000 + 1) * 65536 }' 2>/dev/null)
content 'octal numbers' 7 < <(yes '1000000:0100000:65536' 2>/dev/null)
contents=$worst
# Linear too, but each line goes through the whole grammar. Not one of the targets.
content 'hexadecimal numbers' 7 < <(yes '1000000:0x100000:65536' 2>/dev/null)
content 'lines of seven bytes' 7 < <(yes 'a:1:1' 2>/dev/null)

# --- targets -----------------------------------------------------------------------------------------

heading 'Targets'
target() {
        printf '  %-64s %8s  at most %-6s %s\n' "$1" "$2" "$3" \
                "$(awk -v a="$2" -v b="$3" 'BEGIN { print (a + 0 <= b + 0 ? "met" : "MISSED") }')"
}
target 'two lines, a hit by UID: times the bare calls on both files' "$small" 1.05
target 'another name: ns (and no system call)' "$prefix_ns" 20
target "$large lines, a refusal: times reading one file by lines" "$large_refusal" 1.6
target "$large lines, the last of both files: times reading one by lines" "$large_last" 3.5
target "$imported_count imported lines, a refusal: times the bare calls on both" "$imported_refusal" 1.5
target "$imported_count imported lines, the slowest hit: times the same" "$imported_hit" 3
target 'other contents of 16 MiB: times the cost of ordinary lines' "$contents" 2
target 'a new process: times the instructions with an empty module' "$(of_process 'files empty')" 1.031
target 'a new process: the same, with an empty module that depends on libc' "$(of_process 'files linked')" 1.031
target 'a new process: the same, with an empty module of the same imports' "$(of_process 'files imports')" 1.02
target 'dlopen: times that of an empty module' "$opening" 1.1
# Two threads hinder each other in the kernel, now more, now less: the spread is what can be compared.
target 'two threads: times the bare calls of two threads at their slowest' \
        "$(awk -v a="$hit_threads" -v b="$slowest_calls" 'BEGIN { printf "%.2f", a / b }')" 1
