#!/bin/bash
# SPDX-License-Identifier: MIT
# The files for nodes: what the MachineConfig says, and that its files, and those for Kubernetes, do
# their work together. Ignition's and the machine-config operator's rules are written down here as far
# as they matter; CRI-O and the kubelet are not run.
set -u
. "$(dirname "$0")/../lib/tap.sh"
private_root
folder=packaging/openshift
config=$folder/99-worker-subuid.yaml
for module in yaml tomllib; do
        python3 -c "import $module" 2>/dev/null || skip_all "needs Python's $module"
done

# 1. The YAML.

is "$($folder/machine-config.py $folder/99-worker-subuid.bu)" "$(cat $config)" 'the YAML is what the Butane file says'
sed 's/inline:/local:/' $folder/99-worker-subuid.bu >/tmp/local.bu
output=$($folder/machine-config.py /tmp/local.bu 2>&1)
is "$?, $output" '1, want inline; there is local' 'what the script does not know it refuses'
mkdir /tmp/tree
cp -r Makefile nss_subuid.h packaging /tmp/tree
cp /tmp/local.bu /tmp/tree/$folder/99-worker-subuid.bu
output=$(make -C /tmp/tree machine-config 2>&1)
like "$output" 'want inline' 'nor does make'
is "$(cmp $config /tmp/tree/$config 2>&1)" '' 'where the YAML that is there stays'

# Prints what is against the rules, and unpacks the files below a folder.
cat >/tmp/unpack.py <<'PYTHON'
import os, re, sys, urllib.parse, yaml

config = yaml.safe_load(open(sys.argv[1]))
paths = []

def rule(good, what):
    if not good:
        print(what)

rule(list(config) == ['apiVersion', 'kind', 'metadata', 'spec'], 'keys of an object')
rule(config['apiVersion'] == 'machineconfiguration.openshift.io/v1', 'apiVersion')
rule(config['kind'] == 'MachineConfig', 'kind')
rule(re.fullmatch('[0-9]{2}-[a-z-]+', config['metadata']['name']), 'a name with its place in the order')
rule(config['metadata']['labels'] == {'machineconfiguration.openshift.io/role': 'worker'}, 'role')
rule(list(config['spec']) == ['config'], 'spec')
rule(config['spec']['config']['ignition'] == {'version': '3.4.0'}, 'version of Ignition')
rule(set(config['spec']['config']) == {'ignition', 'storage'}, 'only files')
rule(list(config['spec']['config']['storage']) == ['files'], 'only files, no links or directories')
for file in config['spec']['config']['storage']['files']:
    path = file['path']
    rule(set(file) == {'contents', 'mode', 'overwrite', 'path'}, f'{path}: keys')
    rule(path.startswith('/etc/') and path == os.path.normpath(path), f'{path}: an absolute path in /etc')
    rule(path not in paths, f'{path}: twice')
    rule(type(file['mode']) is int and file['mode'] == 0o644, f'{path}: mode, a decimal number')
    # Without it Ignition fails on a file that the image has.
    rule(file['overwrite'] is True, f'{path}: overwrite')
    rule(set(file['contents']) == {'compression', 'source'}, f'{path}: contents')
    rule(file['contents']['compression'] == '', f'{path}: compression')
    source = file['contents']['source']
    rule(re.fullmatch(r"data:,([A-Za-z0-9._~-]|%[0-9A-F]{2})*", source), f'{path}: a data URL')
    paths.append(path)
    os.makedirs(os.path.dirname(sys.argv[2] + path), exist_ok=True)
    with open(sys.argv[2] + path, 'wb') as out:
        out.write(urllib.parse.unquote_to_bytes(source.removeprefix('data:,')))
PYTHON
# The layer built by the cluster: the keys of its API, which takes no more than 4,096 characters; its commands are
# those of the Containerfile.
cat >/tmp/on_cluster.py <<'PYTHON'
import re, yaml

