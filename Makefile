# SPDX-License-Identifier: MIT
# "make" builds the module, subuidctl and runc-subuid in build/; "make help" lists the rest. Tests are in
# tests/tests.mk, tarball and packages in packaging/packaging.mk.

ifeq ($(origin CC),default)
CC = gcc
endif
CFLAGS ?= -O2 -g
# The word in front of each number in the names, where it is not to be that of account_name.h.
NAME_PREFIX ?=
# subuidctl, which needs libsmartcols, libsubid and json-c, and runc-subuid, which needs json-c: "yes", "no" or, for a
# build to leave out what has no headers here, "auto". A package says which.
WITH_COMMAND = auto
WITH_RUNTIME = auto

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
bashcompletiondir = $(datarootdir)/bash-completion/completions
zshcompletiondir = $(datarootdir)/zsh/site-functions
fishcompletiondir = $(datarootdir)/fish/vendor_completions.d
# For dbus-daemon. dbus-broker lets in whoever comes; where it is, the policy lies with the documents.
dbuspolicydir = $(if $(wildcard /usr/bin/dbus-broker-launch),$(docdir)/recipes/dbus,$(datarootdir)/dbus-1/system.d)
INSTALL = install

# --- build ----------------------------------------------------------------------------------------

# C11 with what glibc adds; symbols, frames and relocations as a library inside other programs
# should have them. On 32-bit machines, files beyond 2 GiB and changed after 2038 are files as others.
module_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(if $(NAME_PREFIX),-DNAME_PREFIX='"$(NAME_PREFIX)"')
module_cflags = -std=gnu11 -fPIC -fvisibility=hidden -fstack-protector-strong
warnings = -Wall -Wextra -Wconversion -Wshadow
compile = $(CC) $(module_cppflags) $(CPPFLAGS) $(module_cflags) $(warnings) $(CFLAGS) -I.
link = $(CC) $(CFLAGS) $(LDFLAGS)
hardened = -Wl,-z,relro,-z,now

module = libnss_subuid.so.2
sources = nss_subuid.c subid_file.c subid_range.c account_name.c
objects = $(sources:%.c=build/%.o)
# What subuidctl and its relatives have of the module.
shared_objects = $(filter-out build/nss_subuid.o,$(objects))

# chosen WITH,PROGRAM,HEADERS: its file, if it is to be built.
chosen = $(if $(filter no,$(1)),,$(if $(call has,$(3)),build/$(2),$(if $(filter yes,$(1)),$(error $(2) needs the headers $(3)))))
has = $(shell printf '\043include <%s>\n' $(1) | $(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)

tool := $(call chosen,$(WITH_COMMAND),subuidctl,libsmartcols/libsmartcols.h shadow/subid.h json-c/json.h)
tool_libs = -lsmartcols -lsubid -ljson-c -ldl
tool_sources = $(wildcard tool/*.c tool/check/*.c tool/containers/*.c)
# Two of them have a main of their own; the rest are subuidctl's parts.
tool_objects = $(patsubst %.c,build/%.o,$(filter-out tool/subuidctl.c tool/nsswitch_hook.c,$(tool_sources))) $(shared_objects)

runtime := $(call chosen,$(WITH_RUNTIME),runc-subuid,json-c/json.h)
runtime_sources = $(wildcard tool/runtime/*.c)
runtime_objects = $(runtime_sources:%.c=build/%.o) $(addprefix build/tool/,child.o json_text.o progress.o replace.o root.o util.o) build/account_name.o

.PHONY: all install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: build/$(module) $(tool) $(runtime) build/name_prefix ## build the module, subuidctl and runc-subuid in build/
	$(if $(tool)$(filter no,$(WITH_COMMAND)),,@echo 'subuidctl is left out: it needs the headers of libsmartcols, libsubid and json-c')
	$(if $(runtime)$(filter no,$(WITH_RUNTIME)),,@echo 'runc-subuid is left out: it needs the headers of json-c')

# The start files are for programs and for libraries with constructors; here they would be work for each
# new process, and a page of its own.
build/$(module): $(objects) nss_subuid.sym
	$(link) $(hardened) -shared -nostartfiles -Wl,-soname,$(module) -Wl,--version-script=nss_subuid.sym \
		-Wl,-z,defs,-z,nodelete,-z,noexecstack -o $@ $(objects)

build/subuidctl: build/tool/subuidctl.o $(tool_objects)
	$(link) $(hardened) -o $@ $^ $(tool_libs)

build/runc-subuid: $(runtime_objects)
	$(link) $(hardened) -o $@ $^ -ljson-c

build/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(compile) $(includes) -MMD -MP -c -o $@ $<

-include $(wildcard build/*.d build/*/*.d build/*/*/*.d)

# With other flags all is made anew.
build/flags: FORCE
	@mkdir -p $(@D)
	@flags='$(subst ','\'',$(compile) $(link))' && [ "$$flags" = "$$(cat $@ 2>/dev/null)" ] || echo "$$flags" >$@

# The prefix in use, for the tests and some of the files that are installed.
build/name_prefix: account_name.h build/flags
	@printf '\043include "account_name.h"\nNAME_PREFIX\n' | $(compile) -E -P - | sed -n '$$s/"//gp' >$@

# --- install --------------------------------------------------------------------------------------

