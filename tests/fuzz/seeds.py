#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""seeds.py FOLDER: writes inputs for fuzz_lookup to begin with."""

import sys

NODE = b"core:100000:65536\ncontainers:200000:268435456\n"
CONTENTS = [
    [NODE, b"\xfe", NODE, b"\xfe", b"root:x:0:0::/root:/bin/sh\n", b"root:x:0:\n"],
    [b"a:1000:10\nb:5000:10\na:2000:10", b"a:0x10:010\n", b"b:9000:5\na:7000:5\na:8000:20\n", b"a:4294967290:6",
     b"bob:x:2000:1::/:/\n", b"bob:x:7001:\n"],
    [b"root:1000:5\n#c\n\n+x:1:2\nbad:1\n a: 7:+8\n0:1000:9\n", b"", b"root:65530:10\n", b"0:0:70000\n", b"\xfe", b"\xfe"],
    [b"all:0:4294967295\nlast:4294967295:1\n", b"\xfe", b"all:12345678:87654321\nall:100000000:1000000000\n",
     b"\xfe", b"#no:x:5:5\n", b""],
    [b"o" * 1012 + b":100:5\n" + b"o" * 1013 + b":100:5\nz:100:5\n", b"z:200:5\n", b"z:300:50\n", b"\xfe", b"\xfe", b"\xfe"],
    [b"x:500000:1\n" * 900 + b"y:600000:7\n", b"\xfe", b"y:1:1\n" * 1400 + b"y:700000:9\n", b"\xfe",
     b"n" * 1010 + b":x:600003:\n", b"g" * 9000 + b"\nv:x:600001:" + b"m" * 9000 + b"\n"],
    [b"\x00:1:1\na\x00:2:2\nm\xb5,=\":30:40\n", b"-:1:1\nk:08:1\nk:0x:1\nk:1:1\r\nk:50:9", b"k:1:9\n", b"", b"\xfe", b"\xfe"],
]

for i, files in enumerate(CONTENTS):
    for kind in range(4):
        for variant in range(6):
            head = bytearray(16)
            head[0] = kind
            head[1] = variant
            head[2] = (0, 1, 2, 3, 20, 41)[variant]
            head[3] = variant
            head[8] = (0, 3, 5, 6, 7, 4)[variant]
            head[9] = 255 if variant > 3 else 0
            head[10] = 255 if variant == 5 else 0
            head[11] = kind + variant
            head[12] = i
            head[13] = 190 if variant == 4 else 0
            head[14] = kind
            head[15] = variant
            with open(f"{sys.argv[1]}/seed-{i}-{kind}-{variant}", "wb") as out:
                out.write(bytes(head) + b"\xff".join(files))
