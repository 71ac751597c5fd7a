#!/bin/bash
# SPDX-License-Identifier: MIT
# planted.sh [PATTERN]: puts bugs into copies of the module, one at a time (those whose names match), and
# has a fuzzer find each within a minute of processor time, from the corpus of the tree. A fuzzer that
# finds nothing planted proves nothing. Two run at a time.
set -u

cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C
seconds=60
scratch=build/planted

harnesses=()
files=()
names=()
edits=()

# bug HARNESS FILE NAME EDIT: the edit is sed's, with the whole file as one line.
bug() {
        [[ $3 =~ $pattern ]] || return 0
        harnesses+=("$1")
        files+=("$2")
        names+=("$3")
        edits+=("$4")
}
pattern=${1-}

# Numbers and ranges.
bug core subid_range.h 'a range holds the ID behind it' 's/id - range->start < range->count/id - range->start <= range->count/'
bug core subid_range.h 'a range does not hold its first ID' 's/return id >= range->start/return id > range->start/'
bug core subid_range.c 'the last ID is passed over' 's/id - start >= count/id - start + 1 >= count/'
bug core subid_range.c 'a range may end behind 2^32' 's/UINT64_C(0x100000000) - range/UINT64_C(0x100000001) - range/'
bug core subid_range.c 'a plain start may be 2^32' 's/plain_start <= UINT32_MAX && //'
bug core subid_range.c 'octal is read as decimal' 's/hexadecimal ? 16 : 8/hexadecimal ? 16 : 10/'
bug core subid_range.c 'a leading zero is plain' "s/if (\*end != '0' || digits == 1)\n//"
bug core subid_range.c 'an octal number may have an 8' 's/digits < 8 && !(bytes & ONES . 8)/digits < 8/'
bug core subid_range.c 'a carriage return is no blank' "s/c <= '.r'/c < '\\\\r'/"
bug core subid_range.c 'eight bytes are read of seven' 's/end - line < 8/end - line < 7/'
bug core subid_range.c 'a colon is a digit in one of eight places' 's/ONES . 0x76/UINT64_C(0x7676757676767676)/'
bug core subid_range.c 'any ten bytes are a decimal start' "s/ && colon.-10. > '0'//"
bug core subid_range.c 'a start may lie on two lines' 's/colon - line > 10 && //'
bug core subid_range.c 'a start just below is elsewhere' 's/(read_digits(colon - 10)) > 1/(read_digits(colon - 10)) > 0/'
bug core subid_range.c 'a count of seven digits reaches no further' 's/COUNT_DIGITS 6/COUNT_DIGITS 7/'

# Lines and owners.
bug core subid_range.c 'a line may have 1,024 bytes' 's/end - line >= SUBID_LINE_MAX/end - line > SUBID_LINE_MAX/'
bug core subid_range.c 'a line of the owner is passed over' 's/newline += 8) {/newline += 9) {/'
bug core subid_range.c 'a line is looked for behind the last one' 's/> length + 8;/> length + 7;/'
bug core subid_range.c 'a line shorter than the owner is read' 's/(size_t)(newline - line) > length && //'
bug core subid_range.c 'an owner may have a NUL byte' 's/ &&\n *!memchr(line, [^;]*;/;/'
bug core subid_range.c 'an owner is the beginning of another' "s/ line.length. == ':' &&//"
bug core subid_range.c '"-a" is an owner' "s/ || \*line == '-'//"
bug core subid_range.c 'the last byte of a name may be another' 's/return i == length;/return i + 1 >= length;/'
bug core subid_range.c 'an owner loses his last byte' "s/range.owner.i. != ':'/range.owner[i + 1] != ':'/"
bug core subid_range.c 'the last range wins' \
        's/static bool find_line([^{]*{/&struct subid_range last = {0};/; s/\(subid_range_holds(range, id))\n *\)return true;\n *return false;/\1last = *range;\nif (last.owner)\n*range = last;\nreturn last.owner;/'
bug core subid_range.c 'each piece begins at position 0' 's/\n\( *while (next_owned\)/subid->passed = 0;\n\1/'
bug core subid_range.c 'a position has 32 bits' 's/subid->passed + (/(uint32_t)subid->passed + (/'

