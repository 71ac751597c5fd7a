#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""machine-config.py FILE.bu: prints the MachineConfig that butane makes of it.

It knows "storage.files" with inline contents, and refuses the rest.
"""

import sys
import urllib.parse

import yaml

# The Ignition specification behind each version of the variant "openshift".
IGNITION = {'4.17.0': '3.4.0'}


def known(node, *keys):
    """What stands below these keys, all of which have to be there and no others."""
    if set(node) != set(keys):
        sys.exit(f'want {", ".join(keys)}; there is {", ".join(node)}')
    return [node[key] for key in keys]


def ignition_file(node):
    path, mode, overwrite, contents = known(node, 'path', 'mode', 'overwrite', 'contents')
    (text,) = known(contents, 'inline')
    return {
        'contents': {'compression': '', 'source': 'data:,' + urllib.parse.quote(text, safe='')},
        'mode': mode,
        'overwrite': overwrite,
        'path': path,
    }


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        variant, version, metadata, storage = known(
            yaml.safe_load(file), 'variant', 'version', 'metadata', 'storage')
    if variant != 'openshift' or version not in IGNITION:
        sys.exit(f'{variant} {version} is not known here')
    (files,) = known(storage, 'files')
    name, labels = known(metadata, 'name', 'labels')
    config = {
        'apiVersion': 'machineconfiguration.openshift.io/v1',
        'kind': 'MachineConfig',
        'metadata': {'labels': labels, 'name': name},
        'spec': {
            'config': {
                'ignition': {'version': IGNITION[version]},
                'storage': {'files': [ignition_file(node) for node in files]},
            },
        },
    }
    print('# SPDX-License-Identifier: MIT')
    print(f'# Generated from {sys.argv[1].rpartition("/")[2]}; do not edit.')
    yaml.safe_dump(config, sys.stdout, sort_keys=False, width=float('inf'))


main()
