#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hold_mmap_lock.py FILE [ARGUMENT...]: a process that nobody can ask for its command line, as ps(1) would.

FILE is that of fuse.py page. Its first read fails, so the kernel reads it once more, and this time keeps the
lock of the process's memory meanwhile. A second thread wants the same lock for itself: behind it, readers wait.
"""
import ctypes
import mmap
import os
import sys
import threading

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.memcpy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
libc.usleep.argtypes = [ctypes.c_uint]
page = libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, os.open(sys.argv[1], os.O_RDONLY), 0)
byte = ctypes.create_string_buffer(1)
threading.Thread(target=libc.memcpy, args=(byte, page, 1)).start()
while True:
    libc.usleep(100000)
    libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
