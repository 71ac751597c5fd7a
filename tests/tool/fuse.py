#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fuse.py MODE FOLDER: a file system in user space, as a container may mount one, without libfuse.

root    a whole one: /etc/passwd and /etc/group of the folder from where it is run
silent  never answers who looks something up; prints the PID of each who does
page    has one file, "page", whose first read fails; no later one is ever answered
"""
import ctypes
import os
import stat
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 18, 25, 26
OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 27, 29, 36, 42
ENOENT, EIO, ENOSYS = 2, 5, 38
FOLDER, FILE = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644

mode, folder = sys.argv[1:]
# By inode: mode, contents, and for folders the inodes of what is in them.
nodes = {1: (FOLDER, b"", {b"etc": 2, b"page": 5})}
if mode == "root":
    nodes[2] = (FOLDER, b"", {b"passwd": 3, b"group": 4})
    for inode, name in (3, "passwd"), (4, "group"):
        with open(name, "rb") as file:
            nodes[inode] = (FILE, file.read(), {})
elif mode == "page":
    nodes[5] = (FILE, bytes(4096), {})

fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(mode.encode(), folder.encode(), b"fuse", 0, options.encode()) != 0:
    raise OSError(ctypes.get_errno(), "mount")


def attributes(inode):
    what, contents, _ = nodes[inode]
    return struct.pack("<6Q10I", inode, len(contents), 1, 0, 0, 0, 0, 0, 0, what, 1, 0, 0, 0, 4096, 0)


def reply(unique, data=b"", error=0):
    os.write(fuse, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


reads = 0
while True:
    request = os.read(fuse, 1 << 17)
    _, opcode, unique, inode, _, _, pid = struct.unpack("<IIQQIII", request[:36])
    body = request[40:]
    if opcode == INIT:
        reply(unique, struct.pack("<IIIIHHIIHHI7I", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, *[0] * 8))
    elif opcode in (FORGET, BATCH_FORGET, INTERRUPT):
        pass
    elif opcode == LOOKUP and mode == "silent":
        print(pid, flush=True)
    elif opcode == LOOKUP:
        child = nodes[inode][2].get(body.rstrip(b"\0"))
        if child in nodes:
            reply(unique, struct.pack("<4Q2I", child, 0, 60, 60, 0, 0) + attributes(child))
        else:
            reply(unique, error=ENOENT)
    elif opcode == GETATTR:
        reply(unique, struct.pack("<QII", 60, 0, 0) + attributes(inode))
    elif opcode in (OPEN, OPENDIR):
        reply(unique, struct.pack("<QII", 0, 0, 0))
    elif opcode == READ and mode == "page":
        reads += 1
        print(reads, flush=True)
        if reads == 1:
            reply(unique, error=EIO)
    elif opcode == READ:
        offset, size = struct.unpack("<QI", body[8:20])
        reply(unique, nodes[inode][1][offset : offset + size])
    elif opcode in (RELEASE, RELEASEDIR, FLUSH):
        reply(unique)
    else:
        reply(unique, error=ENOSYS)
