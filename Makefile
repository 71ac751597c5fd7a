# SPDX-License-Identifier: MIT
# "make" builds build/libnss_subuid.so.2; "make help" lists the rest.

VERSION = 0.1.0

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
INSTALL = install
# The word in front of each number in the names; see nss_subuid.h.
NAME_PREFIX = _

module = libnss_subuid.so.2
sources = nss_subuid.c subid_file.c account_name.c
headers = nss_subuid.h subid_file.h account_name.h
objects = $(sources:%.c=build/%.o)

# C11 with what glibc adds; symbols, frames and relocations as a library inside other programs
# should have them.
module_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	-DNAME_PREFIX='"$(NAME_PREFIX)"'
module_cflags = -std=gnu11 -fPIC -fvisibility=hidden -fstack-protector-strong
warnings = -Wall -Wextra -Wconversion -Wshadow
module_ldflags = -shared -Wl,-soname,$(module) -Wl,--version-script=nss_subuid.sym \
	-Wl,-z,relro,-z,now,-z,defs,-z,nodelete,-z,noexecstack

compile = $(CC) $(module_cppflags) $(CPPFLAGS) $(module_cflags) $(warnings) $(CFLAGS)

.PHONY: all demo check check-system check-all check-releases check-readme bench bench_tools coverage fuzz install uninstall lint format deps clean help
.DELETE_ON_ERROR:

all: build/$(module)

build/$(module): $(objects) nss_subuid.sym
	$(CC) $(CFLAGS) $(LDFLAGS) $(module_ldflags) -o $@ $(objects)

build/%.o: %.c $(headers) Makefile
	@mkdir -p $(@D)
	$(compile) -c -o $@ $<

# --- see it work ----------------------------------------------------------------------------------

demo:
	@tests/lib/deps.sh --install demo $$([ "$$(id -u)" -ne 0 ] || echo systemd)
	@$(MAKE) --no-print-directory --silent all
	@demo/demo.sh

# --- checks ---------------------------------------------------------------------------------------

