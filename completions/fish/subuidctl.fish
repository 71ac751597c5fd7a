# SPDX-License-Identifier: MIT
# Completion for subuidctl(8). The command itself tells: its help has commands, options and, in capitals,
# what stands behind them.

# The owners that a shell takes as they are; with --root, those of that system.
function __subuidctl_owners
    set -l words (commandline -opc)
    set -l root (string match -r -- '^--root=.*' $words)
    set -l place (contains -i -- --root $words); and set root $words[$place..(math $place + 1)]
    subuidctl list $root -rno OWNER 2>/dev/null | string match -r '^[[:alnum:]@._-]*$' | sort -u
end

complete -c subuidctl -f
for line in (subuidctl help 2>/dev/null | string match -r '^  [a-z].*')
    set -l command (string replace -r '^  ([a-z]+).*' '$1' -- $line)
    set -l here "__fish_seen_subcommand_from $command"
    complete -c subuidctl -n __fish_use_subcommand -a $command -d (string replace -r '.*  +' '' -- $line)
    for line in (subuidctl help $command 2>/dev/null)
        set -l word (string replace -rf '^.*--[a-z-]+ ([A-Z]+) .*' '$1' -- $line)
        set -l name (string replace -rf '^ +(-., +)?--([a-z-]+) .*' '$2' -- $line)
        set -l option -l "$name" -d (string replace -r '.*  +' '' -- $line)
        switch "$word"
            case ''
            case LIST
                set -a option -x -a "(__fish_append , (subuidctl $command --list-columns --raw | string replace -r ' .*' ''))"
            case FOLDER
                set -a option -x -a '(__fish_complete_directories)'
            case GROUP
                set -a option -x -a '(__fish_complete_groups)'
            case PID
                set -a option -x -a '(__fish_complete_pids)'
            case '*'
                set -a option -x
        end
        set -l letter (string replace -rf '^ +-(.), .*' '$1' -- $line); and set -a option -s $letter
        test -z "$name"; or complete -c subuidctl -n $here $option
        string match -q 'Usage:*OWNER*' -- $line; and complete -c subuidctl -n $here -a '(__subuidctl_owners)'
        string match -q 'Usage:*PATH*' -- $line; and complete -c subuidctl -n $here -F
        string match -q 'Usage:*COMMAND*' -- $line; and complete -c subuidctl -n $here -a "(subuidctl help | string replace -rf '^  ([a-z]+).*' '\$1')"
    end
end
