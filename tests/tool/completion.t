#!/bin/bash
# SPDX-License-Identifier: MIT
# Completion in a real bash with the package bash-completion: it offers what --help has.
set -u
. "$(dirname "$0")/../lib/tap.sh"

[ -x build/subuidctl ] || skip_all 'subuidctl was not built'
package=/usr/share/bash-completion/bash_completion
[ -e $package ] || skip_all 'bash-completion is not installed'
scratch=$top/$(mktemp -d build/completion.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/etc/nss-subuid" "$scratch/share/completions" "$scratch/bin" "$scratch/folder"
# The package finds it by the command's name, as where it is installed.
ln -s "$top/completions/bash/subuidctl" "$scratch/share/completions/subuidctl"
ln -s "$top/build/subuidctl" "$scratch/bin/subuidctl"
# shellcheck disable=SC2016 # for a shell that must not run it
printf '%s:100000:1\n' joe joanna jo@example.org 'a b' '$(touch pwned)' bob | tee "$scratch/etc/subuid" >"$scratch/etc/subgid"

# typist.py: readline completes each line of standard input: after "all", all candidates are put on the line,
# after "tab", what a Tab puts there. Prints the line.
cat >"$scratch/typist.py" <<'END'
import os
import pty
import re
import sys

scratch, package = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(scratch)
    os.environ.update(PATH=f'{scratch}/bin:{os.environ["PATH"]}', PS1='', TERM='dumb', COLUMNS='10000', INPUTRC='/dev/null',
                      BASH_COMPLETION_USER_DIR=f'{scratch}/share', HISTFILE='/dev/null')
    os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])
output = b''


def ask(keys, pattern):
    global output
    output = b''
    os.write(terminal, keys.encode())
    while not (found := re.search(pattern, output, re.DOTALL)):
        output += os.read(terminal, 65536)
    return found[1].decode()


# The line is shown and emptied by a key of its own.
ask(f"""bind -x '"\\C-xl": printf "<%s%s>\\n" LINE= "$READLINE_LINE"; READLINE_LINE='; . {package}; echo REA''DY\r""", b'(READY)')
for line in sys.stdin.read().splitlines():
    how, typed = line.split(' ', 1)
    print(ask(typed + ('\x1b*' if how == 'all' else '\t') + '\x18l', rb'<LINE=([^>]*)>\r?\n'))
END

# typed HOW TEXT: the line then.
typed() { timeout 60 python3 "$scratch/typist.py" "$scratch" $package <<<"$1 $2"; }
# offered TEXT: the candidates for its last word.
offered() {
        local line

        line=$(typed all "$1")
        echo "${line#"${1% *} "}" | tr ' ' '\n' | grep . | sort | tr '\n' ' '
}

mapfile -t commands < <(build/subuidctl help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p')
[ ${#commands[@]} -gt 7 ]
ok $? 'there are commands'
is "$(offered 'subuidctl ')" "$(printf '%s\n' "${commands[@]}" | sort | tr '\n' ' ')" 'all are offered'
is "$(offered 'subuidctl help ')" "$(printf '%s\n' "${commands[@]}" | sort | tr '\n' ' ')" 'also behind help'
for command in "${commands[@]}"; do
        options=$(build/subuidctl "$command" --help | grep -o '^   *\(-., \)\? *--[a-z-]*' | grep -o -- '--.*' | sort | tr '\n' ' ')
        is "$(offered "subuidctl $command --")" "$options" "all options of $command are offered"
        # Each value has an entry, or is known to be nothing that can be offered.
        is "$(build/subuidctl "$command" --help | grep -oP '^   *(-., )? *--[a-z-]* \K[A-Z]+(?= )' |
                grep -vxE 'LIST|FOLDER|GROUP|PID|N' | tr '\n' ' ')" '' "what its values are is known"
done
is "$(offered 'subuidctl --')" '--help --version ' 'options of all'
is "$(typed tab 'subuidctl whoi')" 'subuidctl whois ' 'Tab completes a command'
is "$(typed tab 'subuidctl list --output-')" 'subuidctl list --output-all ' 'and an option'

is "$(offered 'subuidctl list -o ')" "$(build/subuidctl list -rH | cut -d ' ' -f 1 | sort | tr '\n' ' ')" 'columns'
is "$(typed tab 'subuidctl list -rno OWNER,UI')" 'subuidctl list -rno OWNER,UIDS' 'behind others, and more may follow'
is "$(typed tab 'subuidctl list --output=+gid_')" 'subuidctl list --output=+gid_start' 'also behind = and +, in small letters'
is "$(typed tab 'subuidctl list -o OWNER,OWN')" 'subuidctl list -o OWNER,OWN' 'each once'
is "$(offered "subuidctl list --root $scratch ")" 'bob jo@example.org joanna joe ' 'owners of that root, as far as a shell takes them as they are'
is "$(typed tab "subuidctl list --root=$scratch joa")" "subuidctl list --root=$scratch joanna " 'and behind ='
is "$(typed tab 'subuidctl list --root fol')" 'subuidctl list --root folder/' 'folders'
is "$(typed tab 'subuidctl import --group roo')" 'subuidctl import --group root ' 'groups'
[ ! -e "$scratch/pwned" ]
ok $? 'no owner is run'

done_testing
