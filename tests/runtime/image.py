#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""image.py FOLDER COMMAND TAG: writes an image whose one layer is a folder, as "docker save" does, to standard output."""

import hashlib
import io
import json
import sys
import tarfile

folder, command, tag = sys.argv[1:]
layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode='w') as tar:
    tar.add(folder, arcname='.')
layer = layer.getvalue()
digest = hashlib.sha256(layer).hexdigest()
config = json.dumps({
    'architecture': 'amd64', 'os': 'linux', 'created': '2026-01-01T00:00:00Z',
    'config': {'Cmd': command.split(), 'Env': ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']},
    'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + digest]},
    'history': [{'created': '2026-01-01T00:00:00Z', 'created_by': 'image.py'}],
}).encode()
name = hashlib.sha256(config).hexdigest() + '.json'
manifest = json.dumps([{'Config': name, 'RepoTags': [tag], 'Layers': [digest + '.tar']}]).encode()
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|') as tar:
    for path, content in ((name, config), (digest + '.tar', layer), ('manifest.json', manifest)):
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