# Needs no root and no network, installs nothing and takes less than a minute.
check:
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory all bench_tools $(unit_tests)
	prove --exec '' $(unit_tests) $(sort $(wildcard tests/unit/*.t))

# Needs root: each test runs in mount and PID namespaces of its own, on a copy of this machine's
# root that is gone at the end.
check-system:
	@[ "$$(id -u)" -eq 0 ] || { echo 'make $@ needs root' >&2; exit 1; }
	@tests/lib/deps.sh check system systemd runtimes
	$(MAKE) --no-print-directory all bench_tools $(test_tools)
	prove --exec '' $(sort $(wildcard tests/nss/*.t tests/systemd/*.t))

check-all:
	@tests/lib/deps.sh --install check system systemd runtimes
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory check-system
	$(MAKE) --no-print-directory check-releases

# Needs root and a mirror: the C library, systemd and runtimes of these releases of Debian, in bare
# roots, two at a time. Inside such a root there is nothing more to see.
releases = bullseye bookworm trixie forky

check-releases:
ifdef NSS_SUBUID_RELEASE
	@echo 'check-releases: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory build/tests/runc-bullseye
	$(MAKE) --no-print-directory -j 2 $(releases:%=check-release-%)
endif

check-release-%:
	SUITE=$* prove --exec '' tests/releases/release.t

# Needs root and a mirror: the README's commands in bare roots. Not in check-all, which is one of them.
check-readme:
	@tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 check-readme-bookworm check-readme-trixie

check-readme-%:
	SUITE=$* prove --exec '' tests/readme/readme.t

unit_tests = $(patsubst tests/unit/%.c,build/tests/%,$(wildcard tests/unit/test_*.c))
test_tools = build/tests/probe build/tests/against_libsubid build/tests/libnss_members.so.2 \
	build/tests/runc-bullseye

# What the module's objects open and read, tests/lib/files.c answers.
wrapped = openat openat64 fstat fstat64 __fstat64_time64 lseek lseek64 read close

build/tests/test_%: tests/unit/test_%.c tests/lib/files.c tests/lib/files.h $(objects)
	@mkdir -p $(@D)
	$(compile) -I. -Itests/lib -o $@ $< tests/lib/files.c $(objects) $(wrapped:%=-Wl,--wrap=%) -lcmocka

build/tests/probe: tests/lib/probe.c nss_subuid.h
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $< -ldl

build/tests/against_libsubid: tests/nss/against_libsubid.c
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $< -lsubid -ldl

build/tests/libnss_members.so.2: tests/nss/nss_members.c
	@mkdir -p $(@D)
	$(compile) -fvisibility=default -shared -o $@ $<

# Debian 11's runc, which runs on later releases too. An old copy of the mirror may be all that can be
# reached.
build/tests/runc-bullseye:
	@mkdir -p $(@D)
	mmdebstrap --quiet --variant=extract --include=runc --aptopt='Acquire::Check-Valid-Until "false"' \
		bullseye - | tar -xO ./usr/sbin/runc >$@
	chmod 755 $@

# Every line and every branch, at -O0, where each is one. Needs gcc and its gcov.
GCOV = gcov

coverage:
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory $(coverage_tests)
	rm -f build/coverage/*.gcda
	prove --exec '' $(coverage_tests)
	GCOV='$(GCOV)' tests/coverage/coverage.sh $(sources:%.c=build/coverage/%.gcda)

coverage_tests = $(unit_tests:build/tests/%=build/coverage/%)
coverage_objects = $(sources:%.c=build/coverage/%.o)

build/coverage/%.o: %.c $(headers) Makefile
	@mkdir -p $(@D)
	$(compile) -U_FORTIFY_SOURCE -O0 --coverage -c -o $@ $<

build/coverage/test_%: tests/unit/test_%.c tests/lib/files.c tests/lib/files.h $(coverage_objects)
	$(compile) -I. -Itests/lib -o $@ $< tests/lib/files.c $(coverage_objects) $(wrapped:%=-Wl,--wrap=%) \
		-lcmocka -lgcov

# Needs clang with libFuzzer. Whole lookups against a model, for FUZZ_TIME seconds; what it has learned
# stays in build/fuzz/corpus.
FUZZ_TIME = 60

fuzz: build/fuzz/fuzz_lookup
	@mkdir -p build/fuzz/corpus build/fuzz/seeds
	tests/fuzz/seeds.py build/fuzz/seeds
	build/fuzz/fuzz_lookup -max_total_time=$(FUZZ_TIME) -max_len=20000 -artifact_prefix=build/fuzz/ \
		build/fuzz/corpus build/fuzz/seeds

build/fuzz/fuzz_lookup: tests/fuzz/fuzz_lookup.c $(sources) $(headers)
	@mkdir -p $(@D)
	clang $(module_cppflags) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-I. -o $@ $< $(sources) \
		-Wl,--wrap=openat64,--wrap=fstat64,--wrap=read,--wrap=lseek64,--wrap=close

# --- speed ----------------------------------------------------------------------------------------

# Needs root: on a private copy of this machine's root. Prints tables; draws docs/*.svg.
bench: bench_tools
	@tests/lib/deps.sh --install bench
	bench/run.sh
	gnuplot bench/charts.gnuplot

bench_tools: build/$(module) build/bench/bench build/bench/libnss_empty.so.2 build/bench/libnss_imports.so.2

build/bench/bench: bench/bench.c
	@mkdir -p $(@D)
	$(compile) -o $@ $< -ldl -lpthread

build/bench/libnss_%.so.2: bench/nss_empty.c
	@mkdir -p $(@D)
	$(compile) $(if $(filter imports,$*),-DIMPORTS) -fvisibility=default -shared \
		-Wl,-z,relro,-z,now,-z,defs,-z,nodelete -Wl,-soname,$(@F) -o $@ $<

# --- install --------------------------------------------------------------------------------------

install: all
	$(INSTALL) -d "$(DESTDIR)$(libdir)" "$(DESTDIR)$(mandir)/man8" "$(DESTDIR)$(docdir)"
	$(INSTALL) -m 644 build/$(module) "$(DESTDIR)$(libdir)/$(module)"
	$(INSTALL) -m 644 man/nss_subuid.8 "$(DESTDIR)$(mandir)/man8/nss_subuid.8"
	ln -sf nss_subuid.8 "$(DESTDIR)$(mandir)/man8/$(module).8"
	$(INSTALL) -m 644 nsswitch.conf.example "$(DESTDIR)$(docdir)/nsswitch.conf.example"
	@echo
	@echo 'To enable it, add "subuid" to two lines of /etc/nsswitch.conf, behind every source of real'
	@echo 'accounts and before "systemd", if that is there:'
	@echo '    passwd: files subuid systemd'
	@echo '    group:  files subuid systemd'
	@echo 'then try: getent passwd ID. For sss, ldap and [SUCCESS=merge] see nss_subuid(8).'

uninstall:
	rm -f "$(DESTDIR)$(libdir)/$(module)"
	rm -f "$(DESTDIR)$(mandir)/man8/nss_subuid.8" "$(DESTDIR)$(mandir)/man8/$(module).8"
	rm -f "$(DESTDIR)$(docdir)/nsswitch.conf.example"
	rmdir "$(DESTDIR)$(docdir)" 2>/dev/null || :

# --- keep it tidy ---------------------------------------------------------------------------------

c_files = $(wildcard *.[ch] tests/*/*.[ch] bench/*.c)
shell_files = $(shell grep -l '^\#!/bin/bash' demo/* bench/* tests/*/*.sh tests/*/*.t .ci/run)

# ctuuninitvar: cppcheck 2.10 wants a whole struct filled in where one member is asked for.
lint:
	@tests/lib/deps.sh check system systemd runtimes lint
	clang-format --dry-run -Werror $(c_files)
	clang-tidy --quiet --warnings-as-errors='*' $(filter %.c,$(c_files)) -- \
		$(module_cppflags) -std=gnu11 -I. -Itests/lib
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -D_GNU_SOURCE $(sources)
	shellcheck $(shell_files)
	! mandoc -T lint man/*.8 2>/dev/null | grep -v 'referenced manual not found'
	for f in $(sources); do \
		gcc -fanalyzer $(module_cppflags) -std=gnu11 $(warnings) -Werror -O2 -c -o /dev/null $$f && \
		clang $(module_cppflags) -std=gnu11 $(warnings) -Werror -O2 -c -o /dev/null $$f || exit 1; \
	done

format:
	clang-format -i $(c_files)

deps:
	@tests/lib/deps.sh --install demo check system systemd runtimes releases bench lint

clean:
	rm -rf build

help:
	@echo 'make                 build the module in build/'
	@echo 'make demo            see it work, in namespaces of its own'
	@echo 'make check           tests that need no root'
	@echo 'make check-system    tests that need root, in namespaces'
	@echo 'make check-releases  the module in bare roots of Debian 11 to 14, with a real systemd'
	@echo 'make check-all       install what the tests need (Debian), then run all of the above'
	@echo 'make check-readme    the commands of the README, in bare roots of Debian 12 and 13'
	@echo 'make bench           measure it beside the bare system calls and its peers'
	@echo 'make coverage        each line and branch of the module is tested; needs gcov'
	@echo 'make fuzz            fuzz whole lookups against a model; needs clang'
	@echo 'make lint            check the sources; make format lays them out'
	@echo 'make deps            install the Debian packages that all of this needs'
	@echo 'make install         honours DESTDIR, prefix, libdir, mandir, docdir'
	@echo 'make uninstall       remove what install has installed'
	@echo 'make clean           remove build/'
