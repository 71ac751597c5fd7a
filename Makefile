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
module_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(if $(NAME_PREFIX),-DNAME_PREFIX='"$(NAME_PREFIX)"')
module_cflags = -std=gnu11 -fPIC -fvisibility=hidden -fstack-protector-strong
warnings = -Wall -Wextra -Wconversion -Wshadow
module_ldflags = -shared -Wl,-soname,$(module) -Wl,--version-script=nss_subuid.sym \
	-Wl,-z,relro,-z,now,-z,defs,-z,nodelete,-z,noexecstack

compile = $(CC) $(module_cppflags) $(CPPFLAGS) $(module_cflags) $(warnings) $(CFLAGS)

.PHONY: all demo check check-system check-all check-releases check-arch check-central check-engines check-security check-readme check-packages dist deb rpm machine-config bench bench_tools coverage mutants mutants-sample docs fuzz fuzz-merge fuzz-planted prove install uninstall lint format deps clean help FORCE
.DELETE_ON_ERROR:

# The command, which needs libsmartcols and libsubid; without them it is left out.
have_tool := $(shell printf '\043include <libsmartcols/libsmartcols.h>\n\043include <shadow/subid.h>\n' | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)
tool = $(if $(have_tool),build/subuidctl)
# Settings for other programs, which docs/security.md explains.
recipes = $(wildcard packaging/recipes/*)
with_prefix = sed -i "s|@NAME_PREFIX@|$$(cat build/name_prefix)|g"
units = packaging/systemd/subuidctl-import.service packaging/systemd/subuidctl-import.timer
tool_libs = -lsmartcols -lsubid -ldl
# Each of these has a main of its own; the rest are subuidctl's parts.
tool_mains = subuidctl nsswitch_hook
tool_sources = $(wildcard tool/*.c tool/check/*.c)
tool_module_objects = build/subid_file.o build/subid_range.o build/account_name.o
tool_objects = $(patsubst %.c,build/%.o,$(filter-out $(tool_mains:%=tool/%.c),$(tool_sources))) $(tool_module_objects)

# For the scripts of a package that edits nsswitch.conf: the parts of "subuidctl enable" that need libc alone.
hook_parts = child libraries lock nsswitch nsswitch_edit nsswitch_file nsswitch_place ranges replace root segments \
	userdb util
hook_objects = $(patsubst %,build/tool/%.o,nsswitch_hook $(hook_parts)) $(tool_module_objects)

# The OCI runtime, which needs json-c.
have_runtime := $(shell echo '\043include <json-c/json.h>' | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)
runtime = $(if $(have_runtime),build/runc-subuid)
runtime_sources = $(wildcard tool/runtime/*.c)
runtime_objects = $(runtime_sources:%.c=build/%.o) $(addprefix build/tool/,child.o replace.o root.o util.o) build/account_name.o

all: build/$(module) $(tool) $(runtime)
	$(if $(tool),,@echo 'subuidctl is left out: it needs the headers of libsmartcols and libsubid')
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

# --- checks ---------------------------------------------------------------------------------------

# Needs no root and no network and installs nothing. 20 seconds of it are fuzzing.
check:
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory all bench_tools $(fuzz_tools) $(check_programs) build/nsswitch-hook
	prove --exec '' $(filter-out $(without),$(check_programs) $(sort $(wildcard tests/unit/*.t tests/tool/*.t)))

# Needs root: each test runs in mount and PID namespaces of its own, on a copy of this machine's
# root that is gone at the end.
check-system:
	@[ "$$(id -u)" -eq 0 ] || { echo 'make $@ needs root' >&2; exit 1; }
	@tests/lib/deps.sh check tool system systemd runtimes
	$(MAKE) --no-print-directory all bench_tools $(test_tools)
	prove --exec '' $(sort $(wildcard tests/nss/*.t tests/fault/*.t tests/systemd/*.t) $(filter-out %/engines.t,$(wildcard tests/runtime/*.t))) tests/central/import.t tests/central/units.t

check-all:
	@tests/lib/deps.sh --install check tool fuzz system systemd runtimes
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory check-system
	$(MAKE) --no-print-directory check-releases
	$(MAKE) --no-print-directory check-central
	$(MAKE) --no-print-directory check-engines
	$(MAKE) --no-print-directory check-security

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

# Needs root and a mirror: containerd, Docker and podman with runc-subuid, in a bare root of Debian 14.
check-engines:
ifdef NSS_SUBUID_RELEASE
	@echo 'check-engines: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/deps.sh --install releases
	prove --exec '' tests/runtime/engines.t
endif

# Needs root and a mirror: slapd, SSSD and subuidctl import, in a bare root.
check-central:
ifdef NSS_SUBUID_RELEASE
	@echo 'check-central: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/deps.sh --install releases
	prove --exec '' tests/central/sssd.t
endif

# Needs root and a mirror: mail, web and file servers, sudo, cron and others, in a bare root of one release;
# the buses and polkit in that of a second. For one: TESTS=tests/security/NAME.t tests/releases/security.t
check-security:
ifdef NSS_SUBUID_RELEASE
	@echo 'check-security: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 check-security-forky check-security-bookworm
endif

check-security-%:
	SUITE=$* prove --exec '' tests/releases/security.t

# Needs root, amd64, Linux 6.7 and a mirror: the module on other architectures, in roots of theirs, two
# at a time; under qemu, but for i386. In s390x the bytes of a number stand the other way round.
architectures = i386 arm64 armhf ppc64el s390x

check-arch:
	@tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 $(architectures:%=check-arch-%)

check-arch-%:
	ARCH=$* prove --exec '' tests/arch/arch.t

# Needs root and a mirror: the README's commands in bare roots. Not in check-all, which is one of them.
check-readme:
	@tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 check-readme-bookworm check-readme-trixie

check-readme-%:
	SUITE=$* prove --exec '' tests/readme/readme.t

unit_tests = $(patsubst tests/unit/%.c,build/tests/%,$(wildcard tests/unit/test_*.c))
check_programs = $(unit_tests) build/tests/test_faults $(tool_tests) $(runtime_tests)
test_tools = $(addprefix build/tests/,probe ask against_libsubid libnss_members.so.2 libnss_hang.so.2 \
	concurrency concurrency_tsan libsubid_test.so runc-bullseye runtime/fail_malloc.so) $(test_sources)
test_sources = $(addprefix build/tests/libnss_,house.so.2 away.so.2 busy.so.2)

# Parts of the command, on all of its ground.
tool_tests = $(if $(tool),$(patsubst tests/tool/%.c,build/tests/tool/%,$(wildcard tests/tool/test_*.c)))

build/tests/tool/test_nsswitch_edit: wrapped_parts = -Wl,--wrap=warn

build/tests/tool/test_%: tests/tool/test_%.c $(tool_objects)
	@mkdir -p $(@D)
	$(compile) -I. $(wrapped_parts) -o $@ $^ -lcmocka $(tool_libs)

# Parts of the OCI runtime.
runtime_tests = $(if $(runtime),$(patsubst tests/runtime/%.c,build/tests/runtime/%,$(wildcard tests/runtime/test_*.c)))

build/tests/runtime/test_%: tests/runtime/test_%.c build/tool/runtime/%.o
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $^ -ljson-c -lcmocka

build/tests/runtime/fail_malloc.so: tests/runtime/fail_malloc.c
	@mkdir -p $(@D)
	$(compile) -fvisibility=default -shared -o $@ $<

# What the module's objects open and read, tests/lib/files.c answers; it counts their searches.
wrapped = openat openat64 fstat fstat64 __fstat64_time64 lseek lseek64 read close memchr realloc

build/tests/test_%: tests/unit/test_%.c tests/lib/files.c tests/lib/files.h $(objects)
	@mkdir -p $(@D)
	$(compile) -I. -Itests/lib -o $@ $< tests/lib/files.c $(objects) $(wrapped:%=-Wl,--wrap=%) -lcmocka

# The built library is loaded, not linked; of files.c only the directory is used.
build/tests/test_faults: tests/fault/test_faults.c tests/fault/supervised.c tests/fault/supervised.h \
		tests/lib/files.c tests/lib/files.h nss_subuid.h build/$(module)
	@mkdir -p $(@D)
	$(compile) -I. -Itests/lib -o $@ $(filter %.c,$^) $(wrapped:%=-Wl,--wrap=%) -lcmocka -ldl -lpthread

build/tests/probe: tests/lib/probe.c nss_subuid.h
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $< -ldl

build/tests/ask: tests/fault/ask.c
	@mkdir -p $(@D)
	$(compile) -o $@ $<

build/tests/against_libsubid: tests/nss/against_libsubid.c
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $< -lsubid -ldl

# Bound at start: to bind a call later takes stack, of which a thread may have little.
build/tests/concurrency: tests/nss/concurrency.c nss_subuid.h build/$(module)
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $< build/$(module) -lpthread -Wl,-z,now

# The module's own sources in it. Without fortified calls, which ThreadSanitizer does not know.
build/tests/concurrency_tsan: tests/nss/concurrency.c $(sources) $(headers)
	@mkdir -p $(@D)
	$(compile) -U_FORTIFY_SOURCE -fsanitize=thread -I. -o $@ $< $(sources) -lpthread

# A plugin of libsubid, for subuidctl import.
build/tests/libsubid_test.so: tests/central/plugin.c
	@mkdir -p $(@D)
	$(compile) -fvisibility=default -shared -o $@ $<

build/tests/libnss_%.so.2: tests/nss/nss_%.c $(headers)
	@mkdir -p $(@D)
	$(compile) -I. -fvisibility=default -shared -o $@ $<

# Three of one kind: one that answers, one that is down and one that is busy.
$(test_sources): build/tests/libnss_%.so.2: tests/nss/nss_source.c
	@mkdir -p $(@D)
	$(compile) -fvisibility=default -shared $(source_$*) -o $@ $<

source_away = -DSOURCE=away -DFIRST=5040 -DMISS=NSS_STATUS_UNAVAIL -DERROR=ECONNREFUSED
source_busy = -DSOURCE=busy -DFIRST=5050 -DMISS=NSS_STATUS_TRYAGAIN -DERROR=EAGAIN

# Debian 11's runc, which runs on later releases too. An old copy of the mirror may be all that can be
# reached.
build/tests/runc-bullseye:
	@mkdir -p $(@D)
	mmdebstrap --quiet --variant=extract --include=runc --aptopt='Acquire::Check-Valid-Until "false"' \
		bullseye - | tar -xO ./usr/sbin/runc >$@.new && chmod 755 $@.new && mv $@.new $@ || \
		{ rm -f $@.new; echo 'The runc of Debian 11 cannot be had.' >&2; }

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

# Every small change of the sources has to make a unit test fail, or has a reason in
# tests/mutants/survivors. All of them take a quarter of an hour on two idle cores; a sample, a minute.
mutants mutants-sample: export COMPILE = $(compile)
mutants mutants-sample: export WRAPPED = $(wrapped)
mutants mutants-sample:
	@tests/lib/deps.sh check
	tests/mutants/mutants.py $(if $(filter mutants-sample,$@),--sample 200) $(MUTANTS)

# --- fuzzing --------------------------------------------------------------------------------------

# Needs clang with libFuzzer. The harnesses compare every answer with a model's: fuzz_core asks bytes,
# fuzz_lookup whole lookups, fuzz_runtime what the OCI runtime reads. Each runs for FUZZ_TIME seconds ("make -j 2 fuzz": at the same time) and
# keeps what it has learned in build/fuzz/corpus.
FUZZ_TIME = 60
fuzz_harnesses = core lookup $(if $(runtime),runtime)
fuzz_core = tests/fuzz/fuzz_core.c subid_range.c account_name.c
fuzz_lookup = -include tests/fuzz/calls.h tests/fuzz/fuzz_lookup.c $(sources)
fuzz_runtime = tests/fuzz/fuzz_runtime.c tests/fuzz/harness.c tool/runtime/arguments.c tool/runtime/config.c
fuzz_shared = tests/fuzz/harness.c tests/fuzz/model.c
fuzz_files = $(wildcard tests/fuzz/*.[ch]) $(sources) $(headers) Makefile
fuzz_core_options = -max_len=4096
fuzz_lookup_options = -max_len=20000
fuzz_runtime_options = -max_len=4096 -dict=tests/fuzz/runtime.dict
# It allocates, the module does not.
fuzz_runtime_environment = ASAN_OPTIONS=detect_leaks=1
fuzz_compile = $(module_cppflags) -U_FORTIFY_SOURCE -std=gnu11 $(warnings) -g -O2 -I. -fno-sanitize-recover=all
# Constants that are compared with need not be traced: mutate.c knows the bounds.
fuzz_clang = clang $(fuzz_compile) -fsanitize=fuzzer,address,undefined -fno-sanitize-coverage=trace-cmp

fuzz: $(fuzz_harnesses:%=fuzz-%)

fuzz-%: build/fuzz/fuzz_%
	@mkdir -p build/fuzz/corpus/$*
	$(fuzz_$*_environment) build/fuzz/fuzz_$* $(fuzz_$*_options) -len_control=0 -max_total_time=$(FUZZ_TIME) -print_final_stats=1 \
		-artifact_prefix=build/fuzz/$*- build/fuzz/corpus/$* tests/fuzz/corpus/$*

# Makes of all that was learned the few inputs that reach every edge, for the tree.
fuzz-merge: $(fuzz_harnesses:%=fuzz-merge-%)

fuzz-merge-%: build/fuzz/fuzz_%
	rm -rf build/fuzz/merged/$*
	mkdir -p build/fuzz/merged/$* build/fuzz/corpus/$*
	build/fuzz/fuzz_$* -merge=1 -use_counters=0 $(fuzz_$*_options) build/fuzz/merged/$* \
		tests/fuzz/corpus/$* build/fuzz/corpus/$*
	rm -rf tests/fuzz/corpus/$*
	mv build/fuzz/merged/$* tests/fuzz/corpus/$*

# Bugs put into a copy, one at a time, each of which has to be found within a minute.
fuzz-planted:
	tests/fuzz/planted.sh

build/fuzz/fuzz_%: $(fuzz_files)
	@mkdir -p $(@D)
	$(fuzz_clang) -o $@ $(fuzz_$*) $(fuzz_shared) tests/fuzz/mutate.c

build/fuzz/fuzz_runtime build/fuzz/replay_runtime: $(wildcard tool/runtime/*.[ch])

build/fuzz/fuzz_runtime: $(fuzz_files)
	@mkdir -p $(@D)
	clang $(fuzz_compile) -fsanitize=fuzzer,address,undefined -o $@ $(fuzz_runtime) -ljson-c

# The same harnesses for any compiler, without libFuzzer: they replay what they are given. What the
# sanitizers make may be built and yet not run, under qemu say.
fuzz_sanitizers = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fsanitize=address,undefined -o $@.try -x c - 2>/dev/null && $@.try 2>/dev/null && \
	echo -fsanitize=address,undefined; rm -f $@.try)

build/fuzz/replay_%: $(fuzz_files)
	@mkdir -p $(@D)
	$(CC) $(fuzz_compile) $(fuzz_sanitizers) -o $@ $(fuzz_$*) $(fuzz_shared) tests/fuzz/replay.c

build/fuzz/replay_runtime: $(fuzz_files)
	@mkdir -p $(@D)
	$(CC) $(fuzz_compile) $(fuzz_sanitizers) -o $@ $(fuzz_runtime) tests/fuzz/replay.c -ljson-c

# What "make check" needs of all this.
fuzz_libfuzzer = $(shell echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	clang -fsanitize=fuzzer,address -o /dev/null -x c - 2>/dev/null && echo yes)
fuzz_tools = $(fuzz_harnesses:%=build/fuzz/replay_%) $(if $(fuzz_libfuzzer),$(fuzz_harnesses:%=build/fuzz/fuzz_%))

# Needs Frama-C: no input makes the core go wrong. Takes some minutes.
prove:
	@tests/lib/deps.sh --install prove
	tests/proof/prove.sh $(module_cppflags)

# --- speed ----------------------------------------------------------------------------------------

# Needs root: on a private copy of this machine's root. Prints tables; draws docs/*.svg.
bench: bench_tools $(tool)
	@tests/lib/deps.sh --install bench
	bench/run.sh
	bench/runtime.sh
	gnuplot bench/charts.gnuplot
	$(if $(tool),bench/command.py)

bench_tools: build/$(module) build/bench/bench build/bench/libnss_empty.so.2 build/bench/libnss_imports.so.2 build/bench/peak $(runtime)

build/bench/peak: bench/peak.c
	@mkdir -p $(@D)
	$(compile) -o $@ $<

build/bench/bench: bench/bench.c
	@mkdir -p $(@D)
	$(compile) -o $@ $< -ldl -lpthread

build/bench/libnss_%.so.2: bench/nss_empty.c $(headers)
	@mkdir -p $(@D)
	$(compile) $(if $(filter imports,$*),-DIMPORTS) -I. -fvisibility=default -shared \
		-Wl,-z,relro,-z,now,-z,defs,-z,nodelete -Wl,-soname,$(@F) -o $@ $<

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
	$(if $(runtime),$(INSTALL) -m 755 $(runtime) "$(DESTDIR)$(bindir)/runc-subuid")
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

# --- release and packages -------------------------------------------------------------------------

# The sources as they are in git, or as they lie here where there is no git: in a tarball of them.
release = nss-subuid-$(VERSION)

dist:
	@mkdir -p build
	$(if $(wildcard .git),git archive --prefix=$(release)/ -o build/$(release).tar HEAD, \
		tar -cf build/$(release).tar --exclude=./build --sort=name --owner=0 --group=0 --transform='s|^\.|$(release)|' .)
	gzip -nf build/$(release).tar

# Debian packages, in build/deb. debhelper wants its folder at the top.
deb: dist
	@tests/lib/deps.sh packaging
	rm -rf build/deb
	mkdir -p build/deb
	cp build/$(release).tar.gz build/deb/nss-subuid_$(VERSION).orig.tar.gz
	tar -C build/deb -xf build/$(release).tar.gz
	cp -r build/deb/$(release)/packaging/debian build/deb/$(release)/debian
	cd build/deb/$(release) && dpkg-buildpackage -us -uc $(DEB_BUILD)
	rm -rf build/deb/$(release)

# RPMs, in build/rpm. "make check" is run here, not once more in %check. Debian's rpmbuild knows neither
# Fedora's macros nor what is installed.
rpm: dist
	@tests/lib/deps.sh rpm
	rm -rf build/rpm
	rpmbuild -ba --nocheck $(if $(shell rpm --eval '%{?_unitdir}'),,--nodeps --load=packaging/rpm.macros) \
		--define '_topdir $(CURDIR)/build/rpm' --define '_sourcedir $(CURDIR)/build' $(RPM_BUILD) \
		packaging/nss-subuid.spec

# What OpenShift's nodes need besides the module; needs python3-yaml.
machine-config: packaging/openshift/99-worker-subuid.yaml

packaging/openshift/%.yaml: packaging/openshift/%.bu packaging/openshift/machine-config.py
	packaging/openshift/machine-config.py $< >$@

# Needs root and a mirror: the Debian packages in bare roots, the rest of packaging/ in private ones.
check-packages:
	@tests/lib/deps.sh --install releases rpm
	$(MAKE) --no-print-directory all rpm
	prove --exec '' $(addprefix tests/packaging/,dist.t authselect.t openshift.t rpm.t)
	$(MAKE) --no-print-directory -j 2 check-packages-bookworm check-packages-trixie

check-packages-%:
	SUITE=$* prove --exec '' tests/packaging/deb.t

# --- keep it tidy ---------------------------------------------------------------------------------

c_files = $(wildcard *.[ch] tool/*.[ch] tool/*/*.[ch] tests/*/*.[ch] bench/*.c)
shell_files = $(shell grep -lE '^\#!/bin/(ba)?sh' demo/* bench/* tests/*/*.sh tests/*/*.t .ci/run \
	packaging/debian/*.post* packaging/debian/*.pre* packaging/debian/tests/*)

# ctuuninitvar: cppcheck 2.10 wants a whole struct filled in where one member is asked for.
lint:
	@tests/lib/deps.sh check tool system systemd runtimes lint
	clang-format --dry-run -Werror $(c_files)
	clang-tidy --quiet --warnings-as-errors='*' $(filter-out tests/proof/%,$(filter %.c,$(c_files))) -- \
		$(module_cppflags) -std=gnu11 -I. -Itests/lib
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -D_GNU_SOURCE -I. \
		$(sources) $(tool_sources) $(runtime_sources)
	shellcheck $(shell_files)
	! mandoc -T lint man/*.8 2>/dev/null | grep -v 'referenced manual not found'
	for f in $(sources) $(tool_sources) $(runtime_sources); do \
		for cc in 'gcc -fanalyzer' clang; do \
			$$cc $(module_cppflags) -I. -std=gnu11 $(warnings) -Werror -O2 \
				-c -o /dev/null $$f || exit 1; \
		done; \
	done

format:
	clang-format -i $(c_files)

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
