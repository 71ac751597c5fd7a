# SPDX-License-Identifier: MIT
{ stdenv, json_c, shadow, util-linux }:
stdenv.mkDerivation {
  pname = "nss-subuid";
  # The one place is nss_subuid.h.
  version = builtins.head (builtins.match ".*#define NSS_SUBUID_VERSION \"([0-9.]+)\".*" (builtins.readFile ../../nss_subuid.h));
  src = ../..;
  # libsubid is shadow's, libsmartcols util-linux's.
  buildInputs = [ json_c shadow util-linux ];
  makeFlags = [
    "prefix=${placeholder "out"}"
    "libdir=${placeholder "out"}/lib"
    "WITH_COMMAND=yes"
    "WITH_RUNTIME=yes"
    "dbuspolicydir=${placeholder "out"}/share/dbus-1/system.d"
  ];
}
