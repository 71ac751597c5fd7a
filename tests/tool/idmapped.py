#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""idmapped.py FOLDER PID: mounts the folder once more over itself, with the IDs of this process's user namespace."""
import ctypes
import os
import struct
import sys

OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
AT_FDCWD, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH, AT_EMPTY_PATH, MOUNT_ATTR_IDMAP = -100, 1, 4, 0x1000, 0x100000

folder, pid = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result


tree = call(OPEN_TREE, AT_FDCWD, folder.encode(), OPEN_TREE_CLONE)
with open(f'/proc/{pid}/ns/user', 'rb') as userns:
    attributes = struct.pack('4Q', MOUNT_ATTR_IDMAP, 0, 0, userns.fileno())
    call(MOUNT_SETATTR, tree, b'', AT_EMPTY_PATH, attributes, len(attributes))
call(MOVE_MOUNT, tree, b'', AT_FDCWD, folder.encode(), MOVE_MOUNT_F_EMPTY_PATH)
