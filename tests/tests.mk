# SPDX-License-Identifier: MIT
# What is tested, fuzzed, proved and measured, and how; the Makefile includes it.

.PHONY: check check-system check-all check-releases check-arch check-central check-engines check-security check-readme soak bench \
	bench_tools coverage mutants mutants-sample fuzz fuzz-merge fuzz-planted prove lint format

# --- checks ---------------------------------------------------------------------------------------

# A folder has what is under test, not who may run it. What needs root calls private_root or says "needs root";
# the rest is "make check". Bare roots of a release have targets of their own.
tests = $(sort $(wildcard $(addprefix tests/,$(addsuffix /*.t,bench central demo fault fuzz install nss runtime systemd tool))))
root_tests = $(shell grep -lE "^private_root|SKIP needs root|skip_all 'needs root'" $(tests))
bare_root_tests = tests/central/sssd.t tests/runtime/engines.t

# Needs no root and no network and installs nothing. 20 seconds of it are fuzzing.
check:
	@tests/lib/deps.sh check
	$(MAKE) --no-print-directory all bench_tools $(fuzz_tools) $(check_programs) build/nsswitch-hook
	prove --exec '' $(filter-out $(without),$(check_programs) $(filter-out $(root_tests),$(tests)) tests/packaging/version.t)

# Needs root: each test runs in mount and PID namespaces of its own, on a copy of this machine's
# root that is gone at the end.
check-system:
	@[ "$$(id -u)" -eq 0 ] || { echo 'make $@ needs root' >&2; exit 1; }
	@tests/lib/deps.sh check tool system systemd runtimes
	$(MAKE) --no-print-directory all bench_tools $(test_tools)
	prove --exec '' $(filter-out $(bare_root_tests),$(root_tests))

# Needs root: containers start while the files change, for so many seconds.
SOAK_TIME = $(if $(CI),60,600)

soak:
	@tests/lib/deps.sh --install check tool system systemd runtimes
	$(MAKE) --no-print-directory all build/tests/libsubid_test.so
	SOAK_TIME=$(SOAK_TIME) prove --verbose --exec '' tests/soak/soak.t

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

build/tests/runtime/test_%: tests/runtime/test_%.c build/tool/runtime/%.o build/tool/json_text.o
	@mkdir -p $(@D)
	$(compile) -I. -o $@ $^ -ljson-c -lcmocka

build/tests/runtime/fail_malloc.so: tests/runtime/fail_malloc.c
	@mkdir -p $(@D)
	$(compile) -fvisibility=default -shared -o $@ $<

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

build/tests/libnss_%.so.2: tests/lib/nss_%.c $(headers)
	@mkdir -p $(@D)
	$(compile) -I. -fvisibility=default -shared -o $@ $<

# Three of one kind: one that answers, one that is down and one that is busy.
$(test_sources): build/tests/libnss_%.so.2: tests/lib/nss_source.c
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
fuzz_runtime = tests/fuzz/fuzz_runtime.c tests/fuzz/harness.c tool/runtime/arguments.c tool/runtime/config.c tool/json_text.c
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

build/fuzz/fuzz_runtime build/fuzz/replay_runtime: $(wildcard tool/runtime/*.[ch] tool/json_text.[ch])

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
bench: bench_tools $(tool) $(if $(tool),build/tests/libsubid_test.so)
	@tests/lib/deps.sh --install bench
	bench/run.sh
	bench/runtime.sh
	gnuplot bench/charts.gnuplot
	$(if $(tool),bench/command.py)
	$(if $(tool),bench/imported.py)

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
