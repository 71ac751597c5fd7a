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
sbindir = $(exec_prefix)/sbin
systemdsystemunitdir = $(prefix)/lib/systemd/system
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

.PHONY: all demo check check-system check-all check-releases check-arch check-central check-readme check-packages dist deb rpm machine-config bench bench_tools coverage mutants mutants-sample docs fuzz fuzz-merge fuzz-planted prove install uninstall lint format deps clean help FORCE
.DELETE_ON_ERROR:

# The command, which needs libsmartcols and libsubid; without them it is left out.
have_tool := $(shell printf '\043include <libsmartcols/libsmartcols.h>\n\043include <shadow/subid.h>\n' | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes)
tool = $(if $(have_tool),build/subuidctl)
units = packaging/systemd/subuidctl-import.service packaging/systemd/subuidctl-import.timer
tool_objects = $(patsubst %.c,build/%.o,$(wildcard tool/*.c)) build/subid_file.o build/subid_range.o build/account_name.o

all: build/$(module) $(tool)
	$(if $(tool),,@echo 'subuidctl is left out: it needs the headers of libsmartcols and libsubid')

build/$(module): $(objects) nss_subuid.sym
	$(CC) $(CFLAGS) $(LDFLAGS) $(module_ldflags) -o $@ $(objects)

build/subuidctl: $(tool_objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $(tool_objects) -lsmartcols -lsubid -ldl

$(filter build/tool/%,$(tool_objects)): $(wildcard tool/*.h)

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
	$(MAKE) --no-print-directory all bench_tools $(fuzz_tools) $(check_programs)
	prove --exec '' $(filter-out $(without),$(check_programs) $(sort $(wildcard tests/unit/*.t tests/tool/*.t)))

# Needs root: each test runs in mount and PID namespaces of its own, on a copy of this machine's
# root that is gone at the end.
check-system:
	@[ "$$(id -u)" -eq 0 ] || { echo 'make $@ needs root' >&2; exit 1; }
	@tests/lib/deps.sh check tool system systemd runtimes
	$(MAKE) --no-print-directory all bench_tools $(test_tools)
	prove --exec '' $(sort $(wildcard tests/nss/*.t tests/fault/*.t tests/systemd/*.t)) tests/central/import.t tests/central/units.t

check-all:
	@tests/lib/deps.sh --install check tool fuzz system systemd runtimes
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory check-system
	$(MAKE) --no-print-directory check-releases
	$(MAKE) --no-print-directory check-central

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

# Needs root and a mirror: slapd, SSSD and subuidctl import, in a bare root.
check-central:
ifdef NSS_SUBUID_RELEASE
	@echo 'check-central: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/deps.sh --install releases
	prove --exec '' tests/central/sssd.t
endif

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
check_programs = $(unit_tests) build/tests/test_faults $(tool_tests)
test_tools = $(addprefix build/tests/,probe ask against_libsubid libnss_members.so.2 libnss_hang.so.2 \
	concurrency concurrency_tsan libsubid_test.so runc-bullseye)

# Parts of the command; what else of it they want, the tests bring along.
tool_tests = $(if $(tool),$(patsubst tests/tool/%.c,build/tests/tool/%,$(wildcard tests/tool/test_*.c)))

build/tests/tool/test_edit: build/tool/nsswitch.o

build/tests/tool/test_%: tests/tool/test_%.c build/tool/%.o build/subid_range.o
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $^ -lcmocka

# What the module's objects open and read, tests/lib/files.c answers; it counts their searches.
wrapped = openat openat64 fstat fstat64 __fstat64_time64 pread pread64 close memchr realloc

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
# fuzz_lookup whole lookups. Each runs for FUZZ_TIME seconds ("make -j 2 fuzz": at the same time) and
# keeps what it has learned in build/fuzz/corpus.
FUZZ_TIME = 60
fuzz_harnesses = core lookup
fuzz_core = tests/fuzz/fuzz_core.c subid_range.c account_name.c
fuzz_lookup = -include tests/fuzz/calls.h tests/fuzz/fuzz_lookup.c $(sources)
fuzz_shared = tests/fuzz/harness.c tests/fuzz/model.c
fuzz_files = $(wildcard tests/fuzz/*.[ch]) $(sources) $(headers) Makefile
fuzz_core_options = -max_len=4096
fuzz_lookup_options = -max_len=20000
fuzz_compile = $(module_cppflags) -U_FORTIFY_SOURCE -std=gnu11 $(warnings) -g -O2 -I. -fno-sanitize-recover=all
# Constants that are compared with need not be traced: mutate.c knows the bounds.
fuzz_clang = clang $(fuzz_compile) -fsanitize=fuzzer,address,undefined -fno-sanitize-coverage=trace-cmp

fuzz: $(fuzz_harnesses:%=fuzz-%)

fuzz-%: build/fuzz/fuzz_%
	@mkdir -p build/fuzz/corpus/$*
	build/fuzz/fuzz_$* $(fuzz_$*_options) -len_control=0 -max_total_time=$(FUZZ_TIME) -print_final_stats=1 \
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

# The same harnesses for any compiler, without libFuzzer: they replay what they are given. What the
# sanitizers make may be built and yet not run, under qemu say.
fuzz_sanitizers = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fsanitize=address,undefined -o $@.try -x c - 2>/dev/null && $@.try 2>/dev/null && \
	echo -fsanitize=address,undefined; rm -f $@.try)

build/fuzz/replay_%: $(fuzz_files)
	@mkdir -p $(@D)
	$(CC) $(fuzz_compile) $(fuzz_sanitizers) -o $@ $(fuzz_$*) $(fuzz_shared) tests/fuzz/replay.c

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
bench: bench_tools
	@tests/lib/deps.sh --install bench
	bench/run.sh
	gnuplot bench/charts.gnuplot

bench_tools: build/$(module) build/bench/bench build/bench/libnss_empty.so.2 build/bench/libnss_imports.so.2

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

install: all
	$(INSTALL) -d "$(DESTDIR)$(libdir)" "$(DESTDIR)$(mandir)/man8" "$(DESTDIR)$(docdir)"
	$(INSTALL) -m 644 build/$(module) "$(DESTDIR)$(libdir)/$(module)"
	$(INSTALL) -m 644 man/nss_subuid.8 "$(DESTDIR)$(mandir)/man8/nss_subuid.8"
	$(if $(tool),$(INSTALL) -d "$(DESTDIR)$(sbindir)")
	$(if $(tool),$(INSTALL) -m 755 $(tool) "$(DESTDIR)$(sbindir)/subuidctl")
	$(if $(tool),$(INSTALL) -m 644 man/subuidctl.8 "$(DESTDIR)$(mandir)/man8/subuidctl.8")
	$(if $(tool),$(INSTALL) -d "$(DESTDIR)$(systemdsystemunitdir)")
	$(if $(tool),$(INSTALL) -m 644 $(units) "$(DESTDIR)$(systemdsystemunitdir)")
	$(if $(tool),sed -i 's|/usr/sbin/subuidctl|$(sbindir)/subuidctl|' \
		"$(DESTDIR)$(systemdsystemunitdir)/subuidctl-import.service")
	ln -sf nss_subuid.8 "$(DESTDIR)$(mandir)/man8/$(module).8"
	$(INSTALL) -m 644 nsswitch.conf.example "$(DESTDIR)$(docdir)/nsswitch.conf.example"
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
	rm -f "$(DESTDIR)$(docdir)/nsswitch.conf.example" \
		$(foreach unit,$(notdir $(units)),"$(DESTDIR)$(systemdsystemunitdir)/$(unit)")
	rmdir "$(DESTDIR)$(docdir)" 2>/dev/null || :

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

c_files = $(wildcard *.[ch] tool/*.[ch] tests/*/*.[ch] bench/*.c)
shell_files = $(shell grep -lE '^\#!/bin/(ba)?sh' demo/* bench/* tests/*/*.sh tests/*/*.t .ci/run \
	packaging/debian/*.post* packaging/debian/tests/*)

# ctuuninitvar: cppcheck 2.10 wants a whole struct filled in where one member is asked for.
lint:
	@tests/lib/deps.sh check tool system systemd runtimes lint
	clang-format --dry-run -Werror $(c_files)
	clang-tidy --quiet --warnings-as-errors='*' $(filter-out tests/proof/%,$(filter %.c,$(c_files))) -- \
		$(module_cppflags) -std=gnu11 -I. -Itests/lib
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -D_GNU_SOURCE -I. \
		$(sources) $(wildcard tool/*.c)
	shellcheck $(shell_files)
	! mandoc -T lint man/*.8 2>/dev/null | grep -v 'referenced manual not found'
	for f in $(sources) $(wildcard tool/*.c); do \
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
	@echo 'make                 build the module and subuidctl in build/'
	@echo 'make demo            see it work, in namespaces of its own'
	@echo 'make check           tests that need no root'
	@echo 'make check-system    tests that need root, in namespaces'
	@echo 'make check-releases  the module in bare roots of Debian 11 to 14, with a real systemd'
	@echo 'make check-central   subuidctl import from slapd and SSSD, in a bare root of Debian 14 or sid'
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
	@echo 'make install         honours DESTDIR, prefix, libdir, sbindir, mandir, docdir and the like'
	@echo 'make uninstall       remove what install has installed'
	@echo 'make dist            the sources as a tarball'
	@echo 'make rpm             RPMs, in build/rpm'
	@echo 'make machine-config  the MachineConfig for OpenShift of its Butane file'
	@echo 'make deb             Debian packages, in build/deb'
	@echo 'make clean           remove build/'
