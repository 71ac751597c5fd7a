#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pod.py HANDLER FIRST_ID USER COMMAND... [-- USER COMMAND...]: runs a pod in a user namespace as
the kubelet would, with a container for each user; prints their IDs, the pod's first."""

import json
import subprocess
import sys

handler, first, *rest = sys.argv[1:]


def cri(method, request):
    answer = subprocess.run([sys.path[0] + '/cri.py', method, json.dumps(request)], stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        sys.exit(1)
    return json.loads(answer.stdout)


mappings = [{'host_id': int(first), 'container_id': 0, 'length': 65536}]
namespaces = {'network': 'POD', 'pid': 'CONTAINER', 'ipc': 'POD',
              'userns_options': {'mode': 'POD', 'uids': mappings, 'gids': mappings}}
security = {'namespace_options': namespaces, 'seccomp': {'profile_type': 'RuntimeDefault'}}
sandbox = {'metadata': {'name': handler, 'uid': f'{handler}-{first}', 'namespace': 'default', 'attempt': 0},
           'log_directory': '/tmp/logs', 'linux': {'cgroup_parent': 'kubepods-besteffort.slice', 'security_context': security}}
pod = cri('RunPodSandbox', {'config': sandbox, 'runtime_handler': handler})['pod_sandbox_id']
print(pod)
containers = ' '.join(rest).split(' -- ')
for i, container in enumerate(containers):
    user, *command = container.split(' ')
    # systemd mounts a /run of its own.
    capabilities = {'add_capabilities': ['SYS_ADMIN'] if command[0] == '/sbin/init' else []}
    request = {
        'metadata': {'name': f'c{i}', 'attempt': 0}, 'image': {'image': 'localhost/skeleton:1'}, 'command': command,
        'log_path': f'c{i}.log', 'envs': [{'key': 'container', 'value': 'b2Np'}], 'tty': command[0] == '/sbin/init',
        'mounts': [{'container_path': '/usr', 'host_path': '/usr', 'readonly': True}],
        'linux': {'resources': {}, 'security_context': {**security, 'run_as_user': {'value': int(user)}, 'capabilities': capabilities}},
    }
    container = cri('CreateContainer', {'pod_sandbox_id': pod, 'config': request, 'sandbox_config': sandbox})['container_id']
    cri('StartContainer', {'container_id': container})
    print(container)
