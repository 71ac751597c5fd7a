#!/bin/bash
# SPDX-License-Identifier: MIT
# The module for NixOS, evaluated by nix without nixpkgs: what it needs of that is written down here. The lines
# that come out are those that "subuidctl enable" makes of NixOS' own.
set -u
. "$(dirname "$0")/../lib/tap.sh"
command -v nix-instantiate >/dev/null || skip_all 'needs nix-instantiate'

# evaluate EXPRESSION: with the module's configuration as "module" and its package as "package".
evaluate() {
        # No store is needed, and none is made.
        NIX_REMOTE=dummy:// NIX_STATE_DIR=/nonexistent nix-instantiate --eval --strict --json --expr "
                let
                  lib.mkOrder = priority: content: { inherit priority content; };
                  # A library is known by its name.
                  libraries = { stdenv.mkDerivation = attributes: attributes; }
                    // builtins.listToAttrs (map (name: { inherit name; value = name; }) [ \"json_c\" \"shadow\" \"util-linux\" ]);
                  pkgs.callPackage = file: overrides:
                    let function = import file; in
                    function (builtins.intersectAttrs (builtins.functionArgs function) libraries // overrides);
                  package = pkgs.callPackage ./packaging/nixos/package.nix { };
                  module = import ./packaging/nixos/nss-subuid.nix { inherit lib pkgs; config = { }; };
                  # As NixOS joins them; what nixos/modules has for these lists, with SSSD, before it.
                  joined = lists: builtins.concatStringsSep \" \" (builtins.concatMap (list: list.content)
                    (builtins.sort (a: b: a.priority < b.priority) lists));
                  own = sources: systemd: [
                    { priority = 500; content = [ \"files\" ]; }
                    { priority = 1000; content = sources; }
                    { priority = 1500; content = [ systemd ]; }
                  ];
                  line = database: sources: systemd: joined (own sources systemd ++ [ module.system.nssDatabases.\${database} ]);
                in $1" 2>&1
}

wanted() { sed -nE "s/^$1: *//p" tests/tool/nsswitch/nixos.enabled; }
is "$(evaluate 'line "passwd" [ ] "systemd"')" "\"$(wanted passwd)\"" 'passwd: where "subuidctl enable" would put it'
is "$(evaluate 'line "group" [ ] "[success=merge] systemd"')" "\"$(wanted group)\"" 'group'
is "$(evaluate 'line "passwd" [ "sss" ] "systemd"')" '"files sss subuid systemd"' 'behind sss'
is "$(evaluate 'map (p: p.pname) (module.system.nssModules ++ module.environment.systemPackages ++ module.services.dbus.packages ++ module.systemd.packages)')" \
        '["nss-subuid","nss-subuid","nss-subuid","nss-subuid"]' 'the package is what is loaded and installed'
is "$(evaluate 'package.version')" "\"$(sed -n 's/^#define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)\"" 'its version'
is "$(evaluate 'package.buildInputs')" '["json_c","shadow","util-linux"]' 'what it is built with'
is "$(evaluate 'builtins.attrNames module.users.groups')" '["nss-subuid"]' 'the group'

# Its flags are those of the Makefile.
scratch=$top/$(mktemp -d build/nixos.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
mapfile -t flags < <(evaluate 'builtins.concatStringsSep "\n" package.makeFlags' | sed 's/^"//; s/"$//; s/\\n/\n/g' |
        sed "s|/[0-9a-z]\{52\}|$scratch/out|")
env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make --silent install "${flags[@]}" >/dev/null
ok $? "make install ${flags[*]}"
is "$(cd "$scratch/out" && find . -path './*bin/*' -o -name '*.so.2' -o -path '*dbus-1*.conf' | sort | tr '\n' ' ')" \
        './bin/crun-subuid ./bin/runc-subuid ./lib/libnss_subuid.so.2 ./sbin/subuidctl ./share/dbus-1/system.d/nss-subuid.conf ' \
        'puts all into the folder of the package'
done_testing
