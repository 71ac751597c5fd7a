#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""picture.py: what stands on standard input as an SVG picture of a terminal, on standard output."""

import sys
from xml.sax.saxutils import escape

LINE, MARGIN, WIDTH = 17, 16, 7.8
COLOURS = (('$ ', '#ffffff'), ('    before', '#e59f7d'), ('    after', '#8fd18f'))


def main():
    lines = [line.rstrip('\n').expandtabs() for line in sys.stdin]
    width = int(max(map(len, lines)) * WIDTH) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">')
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#22272e"/>')
    print('<g font-family="monospace" font-size="13" xml:space="preserve">')
    for number, line in enumerate(lines):
        colour = next((colour for start, colour in COLOURS if line.startswith(start)), '#adbac7')
        if line:
            # The length is given: each font has its own.
            print(f'<text x="{MARGIN}" y="{MARGIN + LINE * (number + 1) - 5}" fill="{colour}" '
                  f'textLength="{len(line) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">{escape(line)}</text>')
    print('</g>\n</svg>')


main()