# Accounts and names.
bug core subid_range.c 'a cut field of an account counts' 's/length >= SUBID_LINE_MAX)\(\n *end = \)/length > SUBID_LINE_MAX)\1/'
bug core subid_range.c 'a comment is an account' "s/end .. (\*line == '#' || /end \&\& (/"
bug core account_name.c 'a name may have a leading zero' "s/if (.p == '0' && p.1. != '.0')\n *return false;//"
bug core account_name.c 'a name may be that of 2^32' 's/number > UINT32_MAX/number > UINT32_MAX + UINT64_C(1)/'
bug core subid_range.h 'foreign-0 may have another name' 's/ROW(UINT32_C(2147352576), [^\n]*\n//'
bug core subid_range.h '65535 may have a name' 's/ROW(UINT32_C(65535)[^\n]*\n//'

# Files.
bug lookup subid_file.c 'a long line is cut too short' 's/kept = SUBID_LINE_MAX;/kept = SUBID_LINE_MAX - 1;/'
bug lookup subid_file.c 'more is read than there is room' 's/BUFFER_SIZE - kept, offset/BUFFER_SIZE - kept + 16, offset/'
bug lookup subid_file.c 'a last line without newline is lost' 's/n == 0 && kept == 0/n == 0/'
bug lookup subid_file.c 'each file begins at position 0' 's/r = text_open(text);/subid->passed = 0, r = text_open(text);/'
bug lookup subid_file.c 'the buffer is taken for the files' 's/text->ended = r == 0 && !text->searched/text->ended = true/'
bug lookup subid_file.c 'a line that was cut is not read anew' 's/offset += text->block_end - fresh;/offset += n;/'
bug lookup subid_file.c 'an interrupted read is not tried again' 's/\(n = pread([^;]*;\n *\)while ([^;]*;/\1while (false);/'
bug lookup subid_file.c 'an error leaves a descriptor open' 's/text_end(&text);/if (r >= 0) text_end(\&text);/'
bug lookup subid_file.c 'errno is not restored' 's/errno = text->saved_errno;//'
bug lookup subid_file.c 'cancellation is not restored' 's/pthread_setcancelstate(text->cancel_state, NULL);//'
bug lookup subid_file.c 'a folder is read' 's/!S_ISREG(status.st_mode)/false/'
bug lookup subid_file.c 'a large file is read' 's/status.st_size <= SUBID_FILE_SIZE_MAX ? 0 : -EFBIG/0/'

# Imported files.
bug lookup subid_file.c 'a mark of another size is believed' 's/size != (uint64_t)text->sizes.i. || //'
bug lookup subid_file.c 'what is not sorted is not scanned' 's/\*rest = (off_t)sorted;/*rest = (off_t)size;/'
bug lookup subid_file.c 'what lies above a piece is not looked for' 's/span.low_id = part.behind;/span.low = span.high;/'
bug lookup subid_file.c 'what lies below a piece is not looked for' 's/span.high_id = part.first;/span.low = span.high;/'
bug lookup subid_file.c 'an owner'\''s ID is searched, too' 's/find != subid_find_id/find != NULL/'
bug lookup subid_file.c 'what was found is not counted' 's/text->line && find(/find == subid_find_holder \&\& text->line \&\& find(/; s/if (text->ended)/if (text->ended || text->line)/'
bug lookup subid_file.c 'what was not read is taken for known' 's/r == 0 && !text->searched/r == 0/'

# Entries.
bug lookup nss_subuid.c 'a user is written past the buffer' 's/size < account_name_size(uid)/size + 1 < account_name_size(uid)/'
bug lookup nss_subuid.c 'a group needs a byte more' 's/size < account_name_size(gid)/size <= account_name_size(gid)/'
bug lookup nss_subuid.c 'a position needs one byte' 's/decimal_length(subid->position)/1/'
bug lookup nss_subuid.c 'DEL is shown' "s/c > '~' || //"
bug lookup nss_subuid.c 'EINTR ends in UNAVAIL' 's/case -EINTR:\n//'
bug lookup subid_file.c 'the group may be 65535' 's/user->same_owner && !subid_excluded(user->id)/user->same_owner/'
bug lookup subid_file.c 'the group at a position may be any owner'\''s' 's/return user->same_owner && /return /'
bug lookup subid_file.c 'the same number is enough' 's/user->same_owner && user->same_start/user->same_owner/'
bug lookup subid_file.c 'another owner'\''s number is the group' 's/user->same_owner && user->same_start/user->same_start/'
bug lookup subid_file.c 'a low GID may be the host'\''s' 's/uid < HOST_GIDS_END/uid < 1/'
bug lookup subid_file.c 'a GID by position may be the host'\''s' 's/r == BY_POSITION || //'
bug lookup subid_file.c 'a group that cannot be read is made up' 's/return r < 0 ? r : 1;/return 1;/'
bug lookup nss_subuid.c 'a local group gets a second name' 's/subid_file_is_account(SUBID_GROUPS, &subid)/0/'

