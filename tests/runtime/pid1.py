#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pid1.py COMMAND...: stands in for systemd, as PID 1 of a namespace; ends with the command.

What it answers on /run/systemd/private when it is asked for its version stands in /run/pid1, anew at each
question: a word of those below, or "answer" and a version.
"""

import os
import socket
import struct
import subprocess
import sys
import threading

ENOUGH = '257.7-1'


def text(value):
    return struct.pack('<I', len(value)) + value.encode() + b'\0'


def message(kind, body, fields=b'\5\1u\0\1\0\0\0\x08\1g\0\1v\0\0', order=b'l'):
    header = order + bytes([kind, 1, 1]) + struct.pack('<III', len(body), 7, len(fields))
    return header + fields + b'\0' * (-len(fields) % 8) + body


def variant(value):
    return b'\1s\0\0' + text(value)


def answers(word, version):
    """The bytes that are sent, behind the greeting."""
    right = message(2, variant(version or ENOUGH))
    signal = message(4, b'x' * 1000, fields=b'\3\1s\0\4\0\0\0Some\0')
    return {
        'answer': right,
        'signal': signal * 3 + right,
        'error': message(3, b''),
        'number': message(2, b'\1u\0\0' + struct.pack('<I', 257)),
        'empty': message(2, b''),
        'long': message(2, variant('257' + '0' * 200)),
        'wrong': b'HTTP/1.1 400 Bad Request\r\n\r\n',
        'swapped': message(2, variant(ENOUGH), order=b'B'),
        'endless': message(4, b'', fields=b'')[:4] + b'\xff' * 12,
        'half': right[:20],
    }.get(word, b'')


def serve(connection):
    with open('/run/pid1', encoding='ascii') as file:
        word, _, version = file.read().strip().partition(' ')
    if word == 'silent':
        connection.recv(4096)
        threading.Event().wait(120)
        return
    # What comes before the command may come in pieces.
    data = b''
    while not data.endswith(b'Version\0'):
        part = connection.recv(4096)
        if not part:
            return
        data += part
        if b'BEGIN\r\n' in data and b'DATA\r\n' in data and not data.endswith(b'Version\0'):
            if word == 'rejected':
                connection.sendall(b'REJECTED EXTERNAL\r\n')
                return
            connection.sendall(b'DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n')
    connection.sendall(answers(word, version))


def main():
    os.makedirs('/run/systemd', exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind('/run/systemd/private')
    listener.listen(8)

    def loop():
        while True:
            connection, _ = listener.accept()

            def answer(connection=connection):
                with connection:
                    try:
                        serve(connection)
                    except OSError:
                        pass

            threading.Thread(target=answer, daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    sys.exit(subprocess.call(sys.argv[1:]))


main()
