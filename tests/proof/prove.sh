#!/bin/bash
# SPDX-License-Identifier: MIT
# prove.sh CPPFLAGS...: proves with Frama-C that no input makes the module's core go wrong.
#
# What is proved, of every function but those in "around" below:
#  - It reads and writes only what it may, makes no pointer outside of an object, compares and
#    subtracts only pointers into the same one, reads nothing that was not written, and no signed
#    number overflows, no shift is too wide, every loop ends. (Unsigned numbers may wrap: C says how.)
#  - A range is as subid_range.h says.
# For which inputs: any bytes and any number of them in a text, any NUL-terminated name, any ID,
# position and number of IDs passed, an owner of 1 to SUBID_LINE_MAX - 5 bytes, a buffer of any size.
# The lines need not be whole. x86-64, the default NAME_PREFIX.
#
# How: FILE.acsl holds the contracts and the invariants of the loops. They are woven into a copy of
# the source, so that it can be read without them. Eva runs that copy from caller.c, to see that every
# statement is reached and to raise alarms. WP proves, function by function, the contracts, those
# alarms and a check of its own at each access. Nothing may remain.
#
# What is believed: the contracts in libc/, those of Frama-C's own headers, Frama-C and CVC4; that
# the functions around the core call it as the contracts say. They are left to the tests and the fuzzer.
set -eu
cd "$(dirname "$0")/../.."

around='_nss_subuid_getgrgid_r _nss_subuid_getgrnam_r _nss_subuid_getpwnam_r _nss_subuid_getpwuid_r
        _nss_subuid_initgroups_dyn answer_group answer_groups answer_user ask find_account
        find_common_group find_group find_named find_owner find_owner_and_position guess open_file
        read_file status_of subid_file_group_of subid_file_holds subid_file_is_account
        subid_file_locate subid_file_locate_user subid_file_named text_begin text_end text_find
        text_find_again text_find_in_file text_open text_scan text_search'
around=$(tr -s '[:space:]' '\n' <<<"$around")

# Of the proof's own.
stubs=proof_realloc

build=build/proof
rm -rf $build
mkdir -p $build
# Its functions are proved, too; the sources below find this copy of it.
awk -f tests/proof/weave.awk tests/proof/subid_range.h.acsl subid_range.h >$build/subid_range.h
{
        # An annotation cannot ask for the size of a literal.
        printf '%s\n' '#include "account_name.h"' 'enum { PREFIX_LENGTH = sizeof(NAME_PREFIX) - 1 };'
        for source in subid_range account_name nss_subuid; do
                awk -f tests/proof/weave.awk tests/proof/$source.acsl $source.c
        done
        cat subid_file.c tests/proof/caller.c
} >$build/module.c

# Where Why3 keeps what it knows of provers.
HOME=$PWD/$build why3 config detect >/dev/null 2>&1
HOME=$PWD/$build frama-c -c11 -machdep gcc_x86_64 -cpp-frama-c-compliant \
        -cpp-command "gcc -E -C -Itests/proof/libc -I. ${*@Q}" $build/module.c \
        -no-unicode -kernel-warn-key annot:missing-spec=inactive -warn-invalid-pointer \
        -eva -main caller -lib-entry -eva-precision 1 -eva-split-return auto \
        -then -wp -wp-rte -wp-prover cvc4 -wp-par 2 -wp-timeout 30 -wp-skip-fct "${around//$'\n'/,},$stubs" \
        -wp-warn-key pedantic-assigns=inactive \
        -then -report-csv $build/properties.csv -then -metrics -metrics-eva-cover >$build/log ||
        { tail -n 20 $build/log; exit 1; }

failed=0
# fail WHAT LINES: what must be empty is not.
fail() {
        [ -n "$2" ] || return 0
        printf '%s\n' "$1" "$2"
        failed=1
}

# Columns: directory, file, line, function, kind, status, property. What is dead in a function of the
# core was not reached; what is partially proven depends on what stands in other lines.
fail 'Not proved:' "$(awk -F '\t' -v around="$around"$'\n'"$stubs" '
        BEGIN { split(around, names, "\n"); for (i in names) skip[names[i]] }
        $1 == "." && !($4 in skip) && $6 !~ /^(Valid|Considered valid|Partially proven)$/ {
                print "    " $2 ":" $3 ": " $4 ": " $5 ": " $7 " (" $6 ")"
        }' $build/properties.csv)"
coverage=$(sed -n 's/^ *\([a-z_]*\): \([0-9]* stmts out of [0-9]* .*\)/\1 \2/p' $build/log)
fail 'Not reached:' "$(grep -v '(100.0%)' <<<"$coverage")"
defined=$(sed '1,/Defined functions/d; /Specified-only/,$d' $build/log | grep -Eo '[a-z_]+ \(' | tr -d ' (')
fail 'Neither proved nor around the core, or both:' "$(
        { cut -d ' ' -f 1 <<<"$coverage" && echo "$around" && echo "$defined"; } | sort | uniq -c |
                awk '$1 != 2 { print "    " $2 }')"
grep -E 'stmts analyzed|Proved goals' $build/log
exit $failed
