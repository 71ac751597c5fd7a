# SPDX-License-Identifier: MIT
# What is tested, fuzzed, proved, measured and shown, and how; the Makefile includes it.

.PHONY: check check-quick check-system check-all check-releases check-arch check-central check-engines check-security check-readme soak bench \
	bench_tools coverage mutants mutants-sample fuzz fuzz-merge fuzz-planted prove lint format demo docs deps

# --- checks ---------------------------------------------------------------------------------------

# A folder has what is under test, not who may run it. What needs root calls private_root or says "needs root";
# the rest is "make check". Bare roots of a release have targets of their own.
tests = $(sort $(wildcard $(addprefix tests/,$(addsuffix /*.t,bench central demo fault fuzz install nss runtime systemd tool)))) tests/readme/pages.t
root_tests = $(shell grep -lE "^private_root|SKIP needs root|skip_all 'needs root'" $(tests))
bare_root_tests = tests/central/sssd.t tests/runtime/engines.t

# Those that ask at random for a while, or try each fault: most of the time that "make check" takes.
slow_tests = tests/fuzz/fuzz.t tests/tool/advice.t tests/tool/enable_check.t build/tests/fault/test_faults

# A failed test by its name, also those of a C program.
prove = prove --failures --exec ''

# Needs no root and no network and installs nothing. One test alone: make, then tests/tool/list.t.
check: ## tests that need no root
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory all bench_tools $(fuzz_tools) $(check_programs) build/nsswitch-hook
	$(prove) $(filter-out $(without),$(check_programs) $(filter-out $(root_tests),$(tests)) tests/packaging/version.t)

check-quick: ## of these, those that take no time: without fuzzing
	$(MAKE) --no-print-directory check fuzz_tools= without='$(slow_tests)'

# Needs root: each test runs in mount and PID namespaces of its own, on a copy of this machine's
# root that is gone at the end.
check-system: ## tests that need root, in namespaces
	@tests/lib/possible.sh
	@tests/lib/deps.sh check tool system systemd runtimes
	$(MAKE) --no-print-directory all bench_tools $(test_tools)
	$(prove) $(filter-out $(bare_root_tests),$(root_tests))

# Needs root: containers start while the files change, for so many seconds.
SOAK_TIME = $(if $(CI),60,600)

soak: ## containers start while the files change, for ten minutes; SOAK_TIME=seconds
	@tests/lib/possible.sh && tests/lib/deps.sh --install check tool system systemd runtimes
	$(MAKE) --no-print-directory all build/tests/libsubid_test.so
	SOAK_TIME=$(SOAK_TIME) $(prove) --verbose tests/soak/soak.t

check-all: ## install what the tests need (Debian), then check, check-system, -releases, -central, -engines, -security
	@tests/lib/possible.sh
	@tests/lib/deps.sh --install check tool fuzz system systemd runtimes
	@failed=; for suite in check check-system check-releases check-central check-engines check-security; do \
		$(MAKE) --no-print-directory $$suite || failed="$$failed $$suite"; \
	done; \
	[ -z "$$failed" ] || { echo "check-all: failed:$$failed" >&2; exit 1; }

# Needs root and a mirror: the C library, systemd and runtimes of these releases of Debian, in bare
# roots, two at a time. Inside such a root there is nothing more to see.
releases = bullseye bookworm trixie forky

check-releases: ## the module in bare roots of Debian 11 to 14, with a real systemd
ifdef NSS_SUBUID_RELEASE
	@echo 'check-releases: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory build/tests/runc-bullseye
	$(MAKE) --no-print-directory -j 2 $(releases:%=check-release-%)
endif

check-release-%:
	SUITE=$* $(prove) tests/releases/release.t

# Needs root and a mirror: containerd, Docker and podman with runc-subuid, in a bare root of Debian 14.
check-engines: ## containerd, Docker and podman with runc-subuid, in a bare root of Debian 14
ifdef NSS_SUBUID_RELEASE
	@echo 'check-engines: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(prove) tests/runtime/engines.t
endif

# Needs root and a mirror: slapd, SSSD and subuidctl import, in a bare root.
check-central: ## subuidctl import from slapd and SSSD, in a bare root of Debian 14 or sid
ifdef NSS_SUBUID_RELEASE
	@echo 'check-central: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(prove) tests/central/sssd.t
endif

# Needs root and a mirror: mail, web and file servers, sudo, cron and others, in a bare root of one release;
# the buses and polkit in that of a second. For one: TESTS=tests/security/NAME.t tests/releases/security.t
check-security: ## mail, web and file servers, sudo, D-Bus and others, in bare roots
ifdef NSS_SUBUID_RELEASE
	@echo 'check-security: this is a root of $(NSS_SUBUID_RELEASE)'
else
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 check-security-forky check-security-bookworm
endif

check-security-%:
	SUITE=$* $(prove) tests/releases/security.t

# Needs root, amd64, Linux 6.7 and a mirror: the module on other architectures, in roots of theirs, two
# at a time; under qemu, but for i386. In s390x the bytes of a number stand the other way round.
architectures = i386 arm64 armhf ppc64el s390x

check-arch: ## the module on i386, arm64, armhf, ppc64el and s390x, in roots of theirs
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 $(architectures:%=check-arch-%)

check-arch-%:
	ARCH=$* $(prove) tests/arch/arch.t

# Needs root and a mirror: the README's commands in bare roots. Not in check-all, which is one of them.
check-readme: ## the commands of the README, in bare roots of Debian 12, 13 and 14
	@tests/lib/possible.sh && tests/lib/deps.sh --install releases
	$(MAKE) --no-print-directory -j 2 check-readme-bookworm check-readme-trixie check-readme-forky

check-readme-%:
	SUITE=$* $(prove) tests/readme/readme.t

# --- programs for tests ---------------------------------------------------------------------------

# Each beside its source's name: build/tests/lib/probe of tests/lib/probe.c, and what it is linked with.
build/tests/%: build/tests/%.o
	$(link) -o $@ $^ $(libs)

build/tests/%.o: includes = -Itests/lib -Itests/fuzz

programs_of = $(patsubst %.c,build/%,$(wildcard $(1)))
unit_tests = $(call programs_of,tests/unit/test_*.c)
tool_tests = $(if $(tool),$(call programs_of,tests/tool/test_*.c))
runtime_tests = $(if $(runtime),$(call programs_of,tests/runtime/test_*.c))
check_programs = $(unit_tests) build/tests/fault/test_faults $(tool_tests) $(runtime_tests)

# What the module's objects open and read, tests/lib/files.c answers; it counts their searches.
wrapped = openat openat64 fstat fstat64 __fstat64_time64 pread pread64 close memchr realloc

$(unit_tests): build/tests/lib/files.o $(objects)
$(unit_tests): libs = $(wrapped:%=-Wl,--wrap=%) -lcmocka

# The built library is loaded, not linked; of files.c only the directory is used.
build/tests/fault/test_faults: build/tests/fault/supervised.o build/tests/lib/files.o | build/$(module)
build/tests/fault/test_faults: libs = $(wrapped:%=-Wl,--wrap=%) -lcmocka -ldl -lpthread

# Parts of the command, on all of its ground.
$(tool_tests): $(tool_objects)
$(tool_tests): libs = -lcmocka $(tool_libs)
build/tests/tool/test_nsswitch_edit build/tests/tool/test_containers: libs += -Wl,--wrap=warn

# Parts of the OCI runtime.
$(runtime_tests): build/tests/runtime/test_%: build/tool/runtime/%.o build/tool/json_text.o
$(runtime_tests): libs = -ljson-c -lcmocka

build/tests/lib/probe: libs = -ldl
build/tests/runtime/recorder: libs = -static
build/tests/nss/against_libsubid: libs = -lsubid -ldl

# Bound at start: to bind a call later takes stack, of which a thread may have little.
build/tests/nss/concurrency: build/tests/fuzz/model.o build/tests/fuzz/harness.o build/$(module)
build/tests/nss/concurrency: libs = -lpthread -Wl,-z,now

# The module's own sources in it. Without fortified calls, which ThreadSanitizer does not know.
concurrency_sources = tests/nss/concurrency.c tests/fuzz/model.c tests/fuzz/harness.c $(sources)
build/tests/nss/concurrency_tsan: $(concurrency_sources) $(wildcard *.h tests/fuzz/*.h) build/flags
	@mkdir -p $(@D)
	$(compile) -U_FORTIFY_SOURCE -fsanitize=thread -Itests/fuzz -o $@ $(concurrency_sources) -lpthread

test_tools = build/tests/lib/probe build/tests/fault/ask $(addprefix build/tests/nss/,against_libsubid concurrency concurrency_tsan) \
	$(addprefix build/tests/,libnss_members.so.2 libnss_hang.so.2 libsubid_test.so runc-bullseye runtime/fail_malloc.so runtime/recorder) $(test_sources)

# Libraries, in one folder: sources of users and groups; a plugin of libsubid, for subuidctl import.
shared = $(compile) -fvisibility=default -shared -o $@ $(filter %.c,$^)

build/tests/runtime/fail_malloc.so: tests/runtime/fail_malloc.c build/flags
	@mkdir -p $(@D)
	$(shared)

build/tests/libsubid_test.so: tests/central/plugin.c build/flags
	@mkdir -p $(@D)
	$(shared)

build/tests/libnss_%.so.2: tests/lib/nss_%.c account_name.h build/flags
	@mkdir -p $(@D)
	$(shared)

# Three of one kind: one that answers, one that is down and one that is busy.
test_sources = $(addprefix build/tests/libnss_,house.so.2 away.so.2 busy.so.2)
$(test_sources): build/tests/libnss_%.so.2: tests/lib/nss_source.c build/flags
	@mkdir -p $(@D)
	$(shared) $(source_$*)

source_away = -DSOURCE=away -DFIRST=5040 -DMISS=NSS_STATUS_UNAVAIL -DERROR=ECONNREFUSED
source_busy = -DSOURCE=busy -DFIRST=5050 -DMISS=NSS_STATUS_TRYAGAIN -DERROR=EAGAIN

# Debian 11's runc, which runs on later releases too. An old copy of the mirror may be all that can be
# reached.
build/tests/runc-bullseye:
	@mkdir -p $(@D)
	mmdebstrap --quiet --variant=extract --include=runc --aptopt='Acquire::Check-Valid-Until "false"' \
		bullseye - | tar -xO ./usr/sbin/runc >$@.new && chmod 755 $@.new && mv $@.new $@ || \
		{ rm -f $@.new; echo 'The runc of Debian 11 cannot be had.' >&2; }

# --- coverage and mutants -------------------------------------------------------------------------

# Every line and every branch, at -O0, where each is one. Needs gcc and its gcov.
GCOV = gcov

coverage: ## each line and branch of the module is tested; needs gcov
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory $(coverage_tests)
	rm -f build/coverage/*.gcda
	$(prove) $(coverage_tests)
	GCOV='$(GCOV)' tests/coverage/coverage.sh $(sources:%.c=build/coverage/%.gcda)

coverage_tests = $(patsubst tests/unit/%.c,build/coverage/%,$(wildcard tests/unit/test_*.c))
coverage_objects = $(sources:%.c=build/coverage/%.o)

build/coverage/%.o: %.c $(wildcard *.h) build/flags
	@mkdir -p $(@D)
	$(compile) -U_FORTIFY_SOURCE -O0 --coverage -c -o $@ $<

build/coverage/test_%: build/tests/unit/test_%.o build/tests/lib/files.o $(coverage_objects)
	$(link) -o $@ $^ $(wrapped:%=-Wl,--wrap=%) -lcmocka -lgcov

# Every small change of the sources has to make a unit test fail, or has a reason in
# tests/mutants/survivors. All of them take a quarter of an hour on two idle cores; a sample, a minute.
mutants mutants-sample: export COMPILE = $(compile)
mutants mutants-sample: export WRAPPED = $(wrapped)
mutants mutants-sample: ## each small change of the sources fails a test; mutants-sample tries some
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
fuzz_runtime = tests/fuzz/fuzz_runtime.c tests/fuzz/harness.c tool/runtime/arguments.c tool/runtime/config.c tool/json_text.c
fuzz_shared = tests/fuzz/harness.c tests/fuzz/model.c
fuzz_files = $(wildcard tests/fuzz/*.[ch] *.h) $(sources) build/flags
fuzz_core_options = -max_len=4096
fuzz_lookup_options = -max_len=20000
fuzz_runtime_options = -max_len=4096 -dict=tests/fuzz/runtime.dict
# It allocates, the module does not.
fuzz_runtime_environment = ASAN_OPTIONS=detect_leaks=1
fuzz_compile = $(module_cppflags) -U_FORTIFY_SOURCE -std=gnu11 $(warnings) -g -O2 -I. -fno-sanitize-recover=all $(fuzz_place)
# Where addresses are very random (32 bits, see vm.mmap_rnd_bits), a program that may lie anywhere may come to lie
# where AddressSanitizer's allocator, that of gcc 12 and clang 14, wants to be: every fourth start it crashes.
fuzz_place = -fno-pie -no-pie
# Constants that are compared with need not be traced: mutate.c knows the bounds.
fuzz_clang = clang $(fuzz_compile) -fsanitize=fuzzer,address,undefined -fno-sanitize-coverage=trace-cmp

fuzz: $(fuzz_harnesses:%=fuzz-%) ## fuzz the core and whole lookups against a model; needs clang

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
fuzz-planted: ## have the fuzzers find bugs put in on purpose
	tests/fuzz/planted.sh

build/fuzz/fuzz_%: $(fuzz_files)
	@mkdir -p $(@D)
	$(fuzz_clang) -o $@ $(fuzz_$*) $(fuzz_shared) tests/fuzz/mutate.c

build/fuzz/fuzz_runtime build/fuzz/replay_runtime: $(wildcard tool/runtime/*.[ch] tool/json_text.[ch])

build/fuzz/fuzz_runtime: $(fuzz_files)
	@mkdir -p $(@D)
	clang $(fuzz_compile) -fsanitize=fuzzer,address,undefined -o $@ $(fuzz_runtime) -ljson-c

# The same harnesses for any compiler, without libFuzzer: they replay what they are given. What the
# sanitizers make may be built and yet not run, under qemu say.
fuzz_sanitizers = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fsanitize=address,undefined $(fuzz_place) -o $@.try -x c - 2>/dev/null && $@.try 2>/dev/null && \
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
prove: ## prove that no input makes the core go wrong; needs Frama-C
	@tests/lib/deps.sh --install prove
	tests/proof/prove.sh $(module_cppflags)

# --- speed ----------------------------------------------------------------------------------------

# Needs root: on a private copy of this machine's root. Prints tables; draws docs/*.svg.
bench: bench_tools $(tool) $(if $(tool),build/tests/libsubid_test.so) ## measure it beside the bare system calls and its peers
	@tests/lib/possible.sh && tests/lib/deps.sh --install bench
	bench/run.sh
	bench/runtime.sh
	gnuplot bench/charts.gnuplot
	$(if $(tool),bench/command.py)
	$(if $(tool),bench/imported.py)

bench_modules = $(addprefix build/bench/libnss_,empty.so.2 linked.so.2 imports.so.2)

bench_tools: build/$(module) build/bench/bench $(bench_modules) build/bench/peak $(runtime)

build/bench/peak: bench/peak.c build/flags
	@mkdir -p $(@D)
	$(compile) -o $@ $<

build/bench/bench: bench/bench.c build/flags
	@mkdir -p $(@D)
	$(compile) -o $@ $< -ldl -lpthread

build/bench/libnss_%.so.2: bench/nss_empty.c account_name.h build/flags
	@mkdir -p $(@D)
	$(compile) -DSERVICE=_nss_$*_ $(bench_$*) -fvisibility=default -shared \
		-Wl,-z,relro,-z,now,-z,defs,-z,nodelete -Wl,-soname,$(@F) -o $@ $<

bench_empty = -Wl,--as-needed
bench_linked = -Wl,--no-as-needed
bench_imports = -DIMPORTS

# --- keep it tidy ---------------------------------------------------------------------------------

c_files = $(wildcard *.[ch] tool/*.[ch] tool/*/*.[ch] tests/*/*.[ch] bench/*.c)
shell_files = $(shell grep -lE '^\#!/bin/(ba)?sh' demo/* bench/* tests/*/*.sh tests/*/*.t .ci/run \
	packaging/debian/*.post* packaging/debian/*.pre* packaging/debian/tests/*) completions/bash/subuidctl

lint_flags = $(module_cppflags) -std=gnu11 -I. -Itests/lib -Itests/fuzz

# Sources of which a library's header is not here are left out, but in CI.
# ctuuninitvar: cppcheck 2.10 wants a whole struct filled in where one member is asked for.
lint: ## check the sources; needs linters only
	@tests/lib/deps.sh lint
	clang-format --dry-run -Werror $(c_files)
	@mkdir -p build
	@for f in $(filter-out tests/proof/%,$(filter %.c,$(c_files))); do \
		if clang $(lint_flags) -M $$f >/dev/null 2>&1; then \
			echo $$f; \
		else \
			echo "$$f is left out: a header is missing" >&2; \
			[ "$$CI" != true ] || exit 1; \
		fi; \
	done >build/lint_files
	clang-tidy --quiet --warnings-as-errors='*' $$(cat build/lint_files) -- $(lint_flags)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar -D_GNU_SOURCE '-D__has_include(x)=1' -I. \
		$(sources) $(tool_sources) $(runtime_sources)
	shellcheck $(shell_files)
	! mandoc -T lint man/*.8 2>/dev/null | grep -v 'referenced manual not found'
	for f in $$(grep -xF "$$(printf '%s\n' $(sources) $(tool_sources) $(runtime_sources))" build/lint_files); do \
		for cc in 'gcc -fanalyzer' clang; do \
			$$cc $(lint_flags) $(warnings) -Werror -O2 -c -o /dev/null $$f || exit 1; \
		done; \
	done

format: ## lay the sources out
	clang-format -i $(c_files)

deps: ## install the Debian packages that all of this needs
	@tests/lib/deps.sh --install demo check tool fuzz system systemd runtimes releases bench lint prove packaging rpm

# --- shown ----------------------------------------------------------------------------------------

demo: ## see it work, in namespaces of its own
	@packages=$$(demo/demo.sh --packages) && tests/lib/deps.sh --install $$packages
	@$(MAKE) --no-print-directory --silent build/$(module)
	@demo/demo.sh

# The demo as it was: as root, for all of it.
docs: docs/lookup.svg docs/pod.svg docs/demo.svg ## draw the pictures in docs/ that bench does not; needs Graphviz, python3, root

docs/lookup.svg docs/pod.svg: docs/%.svg: docs/%.dot
	dot -Tsvg -o $@ $<

docs/demo.svg: demo/demo.sh demo/systemd.sh demo/picture.py
	@mkdir -p build
	$(MAKE) --no-print-directory --silent demo >build/demo.txt
	demo/picture.py <build/demo.txt >build/demo.svg
	mv build/demo.svg $@
