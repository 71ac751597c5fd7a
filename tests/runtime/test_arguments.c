/* SPDX-License-Identifier: MIT */
/* What the OCI runtime reads of its command line. */
#include "tool/runtime/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 16 };

static struct arguments arguments;

/* Reads a line of arguments with blanks between; "''" is an empty one. */
static const char *read_line(const char *line)
{
        static char copy[512];
        char *argv[ARGUMENTS_MAX] = {"runc"}, *rest = copy;
        size_t count = 1;

        strncpy(copy, line, sizeof(copy) - 1);
        for (char *word; (word = strsep(&rest, " "));) {
                assert_true(count < ARGUMENTS_MAX - 1);
                argv[count++] = strcmp(word, "''") == 0 ? "" : word;
        }
        memset(&arguments, 0x55, sizeof(arguments));
        return arguments_read(argv, &arguments);
}

static void check(const char *line, bool systemd_cgroup, const char *bundle)
{
        const char *const why = read_line(line);

        if (why)
                fail_msg("%s: %s", line, why);
        assert_int_equal(arguments.systemd_cgroup, systemd_cgroup);
        assert_string_equal(arguments.bundle, bundle);
}

static void check_not(const char *line, const char *wanted)
{
        struct arguments untouched;
        const char *const why = read_line(line);

        memset(&untouched, 0x55, sizeof(untouched));
        if (!why || strcmp(why, wanted) != 0)
                fail_msg("%s: %s", line, why ? why : "read");
        assert_memory_equal(&arguments, &untouched, sizeof(arguments));
}

static void engines(void **state)
{
        (void)state;
        /* containerd, Docker */
        check("--root /run/containerd/runc/k8s.io --log /run/x/log.json --log-format json "
              "--systemd-cgroup create --bundle /run/x --pid-file /run/x/init.pid 12ab",
              true, "/run/x");
        check(
            "--root /run/containerd/runc/k8s.io --systemd-cgroup restore --bundle /b --image-path "
            "/i --work-path /w --no-subreaper --detach 12ab",
            true, "/b");
        /* conmon of podman and CRI-O */
        check("--systemd-cgroup --log-format=json --log=/x/oci-log create --bundle /x/userdata "
              "--pid-file /x/pidfile --console-socket /x/socket 12ab",
              true, "/x/userdata");
        check("--root=/run/crun --cgroup-manager systemd create -b /x 12ab", true, "/x");
}

static void global_options(void **state)
{
        (void)state;
        check("run c", false, ".");
        check("--systemd-cgroup run c", true, ".");
        check("--root create --debug --systemd-cgroup run c", true, ".");
        check("--root=create --rootless=false --criu=/c --log-level=warn run c", false, ".");
        check("--root= run c", false, ".");
        check("--root '' run c", false, ".");
        check("--cgroup-manager=systemd run c", true, ".");
        check("--cgroup-manager=systemd --cgroup-manager=cgroupfs run c", false, ".");
        check("--systemd-cgroup --cgroup-manager disabled run c", false, ".");
        check("--cgroup-manager=cgroupfs --systemd-cgroup run c", true, ".");
        for (const char *const *line =
                 (const char *const[]){
                     "--sys run c", "--systemd run c", "--systemd-cgroups run c",
                     "--systemd-cgroup=true run c", "--systemd-cgroup=false run c",
                     "-systemd-cgroup run c", "--debug=1 run c", "-- run c", "- run c", "--help",
                     "--version", "-v", "-root /x run c", "--roo /x run c", "--Root /x run c",
                     "--root", "--root=/x --", "--=x run c", NULL};
             *line; line++)
                check_not(*line, "an option before the verb is not known");
}

static void verbs(void **state)
{
        (void)state;
        check("create c", false, ".");
        check("restore c", false, ".");
        check_not("''", "no create, run or restore");
        for (const char *const *line =
                 (const char *const[]){"start c", "exec c sh", "kill c KILL", "delete c",
                                       "features", "help", "help run", "state c", "Run c", "runc c",
                                       "ru c", "creat c", "--root run kill c", NULL};
             *line; line++)
                check_not(*line, "no create, run or restore");
        assert_string_equal(arguments_read((char *[]){"runc", NULL}, &arguments), "no verb");
        assert_string_equal(arguments_read((char *[]){NULL}, &arguments), "no verb");
        check_not("--root /x", "no verb");
}

static void bundles(void **state)
{
        (void)state;
        check("run -b b c", false, "b");
        check("run --bundle b c", false, "b");
        check("run --bundle=b c", false, "b");
        check("run --bundle=b=c c", false, "b=c");
        check("run --bundle -b c", false, "-b");
        check("run -d --keep --pid-file=-b --preserve-fds 3 -b /x/ c", false, "/x/");
        check("run --console-socket -b c", false, ".");
        check_not("run -b a -b b c", "two bundles");
        check_not("run --bundle a --bundle=a c", "two bundles");
        check_not("run --bundle= c", "an empty name of a bundle");
        check_not("run -b '' c", "an empty name of a bundle");
        for (const char *const *line =
                 (const char *const[]){
                     "run -bb c", "run -b=b c", "run -db b c", "run --bun b c", "run -bundle b c",
                     "run --detach=true c", "run -- c", "run - c", "run -f x c", "run --config x c",
                     "run --config=x c", "run --help", "run -?", "run -b", "run --pid-file",
                     "run --systemd-cgroup c", "run --d c", NULL};
             *line; line++)
                check_not(*line, "an option behind the verb is not known");
        for (const char *const *line = (const char *const[]){"run", "run -b b", "run c d",
                                                             "run c -b b", "run c --detach", NULL};
             *line; line++)
                check_not(*line, "not one ID, at the end");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(engines),
            cmocka_unit_test(global_options),
            cmocka_unit_test(verbs),
            cmocka_unit_test(bundles),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
