#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pages.py links|commands: what is wrong with the pages of this project, one fault a line.

links: a link leads to a file that is there, and to a heading of it; a manual page names others that are there.
commands: each command of a block of code stands in the list "commands" beside this file, with the test that
runs it: "PAGE|TEST|TEXT|COMMAND", where TEXT is what of it stands in that test. TEST is "-" for what no machine
of a test is, and TEXT says what it is then. A line of the list that no page has is a fault as well.
"""

import glob
import os
import re
import sys

PAGES = (['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'] + sorted(glob.glob('docs/*.md')) +
         sorted(glob.glob('packaging/*/README.md')))
# A line that begins with one of these words is a command; what else stands in a block is a file or an output.
WORDS = ('apt apt-get authselect butane cp crun dnf dpkg-statoverride find getent getfacl getsubids groupadd ipa '
         'make mkdir nix nix-build oc podman printf prove ps rm runc sed stat subuidctl systemctl systemd-run '
         'systemd-sysusers tar userdel useradd usermod').split()


def text_of(page):
    with open(page, encoding='utf-8') as file:
        return file.read()


def anchors(page):
    """As GitHub and others make them of headings."""
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-')
            for heading in re.findall(r'^#+ +(.*)$', text_of(page), re.M)}


def links():
    for page in PAGES:
        for target in re.findall(r'\]\(([^)\s]+)\)', text_of(page)):
            path, _, anchor = target.partition('#')
            if re.match(r'[a-z]+:', path):
                continue
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(path):
                yield f'{page}: {target}: there is no {path}'
            elif anchor and anchor not in anchors(path):
                yield f'{page}: {target}: {path} has no such heading'
    own = {os.path.basename(path) for path in glob.glob('man/*.[1-8]')}
    for manual in sorted(glob.glob('man/*.[1-8]')):
        for name, section in re.findall(r'^\.Xr (\S+) (\d)', text_of(manual), re.M):
            if re.search('subuid', name) and name != 'subuid' and f'{name}.{section}' not in own:
                yield f'{manual}: {name}({section}): there is no such page'


def blocks(page):
    """The lines of its blocks of code, without what a comment says behind a command."""
    fenced = False
    for line in text_of(page).splitlines():
        if line.lstrip().startswith('```'):
            fenced = not fenced
        elif fenced or re.match(r' {4,}\S', line):
            yield re.sub(r'  +# .*', '', line.strip())


def commands():
    listed = {}
    for line in text_of(os.path.join(os.path.dirname(__file__), 'commands')).splitlines():
        if line and not line.startswith('#'):
            page, test, text, command = line.split('|', 3)
            listed[page, command] = test, text
    found = set()
    for page in PAGES:
        for line in blocks(page):
            if line.split(' ')[0] in WORDS and not line.endswith(':'):
                found.add((page, line))
    for page, line in sorted(found - set(listed)):
        yield f'{page}: {line}: not in the list'
    for (page, line), (test, text) in listed.items():
        if (page, line) not in found:
            yield f'{page}: {line}: in the list, not on the page'
        elif test == '-':
            continue
        elif not os.path.exists(test):
            yield f'{page}: {line}: there is no {test}'
        elif text not in text_of(test):
            yield f'{page}: {line}: {test} has no "{text}"'


for fault in {'links': links, 'commands': commands}[sys.argv[1]]():
    print(fault)
