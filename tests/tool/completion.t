#!/bin/bash
# SPDX-License-Identifier: MIT
# Completion in a real bash with the package bash-completion, in zsh and in fish: it offers what --help has.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
package=/usr/share/bash-completion/bash_completion
[ -e $package ] || skip_all 'bash-completion is not installed'
# What is typed names files here: in a path without blanks, wherever the checkout lies.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/etc/nss-subuid" "$scratch/share/completions" "$scratch/bin" "$scratch/folder"
# Shells keep things there.
export HOME=$scratch
# The package finds it by the command's name, as where it is installed.
ln -s "$top/completions/bash/subuidctl" "$scratch/share/completions/subuidctl"
ln -s "$top/completions/zsh" "$scratch/share/zsh"
ln -s "$top/build/subuidctl" "$scratch/bin/subuidctl"
# shellcheck disable=SC2016 # for a shell that must not run it
printf '%s:100000:1\n' joe joanna jo@example.org 'a b' '$(touch pwned)' bob | tee "$scratch/etc/subuid" >"$scratch/etc/subgid"

# typist.py: bash's readline, or zsh, completes each line of standard input: after "all", all candidates are put on the line,
# after "tab", what a Tab puts there. Prints the line.
cat >"$scratch/typist.py" <<'END'
import os
import pty
import re
import sys

scratch, package, shell = sys.argv[1:]
# A key of its own shows the line and empties it; another puts all candidates there.
SHELLS = {
    'bash': (['bash', '--norc', '--noprofile', '-i'], '\x1b*',
             f"""bind -x '"\\C-xl": printf "<%s%s>\\n" LINE= "$READLINE_LINE"; READLINE_LINE='; . {package}"""),
    'zsh': (['zsh', '-f', '-i'], '\x18a',
            f"""fpath=({scratch}/share/zsh $fpath); autoload -Uz compinit; compinit -u -d {scratch}/dump; zle -N show
            show() {{ print -r -- "<LINE=$BUFFER>"; BUFFER=; }}; bindkey '^Xl' show
            zle -C all-matches complete-word _generic; bindkey '^Xa' all-matches
            zstyle ':completion:all-matches:*' completer _all_matches _complete
            zstyle ':completion:all-matches:*' insert true"""),
}
command, all_key, setup = SHELLS[shell]
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(scratch)
    os.environ.update(PATH=f'{scratch}/bin:{os.environ["PATH"]}', PS1='', TERM='dumb', COLUMNS='10000', INPUTRC='/dev/null',
                      BASH_COMPLETION_USER_DIR=f'{scratch}/share', HISTFILE='/dev/null')
    os.execvp(command[0], command)
output = b''


def ask(keys, pattern):
    global output
    output = b''
    os.write(terminal, keys.encode())
    while not (found := re.search(pattern, output, re.DOTALL)):
        output += os.read(terminal, 65536)
    return found[1].decode()


ask(' ; '.join(part.strip() for part in setup.split('\n')) + "; echo REA''DY\r", b'(READY)')
for line in sys.stdin.read().splitlines():
    how, typed = line.split(' ', 1)
    print(ask(typed + (all_key if how == 'all' else '\t') + '\x18l', rb'<LINE=([^>]*)>\r?\n'))
END

# typed HOW TEXT: the line then.
typed() { timeout 60 python3 "$scratch/typist.py" "$scratch" $package "$shell" <<<"$1 $2"; }
fish_offers() {
        (cd "$scratch" && PATH="$scratch/bin:$PATH" fish -N -c "source '$top/completions/fish/subuidctl.fish'; complete -C '$1'" 2>&1)
}
# offered TEXT: the candidates for its last word.
offered() {
        local line

        if [ "$shell" = fish ]; then
                fish_offers "$1" | cut -f 1 | grep -v '^-.$' | sort | tr '\n' ' '
                return
        fi
        line=$(typed all "$1")
        echo "${line#"${1% *} "}" | tr ' ' '\n' | grep . | sort | tr '\n' ' '
}

