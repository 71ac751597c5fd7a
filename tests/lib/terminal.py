#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal.py [COLUMNS] COMMAND...: runs a command on a terminal of its own, of 80 columns or so many.

Prints what its user has seen: each state of a line that was overwritten with a "~" in front, then what stays
on the screen. Ends with the command's status. It knows no more of terminals than "\\r" and "\\033[K".
"""

import fcntl
import os
import pty
import struct
import sys
import termios


def run(columns, command):
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('4H', 24, columns, 0, 0))
        os.environ['TERM'] = os.environ.get('TERM_OF_TEST', 'xterm')
        os.execvp(command[0], command)
    output = b''
    try:
        while chunk := os.read(terminal, 65536):
            output += chunk
    except OSError:
        pass
    return output.decode(errors='replace'), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main():
    columns = int(sys.argv[1]) if sys.argv[1].isdigit() else 80
    output, status = run(columns, sys.argv[1 + sys.argv[1].isdigit():])
    for line in output.replace('\r\n', '\n').removesuffix('\n').split('\n'):
        *overwritten, last = line.split('\r\033[K')
        for text in overwritten:
            if text:
                print('~' + text)
        print(last)
    return status


sys.exit(main())