config = yaml.safe_load(open('packaging/openshift/machine-os-config.yaml'))
spec = config['spec']
(file,) = spec['containerFile']
print(config['apiVersion'], config['kind'])
print(*sorted(spec), spec['imageBuilder'], config['metadata']['name'] == spec['machineConfigPool']['name'])
print(file['containerfileArch'], len(file['content']) <= 4096, re.findall('(?m)^FROM (.*)', file['content'])[-1])

def commands(text, *patterns):
    text = re.sub(r'\\\n *', ' ', text).replace('${DEVEL_REPO:+--enablerepo=${DEVEL_REPO}}', '--enablerepo=crb')
    for pattern in patterns:
        yield from re.findall(pattern, re.sub(' +', ' ', text))

patterns = r'dnf install .*', r'make -C /src install .*', r'mkdir /etc/nss-subuid.*rm -r /etc/nss-subuid', r'COPY --from.*'
theirs = list(commands(open('packaging/openshift/Containerfile').read(), *patterns))
print(len(theirs), theirs == list(commands(file['content'], *patterns)))
PYTHON
is "$(python3 /tmp/on_cluster.py 2>&1)" "machineconfiguration.openshift.io/v1 MachineOSConfig
containerFile imageBuilder machineConfigPool renderedImagePushSecret renderedImagePushSpec {'imageBuilderType': 'Job'} True
NoArch True configs AS final
4 True" 'the MachineOSConfig'

is "$(python3 /tmp/unpack.py $config /tmp/node 2>&1)" '' 'the YAML keeps to the rules'
is "$(cd /tmp/node && find . -type f | sort | tr '\n' ' ')" './etc/crio/crio.conf.d/50-subuid.conf ./etc/nsswitch.conf ./etc/subgid ./etc/subuid ./etc/systemd/system/kubelet.service.d/50-subuid.conf ./etc/sysusers.d/kubelet.conf ' \
        'the files in it'
is "$(cd packaging/kubernetes && find etc -type f -exec cmp {} /tmp/node/{} \; 2>&1)" '' 'those for Kubernetes say the same'

like "$(grep -A 1 'install WITH_COMMAND' $folder/Containerfile)" 'dbuspolicydir=/usr/share/doc/nss-subuid/recipes/dbus$' \
        'dbus-broker gets no policy, whatever bus the builder has'

# The last command of the image's build, which the module has to pass.
is "$(sed -n '/^RUN mkdir/,$p' $folder/Containerfile | sed 's/^RUN //' | sh -e 2>&1; echo $?; ls -d /etc/nss-subuid 2>&1)" \
        "_4000000000:x:4000000000:65534:subuid 0 of test:/nonexistent:/usr/sbin/nologin
0
ls: cannot access '/etc/nss-subuid': No such file or directory" 'what the Containerfile asks the module'

# 2. At work. The private root has neither altfiles nor sss, as a node need not.

cp -r /tmp/node/. /
is "$(grep -c '^[a-z]*:.*subuid systemd$' /etc/nsswitch.conf)" 2 'two lines name the module, before systemd'
for kind in passwd group; do
        file=/etc/subuid
        [ $kind = passwd ] || file=/etc/subgid
        while IFS=: read -r owner start count; do
                for id in "$start" $((start + count - 1)); do
                        like "$(getent $kind "$id")" "^_$id:x:$id:" "$file, $owner: $kind $id"
                done
        done <$file
done
# Past the last range there is nothing.
read -r last < <(awk -F: '{ end = $2 + $3 } END { print end }' /etc/subuid)
getent passwd "$last" >/dev/null
is $? 2 "passwd $last: in no range"
is "$(cat /etc/subuid)" "$(cat /etc/subgid)" 'the kubelet wants the same ranges in both files'
is "$(awk -F: '$2 < end { print } { end = $2 + $3 }' /etc/subuid)" '' 'ranges do not meet'
is "$(awk -F: '$1 == "kubelet" { print $2 % 65536, $3 % 65536, ($3 / 65536 >= 250) }' /etc/subuid)" '0 0 1' \
        "the kubelet's range: whole blocks, one for each of 250 pods"

