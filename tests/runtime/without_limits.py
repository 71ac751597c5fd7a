#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Stands before the real runc or crun, by its name, where cgroups may have no controllers and nobody may
lower his oom_score_adj: takes both out of config.json, then becomes it. Notes the command line, and what
of the bundle is looked for, in /run/calls."""

import json
import os
import sys

NAME = os.path.basename(sys.argv[0])
REAL = {'runc': '/usr/sbin/runc', 'crun': '/usr/bin/crun'}[NAME]
arguments = sys.argv[1:]
if {'create', 'run', 'restore'} & set(arguments):
    bundle = '.'
    for i, argument in enumerate(arguments):
        if argument in ('-b', '--bundle'):
            bundle = arguments[i + 1]
        elif argument.startswith('--bundle='):
            bundle = argument[9:]
    path = bundle + '/config.json'
    with open(path, encoding='utf-8') as file:
        config = json.load(file)
    with open('/run/calls', 'a', encoding='utf-8') as file:
        annotations = config.get('annotations') or {}
        file.write(f'{NAME} {" ".join(arguments)} {annotations.get("org.systemd.property.User", "")}\n')
    config['linux']['resources'] = {'devices': config['linux'].get('resources', {}).get('devices', [])}
    if config['process'].get('oomScoreAdj', 0) < 0:
        config['process']['oomScoreAdj'] = 0
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(config, file)
os.execv(REAL, [REAL, *arguments])
