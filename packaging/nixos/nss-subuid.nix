# SPDX-License-Identifier: MIT
# nss-subuid for NixOS: "imports = [ …/packaging/nixos/nss-subuid.nix ];" in configuration.nix. NixOS itself
# writes nsswitch.conf, and programs get to the module through nscd or nsncd, which it runs.
{ lib, pkgs, ... }:
let
  package = pkgs.callPackage ./package.nix { };
in
{
  system.nssModules = [ package ];
  # Lists are joined by priority: "files" has 500, what says nothing 1000, "systemd" 1500. On the line for
  # groups "systemd" brings [success=merge] with it: there the word is last.
  system.nssDatabases.passwd = lib.mkOrder 1400 [ "subuid" ];
  system.nssDatabases.group = lib.mkOrder 1600 [ "subuid" ];

  # subuidctl, the manual pages, polkit's rule, dbus-daemon's policy, the timer (which is not enabled).
  environment.systemPackages = [ package ];
  services.dbus.packages = [ package ];
  systemd.packages = [ package ];
  # By which daemons refuse these users.
  users.groups.nss-subuid = { };
}
