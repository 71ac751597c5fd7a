# SPDX-License-Identifier: MIT
# "make" builds build/libnss_subuid.so.2; "make help" lists the rest.

VERSION := $(shell sed -n 's/^.define NSS_SUBUID_VERSION "\(.*\)"/\1/p' nss_subuid.h)

CC = gcc
CFLAGS = -O2 -g
prefix = /usr
exec_prefix = $(prefix)
# Where libc is, the dynamic linker looks: lib/x86_64-linux-gnu on Debian, lib64 on Fedora, …
libc = $(filter /%,$(shell $(CC) $(CFLAGS) -print-file-name=libc.so 2>/dev/null))
libc_dir = $(patsubst /usr/%,%,$(filter /usr/%,$(if $(libc),$(realpath $(dir $(libc))))))
libdir = $(exec_prefix)/$(or $(libc_dir),$(error $(CC) does not tell where libc is: give libdir=DIRECTORY))
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/nss-subuid
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
polkitrulesdir = $(datarootdir)/polkit-1/rules.d
# For dbus-daemon. dbus-broker lets in whoever comes; where it is, the policy lies with the documents.
dbuspolicydir = $(if $(wildcard /usr/bin/dbus-broker-launch),$(docdir)/recipes/dbus,$(datarootdir)/dbus-1/system.d)
INSTALL = install
# The word in front of each number in the names, where it is not to be that of account_name.h.
NAME_PREFIX ?=

module = libnss_subuid.so.2
sources = nss_subuid.c subid_file.c subid_range.c account_name.c
headers = nss_subuid.h subid_file.h subid_range.h account_name.h build/name_prefix
objects = $(sources:%.c=build/%.o)

# C11 with what glibc adds; symbols, frames and relocations as a library inside other programs
# should have them. On 32-bit machines, files beyond 2 GiB and changed after 2038 are files as others.
# The start files are for programs and for libraries with constructors; here they would be work for each
# new process, and a page of its own.
module_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(if $(NAME_PREFIX),-DNAME_PREFIX='"$(NAME_PREFIX)"')
module_cflags = -std=gnu11 -fPIC -fvisibility=hidden -fstack-protector-strong
warnings = -Wall -Wextra -Wconversion -Wshadow
module_ldflags = -shared -nostartfiles -Wl,-soname,$(module) -Wl,--version-script=nss_subuid.sym \
	-Wl,-z,relro,-z,now,-z,defs,-z,nodelete,-z,noexecstack

compile = $(CC) $(module_cppflags) $(CPPFLAGS) $(module_cflags) $(warnings) $(CFLAGS)

.PHONY: all demo docs install uninstall deps clean help FORCE
.DELETE_ON_ERROR:

# The command, which needs libsmartcols, libsubid and json-c; without them it is left out.
have_tool := $(shell printf '\043include <%s>\n' libsmartcols/libsmartcols.h shadow/subid.h json-c/json.h | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)
tool = $(if $(have_tool),build/subuidctl)
# Settings for other programs, which docs/security.md explains.
recipes = $(wildcard packaging/recipes/*)
with_prefix = sed -i "s|@NAME_PREFIX@|$$(cat build/name_prefix)|g"
units = packaging/systemd/subuidctl-import.service packaging/systemd/subuidctl-import.timer
tool_libs = -lsmartcols -lsubid -ljson-c -ldl
# Each of these has a main of its own; the rest are subuidctl's parts.
tool_mains = subuidctl nsswitch_hook
tool_sources = $(wildcard tool/*.c tool/check/*.c tool/containers/*.c)
tool_module_objects = build/subid_file.o build/subid_range.o build/account_name.o
tool_objects = $(patsubst %.c,build/%.o,$(filter-out $(tool_mains:%=tool/%.c),$(tool_sources))) $(tool_module_objects)

# For the scripts of a package that edits nsswitch.conf: the parts of "subuidctl enable" that need libc alone.
hook_parts = child libraries listing lock nsswitch nsswitch_edit nsswitch_file nsswitch_place ranges replace root segments \
	userdb util
hook_objects = $(patsubst %,build/tool/%.o,nsswitch_hook $(hook_parts)) $(tool_module_objects)

# The OCI runtime, which needs json-c.
have_runtime := $(shell echo '\043include <json-c/json.h>' | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)
runtime = $(if $(have_runtime),build/runc-subuid)
runtime_sources = $(wildcard tool/runtime/*.c)
runtime_objects = $(runtime_sources:%.c=build/%.o) $(addprefix build/tool/,child.o json_text.o replace.o root.o util.o) build/account_name.o

all: build/$(module) $(tool) $(runtime)
	$(if $(tool),,@echo 'subuidctl is left out: it needs the headers of libsmartcols, libsubid and json-c')
	$(if $(runtime),,@echo 'runc-subuid is left out: it needs the headers of json-c')

build/$(module): $(objects) nss_subuid.sym
	$(CC) $(CFLAGS) $(LDFLAGS) $(module_ldflags) -o $@ $(objects)

build/subuidctl: build/tool/subuidctl.o $(tool_objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $^ $(tool_libs)

build/nsswitch-hook: $(hook_objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $^

build/runc-subuid: $(runtime_objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $(runtime_objects) -ljson-c

$(patsubst %.c,build/%.o,$(tool_sources) $(runtime_sources)): $(wildcard tool/*.h tool/*/*.h)

