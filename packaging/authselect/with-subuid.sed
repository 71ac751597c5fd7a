# SPDX-License-Identifier: MIT
# Puts the feature "with-subuid" into the nsswitch.conf of a profile of authselect; see README.md.
# Nothing is done twice.
/with-subuid/b
# A merging line: "subuid" goes last, before the condition of the line.
/^group:.*\[SUCCESS=merge\]/ {
        s/[[:blank:]]*\(\({[a-z]* if [^{}:]*}\)\{0,1\}\)[[:blank:]]*$/ {if "with-subuid":subuid }\1/
        b
}
# Any other: before "systemd", or last where there is none.
/^\(passwd\|group\):/ {
        s/systemd/{if "with-subuid":subuid }systemd/
        t
        s/[[:blank:]]*\(\({[a-z]* if [^{}:]*}\)\{0,1\}\)[[:blank:]]*$/ {if "with-subuid":subuid }\1/
}
