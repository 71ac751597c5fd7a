# SPDX-License-Identifier: MIT
"""bus_clients.py NUMBER UID...: opens so many connections to the system bus as each of these users, one after
the other, with the UID and the GID alone. Says how many the bus has taken of each, and holds them until
standard input ends."""
import os
import socket
import struct
import sys


def field(code, kind, value):
    return struct.pack("<BB2sI", code, 1, kind + b"\0", len(value)) + value + b"\0"


def padded(data):
    return data + bytes(-len(data) % 8)


# The first message of each connection, without which it does not count.
fields = (padded(field(1, b"o", b"/org/freedesktop/DBus")) + padded(field(2, b"s", b"org.freedesktop.DBus"))
          + padded(field(3, b"s", b"Hello")) + field(6, b"s", b"org.freedesktop.DBus"))
hello = padded(struct.pack("<cBBBIII", b"l", 1, 0, 1, 0, 1, len(fields)) + fields)


def connect():
    """A connection, or None."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    try:
        client.connect("/run/dbus/system_bus_socket")
        client.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        if not client.recv(4096).startswith(b"OK"):
            return None
        client.sendall(b"BEGIN\r\n" + hello)
        answer = client.recv(4096)
        # METHOD_RETURN
        return client if answer[1:2] == b"\2" else None
    except OSError:
        return None


number = int(sys.argv[1])
for uid in map(int, sys.argv[2:]):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        clients = [client for client in (connect() for _ in range(number)) if client]
        os.write(writer, str(len(clients)).encode())
        sys.stdin.read()
        os._exit(0)
    print(uid, os.read(reader, 16).decode(), flush=True)
sys.stdin.read()