# What is installed, as FOLDER:FILE; links, as FOLDER:LINK:TARGET.
man8dir = $(mandir)/man8
module_files = $(libdir):build/$(module) $(man8dir):man/nss_subuid.8 $(man8dir):$(module).8:nss_subuid.8 \
	$(addprefix $(docdir):,nsswitch.conf.example docs/security.md) $(addprefix $(docdir)/recipes:,$(wildcard packaging/recipes/*)) \
	$(sysusersdir):packaging/sysusers.d/nss-subuid.conf $(dbuspolicydir):packaging/dbus/nss-subuid.conf \
	$(polkitrulesdir):packaging/polkit/40-nss-subuid.rules
tool_files = $(sbindir):build/subuidctl $(man8dir):man/subuidctl.8 \
	$(addprefix $(systemdsystemunitdir):,$(wildcard packaging/systemd/*)) \
	$(bashcompletiondir):completions/bash/subuidctl $(zshcompletiondir):completions/zsh/_subuidctl \
	$(fishcompletiondir):completions/fish/subuidctl.fish
runtime_files = $(bindir):build/runc-subuid $(bindir):crun-subuid:runc-subuid \
	$(man8dir):man/runc-subuid.8 $(man8dir):crun-subuid.8:runc-subuid.8
files = $(module_files) $(tool_files) $(runtime_files)

# Each file is put beside its place first, then into it by rename: "install" takes the old file away before it fills
# the new one, and programs load the module at any moment. (ldconfig passes over names that begin with a dot.)
install: all ## honours DESTDIR, prefix, libdir, bindir, sbindir, mandir, docdir and the like
	@set -e; for entry in $(module_files) $(if $(tool),$(tool_files)) $(if $(runtime),$(runtime_files)); do \
		folder="$(DESTDIR)$${entry%%:*}" file=$${entry#*:} mode=644; \
		$(INSTALL) -d "$$folder"; \
		case $$file in \
		*:*) ln -sf "$${file#*:}" "$$folder/$${file%:*}"; continue ;; \
		build/subuidctl | build/runc-subuid) mode=755 ;; \
		esac; \
		echo "$$folder/$${file##*/}"; \
		new="$$folder/.$${file##*/}.new"; \
		$(INSTALL) -m $$mode "$$file" "$$new"; \
		case $$file in packaging/*) \
			sed -i "s|@NAME_PREFIX@|$$(cat build/name_prefix)|g; s|/usr/sbin/subuidctl|$(sbindir)/subuidctl|" "$$new" ;; \
		esac; \
		mv -f "$$new" "$$folder/$${file##*/}"; \
	done
	@[ -n "$(DESTDIR)" ] || [ "$(libdir)" -ef "/usr/$(libc_dir)" ] || printf '%s\n' '' \
		'Where libc is not, the dynamic linker does not look by itself. Tell it:' \
		'    echo "$(libdir)" >/etc/ld.so.conf.d/nss-subuid.conf && ldconfig'
	@[ -n "$(DESTDIR)" ] || [ "$(datarootdir)" = /usr/share ] || printf '%s\n' '' \
		'dbus-daemon and polkit look below /usr/share and /etc:' \
		'    cp "$(dbuspolicydir)/nss-subuid.conf" /etc/dbus-1/system.d/' \
		'    cp "$(polkitrulesdir)/40-nss-subuid.rules" /etc/polkit-1/rules.d/'
	@printf '%s\n' '' \
		'Make the group by which dbus-daemon, sshd and sudo can refuse these users (see $(docdir)/security.md):' \
		'    systemd-sysusers "$(sysusersdir)/nss-subuid.conf" && systemctl reload dbus' '' \
		'To enable it$(if $(tool), run "subuidctl enable"; or by hand) add "subuid" to two lines of' \
		'/etc/nsswitch.conf, behind every source of real accounts and before "systemd", if that is there:' \
		'    passwd: files subuid systemd' '    group:  files subuid systemd' \
		'then try: getent passwd ID. For sss, ldap and [SUCCESS=merge] see nss_subuid(8).'

# Folders go where nothing is left in them, but for those that every system has, at the top or in which the prefix
# lies (/tmp, /var/tmp) among them. (fish and zsh have one of theirs empty.)
kept = $(patsubst %/,%,$(dir $(prefix))) \
	$(foreach folder,/usr/local /usr,$(folder) $(addprefix $(folder)/,bin sbin lib share share/doc share/man share/man/man8)) \
	$(shell [ ! -e "$(DESTDIR)/usr/bin/fish" ] || echo /usr/share/fish/vendor_completions.d) \
	$(shell [ ! -e "$(DESTDIR)/usr/bin/zsh" ] || echo /usr/local/share/zsh/site-functions)
folder_of = $(firstword $(subst :, ,$(1)))

uninstall: ## remove what install has installed
	rm -f $(foreach entry,$(files),"$(DESTDIR)$(call folder_of,$(entry))/$(notdir $(word 2,$(subst :, ,$(entry))))")
	@for folder in $(sort $(foreach entry,$(files),$(call folder_of,$(entry)))); do \
		while case "$${folder%/*}: $(kept) " in :* | *" $$folder "*) false ;; esac && rmdir "$(DESTDIR)$$folder" 2>/dev/null; do \
			folder=$${folder%/*}; \
		done; \
	done

clean: ## remove build/
	rm -rf build

help:
	@sed -nE 's/^([a-z-]+)( [a-z-]+)?:.* ## (.*)/\1 \3/p' $(MAKEFILE_LIST) | \
		while read -r target text; do printf 'make %-16s %s\n' "$$target" "$$text"; done

include $(wildcard tests/tests.mk packaging/packaging.mk)