# What the drop-in of kubelet.service runs; the kubelet asks as getsubids does.
sysusers=$(sed -n 's/^ExecStartPre=\/usr\/bin\///p' /etc/systemd/system/kubelet.service.d/50-subuid.conf)
like "$sysusers" '^systemd-sysusers [a-z]+\.conf$' "the drop-in's command"
if command -v systemd-sysusers >/dev/null; then
        $sysusers 2>/dev/null
        ok $? 'the account of the kubelet'
        is "$(getent passwd kubelet | cut -d: -f1,6,7)" kubelet:/:/usr/sbin/nologin 'nobody logs in as it'
        $sysusers 2>/dev/null
        ok $? 'at the next start it is there'
else
        skip 'needs systemd-sysusers' 'the account of the kubelet'
fi
if command -v getsubids >/dev/null; then
        is "$(getsubids kubelet)" '0: kubelet 65536 16384000' 'getsubids, as the kubelet asks'
        is "$(getsubids -g kubelet)" '0: kubelet 65536 16384000' 'for groups'
else
        skip 'needs getsubids' 'getsubids, as the kubelet asks'
fi

# What CRI-O takes for an allowed annotation, of those that concern us: pkg/annotations/v2/annotations.go and
# validateAllowedAndGenerateDisallowedAnnotations in pkg/config/config.go, 1.37.0. One that is not on the list
# makes it ignore the handler. Those that end in crio.io came with 1.35.0.
cat >/tmp/crio.py <<'PYTHON'
import re, sys, tomllib

KNOWN = {'userns-mode.crio.io', 'cgroup2-mount-hierarchy-rw.crio.io', 'devices.crio.io', 'shm-size.crio.io',
         'io.kubernetes.cri-o.userns-mode', 'io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw',
         'io.kubernetes.cri-o.Devices', 'io.kubernetes.cri-o.ShmSize', 'org.systemd.property.', 'run.oci.'}
OLD = {'userns-mode.crio.io': 'io.kubernetes.cri-o.userns-mode',
       'cgroup2-mount-hierarchy-rw.crio.io': 'io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw'}

config = tomllib.loads(sys.stdin.read())['crio']['runtime']
for kind in 'runtimes', 'workloads':
    for name, handler in config.get(kind, {}).items():
        allowed = set(handler['allowed_annotations'])
        print(name, handler.get('runtime_path', handler.get('activation_annotation')),
              'inherits' if handler.get('inherit_default_runtime') else 'by itself',
              'known' if allowed <= KNOWN else allowed - KNOWN,
              'no properties' if not any(a.startswith('org.systemd.property') for a in allowed) else 'properties',
              'both names' if kind == 'workloads' or allowed == set(OLD) | set(OLD.values()) else allowed)
PYTHON
handler='crun-systemd /usr/bin/crun-subuid by itself known no properties both names'
is "$(python3 /tmp/crio.py </etc/crio/crio.conf.d/50-subuid.conf)" "$handler" \
        "CRI-O's drop-in: the wrapper, annotations that it knows, no property, both names of each"
is "$(sed -n 's/^ \{4,6\}//; /^\[crio\.runtime\.runtimes/,/^\]/p' docs/containers.md | python3 /tmp/crio.py)" "$handler" \
        'docs/containers.md says the same'
is "$(sed -n 's/^ \{4,6\}//; /^\[crio\.runtime\.workloads/,/^allowed/p' docs/containers.md | python3 /tmp/crio.py)" \
        'subuid cgroup2-mount-hierarchy-rw.crio.io by itself known no properties both names' 'and its workload is one'
if [ -x build/runc-subuid ]; then
        [ -x /usr/bin/crun-subuid ]
        ok $? "the handler's runtime is there"
fi
is "$(python3 -c '
import yaml
config = yaml.safe_load(open("packaging/kubernetes/runtime-class.yaml"))
print(config["apiVersion"], config["kind"], config["handler"])
')" 'node.k8s.io/v1 RuntimeClass crun-systemd' 'the runtime class names its handler'

if subuidctl --help 2>&1 | grep -q check; then
        is "$(subuidctl check 2>&1 | grep ': error: ')" '' 'subuidctl check finds no error'
fi

done_testing
