# SPDX-License-Identifier: MIT
# awk -f weave.awk FILE.acsl FILE.c: prints the source with its annotations. A line of FILE.acsl that is
# no comment is a line of the source, and the comments above it are put in front of that. Both files
# have the same order.

function fail(what)
{
        print FILENAME ": " what > "/dev/stderr"
        failed = 1
        exit 1
}

NR == FNR && (comment || /^\/\*/) {
        pending = pending $0 "\n"
        comment = !/\*\/$/
        next
}
NR == FNR {
        if ($0 != "") {
                lines[++count] = $0
                annotations[count] = pending
                pending = ""
        }
        next
}

FNR == 1 {
        place = 1
        print "#line 1 \"" FILENAME "\""
}
place <= count && $0 == lines[place] {
        print annotations[place] "#line " FNR " \"" FILENAME "\""
        place++
}
{ print }

END {
        if (!failed && place <= count)
                fail("does not have this line, or not there: " lines[place])
}