build/tool/%.o: tool/%.c $(headers) Makefile
	@mkdir -p $(@D)
	$(compile) -I. -c -o $@ $<

build/%.o: %.c $(headers) Makefile
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<

# The prefix in use, also for the tests: with another one, all is compiled anew.
build/name_prefix: FORCE
	@mkdir -p $(@D)
	@prefix=$$(printf '\043include "account_name.h"\nNAME_PREFIX\n' | \
		$(CC) $(module_cppflags) $(CPPFLAGS) -I. -E -P - | sed -n '$$s/"//gp') && \
		[ "$$prefix" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$prefix" >$@

# --- see it work ----------------------------------------------------------------------------------

demo:
	@tests/lib/deps.sh --install demo $$([ "$$(id -u)" -ne 0 ] || echo systemd)
	@$(MAKE) --no-print-directory --silent build/$(module)
	@demo/demo.sh

# The picture of a lookup's way; needs Graphviz.
docs: docs/lookup.svg

docs/lookup.svg: docs/lookup.dot
	dot -Tsvg -o $@ $<

# --- install --------------------------------------------------------------------------------------

# install_whole MODE FILE FOLDER: beside its place first, then into it by rename. "install" takes the old
# file away before it fills the new one, and programs load the module at any moment. (ldconfig passes over
# names that begin with a dot.)
define install_whole
$(INSTALL) -m $(1) $(2) "$(DESTDIR)$(3)/.$(notdir $(2)).new"
	mv -f "$(DESTDIR)$(3)/.$(notdir $(2)).new" "$(DESTDIR)$(3)/$(notdir $(2))"
endef

install: all
	$(INSTALL) -d "$(DESTDIR)$(libdir)" "$(DESTDIR)$(mandir)/man8" "$(DESTDIR)$(docdir)"
	$(call install_whole,644,build/$(module),$(libdir))
	$(INSTALL) -m 644 man/nss_subuid.8 "$(DESTDIR)$(mandir)/man8/nss_subuid.8"
	$(if $(tool),$(INSTALL) -d "$(DESTDIR)$(sbindir)")
	$(if $(tool),$(call install_whole,755,$(tool),$(sbindir)))
	$(if $(tool),$(INSTALL) -m 644 man/subuidctl.8 "$(DESTDIR)$(mandir)/man8/subuidctl.8")
	$(if $(tool),$(INSTALL) -d "$(DESTDIR)$(systemdsystemunitdir)")
	$(if $(tool),$(INSTALL) -m 644 $(units) "$(DESTDIR)$(systemdsystemunitdir)")
	$(if $(tool),sed -i 's|/usr/sbin/subuidctl|$(sbindir)/subuidctl|' \
		"$(DESTDIR)$(systemdsystemunitdir)/subuidctl-import.service")
	$(if $(runtime),$(INSTALL) -d "$(DESTDIR)$(bindir)")
	$(if $(runtime),$(call install_whole,755,$(runtime),$(bindir)))
	$(if $(runtime),ln -sf runc-subuid "$(DESTDIR)$(bindir)/crun-subuid")
	$(if $(runtime),$(INSTALL) -m 644 man/runc-subuid.8 "$(DESTDIR)$(mandir)/man8/runc-subuid.8")
	$(if $(runtime),ln -sf runc-subuid.8 "$(DESTDIR)$(mandir)/man8/crun-subuid.8")
	ln -sf nss_subuid.8 "$(DESTDIR)$(mandir)/man8/$(module).8"
	$(INSTALL) -m 644 nsswitch.conf.example "$(DESTDIR)$(docdir)/nsswitch.conf.example"
	$(INSTALL) -m 644 docs/security.md "$(DESTDIR)$(docdir)/security.md"
	$(INSTALL) -d "$(DESTDIR)$(docdir)/recipes"
	$(INSTALL) -m 644 $(recipes) "$(DESTDIR)$(docdir)/recipes"
	$(with_prefix) $(recipes:packaging/%="$(DESTDIR)$(docdir)/%")
	$(INSTALL) -d "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(dbuspolicydir)" "$(DESTDIR)$(polkitrulesdir)"
	$(INSTALL) -m 644 packaging/sysusers.d/nss-subuid.conf "$(DESTDIR)$(sysusersdir)/nss-subuid.conf"
	$(INSTALL) -m 644 packaging/dbus/nss-subuid.conf "$(DESTDIR)$(dbuspolicydir)/nss-subuid.conf"
	$(INSTALL) -m 644 packaging/polkit/40-nss-subuid.rules "$(DESTDIR)$(polkitrulesdir)/40-nss-subuid.rules"
	$(with_prefix) "$(DESTDIR)$(polkitrulesdir)/40-nss-subuid.rules"
	@echo
	@[ -n "$(DESTDIR)" ] || [ "$(libdir)" -ef "/usr/$(libc_dir)" ] || printf '%s\n' \
		'Where libc is not, the dynamic linker does not look by itself. Tell it:' \
		'    echo "$(libdir)" >/etc/ld.so.conf.d/nss-subuid.conf && ldconfig' ''
	@[ -n "$(DESTDIR)" ] || [ "$(datarootdir)" = /usr/share ] || printf '%s\n' \
		'dbus-daemon and polkit look below /usr/share and /etc:' \
		'    cp "$(dbuspolicydir)/nss-subuid.conf" /etc/dbus-1/system.d/' \
		'    cp "$(polkitrulesdir)/40-nss-subuid.rules" /etc/polkit-1/rules.d/' ''
	@echo 'Make the group by which dbus-daemon, sshd and sudo can refuse these users (see security.md):'
	@echo '    systemd-sysusers && systemctl reload dbus'
	@echo
	@echo 'To enable it$(if $(tool), run "subuidctl enable"; or by hand) add "subuid" to two lines of'
	@echo '/etc/nsswitch.conf, behind every source of real accounts and before "systemd", if that is there:'
	@echo '    passwd: files subuid systemd'
	@echo '    group:  files subuid systemd'
	@echo 'then try: getent passwd ID. For sss, ldap and [SUCCESS=merge] see nss_subuid(8).'

uninstall:
	rm -f "$(DESTDIR)$(libdir)/$(module)" "$(DESTDIR)$(sbindir)/subuidctl"
	rm -f "$(DESTDIR)$(mandir)/man8/nss_subuid.8" "$(DESTDIR)$(mandir)/man8/$(module).8" \
		"$(DESTDIR)$(mandir)/man8/subuidctl.8"
	rm -f $(foreach name,runc crun,"$(DESTDIR)$(bindir)/$(name)-subuid" "$(DESTDIR)$(mandir)/man8/$(name)-subuid.8")
	rm -f "$(DESTDIR)$(docdir)/nsswitch.conf.example" \
		$(foreach unit,$(notdir $(units)),"$(DESTDIR)$(systemdsystemunitdir)/$(unit)")
	rm -f "$(DESTDIR)$(sysusersdir)/nss-subuid.conf" "$(DESTDIR)$(dbuspolicydir)/nss-subuid.conf" \
		"$(DESTDIR)$(polkitrulesdir)/40-nss-subuid.rules"
	rm -f "$(DESTDIR)$(docdir)/security.md" $(recipes:packaging/%="$(DESTDIR)$(docdir)/%")
	for folder in /recipes/dbus /recipes ''; do rmdir "$(DESTDIR)$(docdir)$$folder" 2>/dev/null || :; done

include $(wildcard tests/tests.mk packaging/packaging.mk)

# --- the rest --------------------------------------------------------------------------------------

deps:
	@tests/lib/deps.sh --install demo check tool fuzz system systemd runtimes releases bench lint prove packaging rpm

clean:
	rm -rf build

help:
	@echo 'make                 build the module, subuidctl and runc-subuid in build/'
	@echo 'make demo            see it work, in namespaces of its own'
	@echo 'make check           tests that need no root'
	@echo 'make check-system    tests that need root, in namespaces'
	@echo 'make check-releases  the module in bare roots of Debian 11 to 14, with a real systemd'
	@echo 'make check-engines   containerd, Docker and podman with runc-subuid, in a bare root of Debian 14'
	@echo 'make check-central   subuidctl import from slapd and SSSD, in a bare root of Debian 14 or sid'
	@echo 'make check-security  mail, web and file servers, sudo, D-Bus and others, in bare roots'
	@echo 'make check-all       install what the tests need (Debian), then run all of the above'
	@echo 'make check-arch      the module on i386, arm64, armhf, ppc64el and s390x, in roots of theirs'
	@echo 'make check-readme    the commands of the README, in bare roots of Debian 12 and 13'
	@echo 'make check-packages  the Debian packages in bare roots; the RPMs and files for nodes unpacked'
	@echo 'make soak            containers start while the files change, for ten minutes; SOAK_TIME=seconds'
	@echo 'make bench           measure it beside the bare system calls and its peers'
	@echo 'make fuzz            fuzz the core and whole lookups against a model; needs clang'
	@echo 'make fuzz-planted    have the fuzzers find bugs put in on purpose'
	@echo 'make coverage        each line and branch of the module is tested; needs gcov'
	@echo 'make mutants         each small change of the sources fails a test; make mutants-sample tries some'
	@echo 'make docs            draw docs/lookup.svg; needs Graphviz'
	@echo 'make prove           prove that no input makes the core go wrong; needs Frama-C'
	@echo 'make lint            check the sources; make format lays them out'
	@echo 'make deps            install the Debian packages that all of this needs'
	@echo 'make install         honours DESTDIR, prefix, libdir, bindir, sbindir, mandir, docdir and the like'
	@echo 'make uninstall       remove what install has installed'
	@echo 'make dist            the sources as a tarball'
	@echo 'make rpm             RPMs, in build/rpm'
	@echo 'make machine-config  the MachineConfig for OpenShift of its Butane file'
	@echo 'make deb             Debian packages, in build/deb'
	@echo 'make clean           remove build/'