mapfile -t commands < <(build/subuidctl help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p')
[ ${#commands[@]} -gt 7 ]
ok $? 'there are commands'
options_of() { build/subuidctl "$1" --help | grep -o '^   *\(-., \)\? *--[a-z-]*' | grep -o -- '--.*' | sort | tr '\n' ' '; }
for command in "${commands[@]}"; do
        # Each value has an entry, or is known to be nothing that can be offered.
        is "$(build/subuidctl "$command" --help | grep -oP '^   *(-., )? *--[a-z-]* \K[A-Z]+(?= )' |
                grep -vxE 'LIST|FOLDER|GROUP|PID|N' | tr '\n' ' ')" '' "what the values of $command are is known"
done
all=$(printf '%s\n' "${commands[@]}" | sort | tr '\n' ' ')
columns=$(build/subuidctl list -rH | cut -d ' ' -f 1 | sort | tr '\n' ' ')
for shell in bash zsh fish; do
        if ! command -v $shell >/dev/null; then
                skip "no $shell" "completion in $shell"
                continue
        fi
        is "$(offered 'subuidctl ')" "$all" "$shell: all commands are offered"
        is "$(offered 'subuidctl help ')" "$all" "$shell: also behind help"
        for command in "${commands[@]}"; do
                is "$(offered "subuidctl $command --")" "$(options_of "$command")" "$shell: all options of $command"
        done
        is "$(offered "subuidctl list --root $scratch ")" 'bob jo@example.org joanna joe ' \
                "$shell: owners of that root, as far as a shell takes them as they are"
        [ ! -e "$scratch/pwned" ]
        ok $? "$shell: no owner is run"
done
# What a directory has for accounts; here a function tells of them, not bash.
# shellcheck disable=SC2016
for words in 'add ' 'import ' 'import --group '; do
        is "$(bash -c 'complete() { :; }; compopt() { :; }; compgen() { printf "%s\n" joe "\$(touch pwned)" "a b" "x;id"; }
                . completions/bash/subuidctl
                read -ra COMP_WORDS <<<"subuidctl $1"
                COMP_WORDS+=("") COMP_CWORD=${#COMP_WORDS[@]}
                _subuidctl build/subuidctl "" "${COMP_WORDS[-2]}"
                echo "${COMPREPLY[*]}"' bash "$words")" joe "$words: no name that a shell would run"
done
shell=bash
is "$(offered 'subuidctl --')" '--help --version ' 'options of all'
is "$(offered 'subuidctl list -o ')" "$columns" 'columns'
is "$(typed tab 'subuidctl whoi')" 'subuidctl whois ' 'Tab completes a command'
is "$(typed tab 'subuidctl list --output-')" 'subuidctl list --output-all ' 'and an option'

is "$(typed tab 'subuidctl list -rno OWNER,UI')" 'subuidctl list -rno OWNER,UIDS' 'behind others, and more may follow'
is "$(typed tab 'subuidctl list --output=+gid_')" 'subuidctl list --output=+gid_start' 'also behind = and +, in small letters'
is "$(typed tab 'subuidctl list -o OWNER,OWN')" 'subuidctl list -o OWNER,OWN' 'each once'
is "$(typed tab "subuidctl list --root=$scratch joa")" "subuidctl list --root=$scratch joanna " 'owners, also behind ='
is "$(typed tab 'subuidctl list --root fol')" 'subuidctl list --root folder/' 'folders'
is "$(typed tab 'subuidctl import --group roo')" 'subuidctl import --group root ' 'groups'

if command -v zsh >/dev/null; then
        shell=zsh
        is "$(typed tab 'subuidctl list -rno OWNER,GID_')" 'subuidctl list -rno OWNER,GID_START,' 'zsh: columns'
        is "$(typed tab 'subuidctl list --root fol')" 'subuidctl list --root folder/' 'zsh: folders'
        is "$(typed tab 'subuidctl import --group roo')" 'subuidctl import --group root ' 'zsh: groups'
fi
if command -v fish >/dev/null; then
        shell=fish
        is "$(offered 'subuidctl list -rno OWNER,GID_')" 'OWNER,GID_START ' 'fish: columns'
        is "$(offered 'subuidctl list --root fol')" 'folder/ ' 'fish: folders'
        is "$(offered 'subuidctl import --group roo')" 'root ' 'fish: groups'
fi

done_testing