# The group of all.
bug lookup nss_subuid.c 'a group is added twice' 's/if (..groups..i. == gid)\n *return ANSWERED;//'
bug lookup nss_subuid.c 'more groups than the limit' 's/\*start >= limit/*start > limit/'
bug lookup nss_subuid.c 'the array is a byte too short' 's/(size_t)wanted . sizeof(gid_t)/& - 1/'
bug lookup nss_subuid.c 'the array shrinks to the limit' 's/limit > 0 && wanted > limit/limit > 0/'
bug lookup nss_subuid.c 'a local account is in the group' 's/subid_file_is_account(SUBID_USERS, &user)/0/'
bug lookup nss_subuid.c 'the group may lie in a range' 's/r < 0 ? r : !r/1/'
bug lookup nss_subuid.c 'the group may be root'\''s' 's/r <= 0 || subid_excluded(group.id)/r <= 0/'

# What the OCI runtime reads.
bug runtime tool/runtime/arguments.c 'an abbreviation is an option' 's/strlen(options->name) == length/strlen(options->name) >= length/'
bug runtime tool/runtime/arguments.c 'a flag may have a value' 's/!options->has_value || length == 2/length == 2/'
bug runtime tool/runtime/arguments.c 'options may stand behind the ID' 's/ || argv.1.//'
bug runtime tool/json_text.c 'a name may occur twice' 's/members != members_kept/members < members_kept/'
bug runtime tool/runtime/config.c 'a name in a text may be part of another' 's/place->name) == length + 2/place->name) >= length + 2/'
bug runtime tool/runtime/config.c 'the place of null is free' 's/ || !member)/)/'
bug runtime tool/runtime/config.c "somebody else's property is its own" 's/if (!is_text(members.0., text))/if (!text_of(members[0]))/'
bug runtime tool/runtime/config.c 'a mapping has one ID more' 's/uid - inside >= count/uid - inside > count/'
bug runtime tool/runtime/config.c 'a read-only mount is writable' 's/strcmp(option, "ro") == 0 || //'
bug runtime tool/runtime/config.c "somebody's cgroup namespace will do" 's/!members.1. || is_text(members.1., "")/true/'
bug runtime tool/runtime/config.c 'a last comma stays' 's/place.comma ? place.comma : place.name/place.name/'
bug runtime tool/runtime/config.c 'a comma follows always' 's/\*follows == .}. ? "" : ","/*follows == 1 ? "" : ","/'

# find_bug NUMBER: puts it in, builds, fuzzes, and prints its line of the table. Fails if it is not found.
find_bug() {
        local harness=${harnesses[$1]} copy=$scratch/$1 result=FOUND times executions

        mkdir -p "$copy/tests/fuzz" "$copy/tool/runtime"
        cp -p Makefile ./*.[ch] "$copy"
        cp -p tests/tests.mk "$copy/tests"
        cp -rp tests/fuzz/*.[ch] tests/fuzz/*.dict tests/fuzz/corpus "$copy/tests/fuzz"
        cp -p tool/*.[ch] "$copy/tool"
        cp -p tool/runtime/*.[ch] "$copy/tool/runtime"
        sed -z -i "${edits[$1]}" "$copy/${files[$1]}"
        if cmp -s "${files[$1]}" "$copy/${files[$1]}"; then
                echo "FAILED ${names[$1]}: there is nothing to edit in ${files[$1]}"
                return 1
        fi
        if ! make -C "$copy" "build/fuzz/fuzz_$harness" >"$copy/log" 2>&1; then
                echo "FAILED ${names[$1]}: it does not compile"
                return 1
        fi
        TIMEFORMAT='%0U'
        times=$({ time (
                ulimit -t $seconds
                make -C "$copy" "fuzz-$harness" FUZZ_TIME=$((20 * seconds)) >"$copy/log" 2>&1
        ); } 2>&1)
        executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$copy/log")
        grep -q '^SUMMARY: ' "$copy/log" || result=MISSED
        printf '%-6s %-42s %-6s %4s s %10s\n' $result "${names[$1]}" "$harness" "$times" "${executions:-?}"
        [ $result = FOUND ]
}

rm -rf "$scratch"
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT
failed=0
running=0
printf '%-6s %-42s %-6s %6s %10s\n' '' bug harness time executions
for number in "${!names[@]}"; do
        if [ $running -eq 2 ]; then
                wait -n || failed=1
                running=1
        fi
        find_bug "$number" &
        running=$((running + 1))
done
while [ $running -gt 0 ]; do
        wait -n || failed=1
        running=$((running - 1))
done
exit $failed
