#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""cri.py METHOD [JSON]: calls a method of containerd's CRI, prints the answer as JSON. Needs what protoc
makes of api.proto, in /run/cri."""

import json
import sys

import grpc
from google.protobuf import json_format

sys.path.insert(0, '/run/cri')
import api_pb2  # noqa: E402
import api_pb2_grpc  # noqa: E402

for name, service in api_pb2.DESCRIPTOR.services_by_name.items():
    method = service.methods_by_name.get(sys.argv[1])
    if method:
        break
channel = grpc.insecure_channel('unix:///run/containerd/containerd.sock', options=[('grpc.default_authority', 'localhost')])
request = getattr(api_pb2, method.input_type.name)()
json_format.ParseDict(json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}, request)
try:
    answer = getattr(getattr(api_pb2_grpc, name + 'Stub')(channel), method.name)(request, timeout=60, wait_for_ready=True)
    print(json.dumps(json_format.MessageToDict(answer, preserving_proto_field_name=True)))
except grpc.RpcError as error:
    sys.exit(f'{method.name}: {error.details()}')
