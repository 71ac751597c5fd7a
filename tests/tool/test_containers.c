/* SPDX-License-Identifier: MIT */
/*
 * What is on record of containers: samples that engines have written (tests/tool/containers: of
 * Debian's containerd 2.1, Docker 28 and podman 5.8; those of CRI-O 1.37 and of the kubelet 1.36
 * are made by their sources and by what was seen of them), and hostile ones.
 */
#include "tool/containers.h"
#include "tool/containers/cgroup.h"
#include "tool/daemons.h"
#include "tool/root.h"
#include "tool/util.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SAMPLES "tests/tool/containers/"
#define TASKS "/run/containerd/io.containerd.runtime.v2.task"
#define STORAGE "/var/lib/containers/storage"
#define PAUSE "c0aeb42dc88731a73732b2420cbeddd348dde87192d56a4256d50666a0e53e6c"
#define APP "f652417424374d3fed36527254607c03e489c1b3a5bc1e6ce55aa9e62f9d9f6f"
#define DOCKER "303f91a34bb0de079990dee2bb4c7576d6060dbd410a65c0a2d3d209d18a91f1"
#define PODMAN "a64b512f144ea3b3c22ac9d8ad5b91978ed3bf6a47c4f07e7dfe1e62f6013097"
#define UID_1 "0d2b6a3c-9f5e-4c1f-8e61-8a5b1c3d7e9f"
#define SIXTEEN(c) c c c c c c c c c c c c c c c c
#define ID(c) SIXTEEN(c) SIXTEEN(c) SIXTEEN(c) SIXTEEN(c)

/* --- the system that is looked at ----------------------------------------------------------- */

static char *scratch;
static unsigned int warnings;
static char last_warning[512];

void __wrap_warn(const char *format, ...);
void __wrap_warn(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(last_warning, sizeof(last_warning), format, arguments);
        va_end(arguments);
        warnings++;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
        (void)status;
        (void)type;
        (void)walk;
        return remove(path);
}

static int set_up(void **state)
{
        (void)state;
        scratch = xasprintf("/tmp/test-containers-XXXXXX");
        assert_non_null(mkdtemp(scratch));
        root_set(scratch);
        warnings = 0;
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        return nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the scratch root, whose folders are made. */
static char *make_path(const char *path)
{
        char *const whole = xasprintf("%s%s", scratch, path);

        for (char *p = whole + strlen(scratch) + 1; (p = strchr(p, '/')); p++) {
                *p = '\0';
                mkdir(whole, 0755);
                *p = '/';
        }
        return whole;
}

static void make_file(const char *path, const char *text)
{
        FILE *const file = fopen(make_path(path), "w");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static struct containers look(void)
{
        struct containers containers;

        containers_read(&containers, NULL);
        return containers;
}

static struct containers look_at(const char *sample)
{
        root_set(xasprintf(SAMPLES "%s", sample));
        return look();
}

static const struct container *by_id(const struct containers *containers, const char *id)
{
        for (size_t i = 0; i < containers->count; i++)
                if (containers->list[i].id && strcmp(containers->list[i].id, id) == 0)
                        return &containers->list[i];
        return NULL;
}

/* "ENGINE NAME NAMESPACE/POD UID UIDS GIDS", with "-" for what is not known. */
static char *tell(const struct container *container)
{
        char *text;

        if (!container)
                return xasprintf("none");
        text = xasprintf("%s %s %s/%s %s", container->engine,
                         container->is_sandbox ? "(sandbox)"
                         : container->name     ? container->name
                                               : "-",
                         container->namespace ? container->namespace : "-",
                         container->pod ? container->pod : "-",
                         container->pod_uid ? container->pod_uid : "-");
        for (int i = 0; i < 2; i++) {
                text = xasprintf("%s%s", text, container->map_sizes[i] ? "" : " -");
                for (size_t j = 0; j < container->map_sizes[i]; j++) {
                        const struct extent *const extent = &container->maps[i][j];

                        text = xasprintf("%s%s%u:%u:%u", text, j ? "," : " ", extent->inside,
                                         extent->outside, extent->count);
                }
        }
        return text;
}

/* --- samples -------------------------------------------------------------------------------- */

static void reads_engines(void **state)
{
        static const struct {
                const char *id, *told;
        } samples[] = {
            {PAUSE, "containerd (sandbox) default/runc runc-200000 0:200000:65536 0:200000:65536"},
            {APP, "containerd c0 default/runc runc-200000 0:200000:65536 0:200000:65536"},
            {"c1", "containerd - -/- - 0:700000:65536 0:700000:65536"},
            {"c2", "containerd - -/- - 0:700000:65536 0:700000:65536"},
            /* It runs; has ended; has never run; has the machine's IDs, and its task is not there.
             */
            {DOCKER, "Docker dtest -/- - 0:200000:268435456 0:200000:268435456"},
            {"3db34d45aab5b09767c051308c1e0a78bc9d2c7b6ecfdb9ddb176db567d840bd",
             "Docker dexit -/- - 0:200000:268435456 0:200000:268435456"},
            {"44161cfae1e4902c45a7aac9a5d7ac19a7ceb5f4520e7e9e56f88d39305e4a0f",
             "Docker dnever -/- - 0:200000:268435456 0:200000:268435456"},
            {"992feef63301007179f03211e9bc50afceedea4f2d758c80dfb830c6001dee1c",
             "Docker dhost -/- - - -"},
            {PODMAN, "podman ptest -/- - 0:200000:1024 0:200000:1024"},
            {"eefc6fbb55762d875c518f6e22f33b3143654a7701924ccb5688d71bb3bf4a9f",
             "podman pmap -/- - 0:500000:1000 0:600000:1000"},
            {"3ef678344e87b36a6436fa03bce016e58f030d3b218b5f7f4d0bf80e2ff21b39",
             "podman phost -/- - - -"},
            {"f8a833194ac7bd49f414ff4efc64f52f19a9cdf5c2d84d65dcce5b6149f1b25b",
             "podman prm -/- - 0:206144:1024 0:206144:1024"},
        };
        const struct containers containers = look_at("engines");

        (void)state;
        for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
                assert_string_equal(tell(by_id(&containers, samples[i].id)), samples[i].told);
        assert_int_equal(containers.count, 17);
        assert_int_equal(containers.source_count, 4);
        assert_int_equal(warnings, 0);
        /* 2026-11-26T04:15:42.813171394Z; the task of Docker's is newer than its record. */
        assert_int_equal(by_id(&containers, PODMAN)->since.tv_sec, 1795666542);
        assert_int_equal(by_id(&containers, PODMAN)->since.tv_nsec, 813171394);
        assert_int_equal(by_id(&containers, DOCKER)->since.tv_sec, 1795666539);
        assert_non_null(
            strstr(by_id(&containers, APP)->source, SAMPLES "engines" TASKS "/k8s.io/"));
}

static void knows_what_runs(void **state)
{
        struct userns own = {.own = true};
        struct process list[] = {{.pid = 1208}, {.pid = 739}, {.pid = 320}};
        const struct processes processes = {.list = list, .count = 3, .namespaces = &own};
        struct containers containers;
        size_t count = 0;

        (void)state;
        root_set(SAMPLES "engines");
        containers_read(&containers, &processes);
        for (size_t i = 0; i < containers.count; i++)
                count += containers.list[i].running;
        assert_int_equal(count, 3);
        assert_true(by_id(&containers, "c1")->running);
        assert_true(by_id(&containers, DOCKER)->running);
        assert_true(by_id(&containers, PAUSE)->running);
}

static void reads_crio(void **state)
{
        const struct containers containers = look_at("crio");

        (void)state;
        assert_string_equal(tell(by_id(&containers, ID("a"))),
                            "CRI-O (sandbox) shop/web-node1 " UID_1
                            " 0:3080192:65536 0:3080192:65536");
        assert_string_equal(tell(by_id(&containers, ID("b"))),
                            "CRI-O db shop/web-node1 " UID_1 " 0:3080192:65536 0:3080192:65536");
        assert_string_equal(
            tell(by_id(&containers, ID("c"))),
            "CRI-O main batch/job-1 7c0f0a52-1111-4222-8333-0123456789ab 0:3145728:65536 "
            "0:3145728:65536");
        assert_true(by_id(&containers, ID("d"))->is_sandbox);
        assert_int_equal(containers.count, 4);
        /* 2026-11-26T10:02:03.5+01:00 */
        assert_int_equal(by_id(&containers, ID("b"))->since.tv_sec, 1795683723);
        assert_int_equal(warnings, 0);
}

static void reads_the_kubelet(void **state)
{
        struct containers containers = look_at("kubelet");

        (void)state;
        assert_int_equal(containers.count, 2);
        assert_null(containers.list[0].id);
        assert_string_equal(tell(&containers.list[0]),
                            "kubelet - -/- " UID_1 " 0:3080192:65536 0:3080192:65536");
        assert_true(containers.list[0].since.tv_sec > 0);
        assert_int_equal(warnings, 0);
}

/* A container of which only the logs and the kubelet tell; its pod is listed. */
static void knows_names_by_logs(void **state)
{
        static const char app[] =
            "/kubepods.slice/kubepods-burstable.slice/"
            "kubepods-burstable-pod0d2b6a3c_9f5e_4c1f_8e61_8a5b1c3d7e9f.slice/"
            "crio-" ID("a") ".scope";
        static const char pause[] = "/kubepods/burstable/pod" UID_1 "/" ID("b");
        struct containers containers;
        const struct container *found;

        (void)state;
        make_path("/var/log/pods/shop_web-node1_" UID_1 "/db/");
        assert_int_equal(
            symlink("/var/log/pods/shop_web-node1_" UID_1 "/db/0.log",
                    make_path("/var/log/containers/web-node1_shop_db-" ID("a") ".log")),
            0);
        containers = look();
        assert_int_equal(containers.count, 0);
        found = containers_of_cgroup(&containers, app);
        assert_string_equal(tell(found), "CRI-O db shop/web-node1 " UID_1 " - -");
        assert_ptr_equal(containers_of_cgroup(&containers, xasprintf("%s/init.scope", app)), found);
        assert_string_equal(tell(containers_of_cgroup(&containers, pause)),
                            "kubelet - shop/web-node1 " UID_1 " - -");
        assert_null(containers_of_cgroup(&containers, "/system.slice/cron.service"));

        make_file("/var/lib/kubelet/pods/" UID_1 "/userns",
                  "{\"uidMappings\":[{\"hostId\":131072,\"containerId\":0,\"length\":65536}],"
                  "\"gidMappings\":[{\"hostId\":131072,\"containerId\":0,\"length\":65536}]}");
        containers = look();
        assert_int_equal(containers.count, 1);
        assert_string_equal(tell(&containers.list[0]),
                            "kubelet - shop/web-node1 " UID_1 " 0:131072:65536 0:131072:65536");
        assert_string_equal(tell(containers_of_cgroup(&containers, app)),
                            "CRI-O db shop/web-node1 " UID_1 " 0:131072:65536 0:131072:65536");
        assert_int_equal(warnings, 0);
}

/* A pod that has ended gives its IDs back; the next one has them. */
static void knows_what_was_freed(void **state)
{
        static const char config[] = "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"x\","
                                     "\"io.kubernetes.cri.sandbox-uid\":\"%s\"},\"linux\":{"
                                     "\"uidMappings\":[{\"containerID\":0,\"hostID\":131072,"
                                     "\"size\":65536}]}}";
        struct containers containers;

        (void)state;
        make_file(TASKS "/k8s.io/first/config.json", xasprintf(config, "uid-1"));
        make_file(TASKS "/k8s.io/second/config.json", xasprintf(config, "uid-2"));
        containers = look();
        assert_false(by_id(&containers, "first")->freed);
        make_file(TASKS "/k8s.io/third/config.json",
                  "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"x\","
                  "\"io.kubernetes.cri.sandbox-uid\":\"uid-2\"}}");
        make_file(TASKS "/default/third/config.json", "{}");
        make_file("/var/lib/kubelet/pods/uid-2/userns",
                  "{\"uidMappings\":[{\"hostId\":131072,\"containerId\":0,\"length\":65536}]}");
        containers = look();
        assert_true(by_id(&containers, "first")->freed);
        assert_false(by_id(&containers, "second")->freed);
        /* Without maps of its own it has those of its pod; one of another namespace is another. */
        assert_int_equal(containers.count, 4);
        assert_int_equal(containers.list[2].map_sizes[SUBID_USERS] +
                             containers.list[3].map_sizes[SUBID_USERS],
                         1);
}

/* --- cgroups -------------------------------------------------------------------------------- */

static void finds_containers_of_cgroups(void **state)
{
        static const struct {
                const char *cgroup, *id;
        } cases[] = {
            {"/kubepods.slice/kubepods-besteffort.slice/cri-containerd-" APP ".scope", APP},
            {"/kubepods.slice/kubepods-besteffort.slice/cri-containerd-" APP ".scope/container",
             APP},
            {"/kubepods/besteffort/pod1/" APP "/a/b", APP},
            {"/system.slice/docker-" DOCKER ".scope", DOCKER},
            {"/docker/" DOCKER "/init.scope", DOCKER},
            {"/machine.slice/libpod-" PODMAN ".scope/container", PODMAN},
            {"/libpod_parent/libpod-" PODMAN, PODMAN},
            /* By its record alone. */
            {"/default/c2", "c2"},
            {"/default/c2/inner", "c2"},
            {"/system.slice/test-c1.scope/init.scope", "c1"},
            /* The outermost is the machine's own. */
            {"/system.slice/docker-" DOCKER ".scope/kubepods/pod1/" APP, DOCKER},
            {"/default/c2/docker-" DOCKER ".scope", "c2"},
            /* Beside containers. */
            {"/machine.slice/libpod-conmon-" PODMAN ".scope", NULL},
            {"/default/c22", NULL},
            {"/default", NULL},
            {"/", NULL},
            {"", NULL},
            {"/system.slice/docker-" DOCKER "0.scope", NULL},
            {"/system.slice/docker-.scope", NULL},
            {"/" DOCKER, NULL},
            {"/../docker-" DOCKER ".scope", DOCKER},
        };
        struct containers containers = look_at("engines");

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                const struct container *const found =
                    containers_of_cgroup(&containers, cases[i].cgroup);

                if (cases[i].id)
                        assert_ptr_equal(found, by_id(&containers, cases[i].id));
                else
                        assert_null(found);
        }
}

/* A user calls a cgroup of his own as another's container is called. */
static void believes_no_users_cgroup(void **state)
{
        static const char *const cgroups[] = {
            "/user.slice/user-1000.slice/user@1000.service/docker-" DOCKER ".scope",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" PODMAN
            ".scope/container",
            "/system.slice/his.service/libpod-payload-" PODMAN,
        };
        struct containers containers = look_at("engines");
        const char *const pod =
            "/kubepods.slice/kubepods-pod" UID_1 ".slice/crio-" ID("a") ".scope";

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                const struct container *const found = containers_of_cgroup(&containers, cgroups[i]);

                assert_non_null(found);
                assert_null(found->name);
                assert_int_equal(found->map_sizes[SUBID_USERS], 0);
        }
        assert_null(
            containers_of_cgroup(&containers, "/system.slice/his.service/docker-" DOCKER ".scope"));
        assert_null(
            containers_of_cgroup(&containers, "/system.slice/his.service/libpod-" PODMAN ".scope"));

        containers = look_at("kubelet");
        assert_int_equal(containers_of_cgroup(&containers, pod)->map_sizes[SUBID_USERS], 1);
        assert_null(
            containers_of_cgroup(&containers, xasprintf("/user.slice/user@1000.service%s", pod))
                ->pod_uid);
}

static void knows_cgroups_of_config(void **state)
{
        static const struct {
                const char *path, *cgroup;
        } cases[] = {
            {"/default/c2", "/default/c2"},
            {"system.slice:test:c1", "/system.slice/test-c1.scope"},
            {":test:c1", "/system.slice/test-c1.scope"},
            {"a-b.slice:crio:x", "/a.slice/a-b.slice/crio-x.scope"},
            {"-.slice::x", "/x.scope"},
            {"/", NULL},
            {"", NULL},
            {"a:b", NULL},
            {"a:b:c", NULL},
            {"a.slice:b:", NULL},
            {"a.slice:b:c:d", NULL},
            {"a.slice:b:../c", NULL},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                const char *const got = cgroup_of_config(cases[i].path);

                assert_string_equal(got ? got : "none", cases[i].cgroup ? cases[i].cgroup : "none");
        }
}

/* --- folders that configuration moves ------------------------------------------------------- */

#define ENTRY(id) "[{\"id\":\"" id "\",\"names\":[\"" id "\"]}]"

static void follows_configuration(void **state)
{
        struct containers containers;

        (void)state;
        make_file("/etc/containerd/config.toml", "version = 3\nstate = '/srv/state' # moved\n"
                                                 "[grpc]\nstate = '/srv/no'\n");
        make_file("/srv/state/io.containerd.runtime.v2.task/default/task/config.json", "{}");
        make_file("/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/k3s/config.json", "{}");
        make_file("/usr/share/containers/storage.conf", "[storage]\ngraphroot = \"/srv/unread\"\n");
        make_file("/srv/unread/overlay-containers/containers.json", ENTRY("unread"));
        make_file("/etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv/main\"\n"
                                                  "runroot=\"/srv/run\"\n[storage.options]\n"
                                                  "graphroot = \"/srv/no\"\n");
        make_file("/srv/main/vfs-containers/containers.json", ENTRY("main"));
        make_file("/srv/run/vfs-containers/volatile-containers.json", ENTRY("transient"));
        make_file("/etc/crio/crio.conf", "[crio]\n# root = \"/srv/no\"\n");
        make_file("/etc/crio/crio.conf.d/10-root", "[crio]\nroot = \"/srv/crio\"\n");
        make_file("/srv/crio/overlay-containers/containers.json", ENTRY("crio"));
        make_file("/etc/docker/daemon.json", "{\"data-root\": \"/srv/docker\"}");
        make_file("/srv/docker/containers/d/config.v2.json", "{\"ID\":\"d\",\"Name\":\"/moved\"}");
        make_file("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n"
                                                  "podLogsDir: \"/srv/logs\" # moved\n"
                                                  "other:\n  podLogsDir: /srv/no\n");
        make_path("/srv/logs/shop_web_uid-1/");
        containers = look();
        assert_int_equal(warnings, 0);
        for (size_t i = 0; i < 6; i++)
                assert_non_null(by_id(
                    &containers,
                    ((const char *const[]){"task", "k3s", "main", "transient", "crio", "d"})[i]));
        assert_int_equal(containers.count, 6);
        assert_string_equal(tell(containers_of_cgroup(&containers, "/kubepods/poduid-1/" ID("a"))),
                            "kubelet - shop/web uid-1 - -");

        /* Of drop-ins the name counts, and in a later folder that of an earlier one does not. */
        make_file("/usr/share/containers/storage.conf.d/50.conf",
                  "[storage]\ngraphroot = \"/srv/unread\"\nrunroot = \"/srv/unread\"\n");
        make_file("/etc/containers/storage.conf.d/50.conf", "[storage]\n");
        make_file("/etc/containers/storage.rootful.conf.d/10.conf",
                  "[storage]\ngraphroot = \"/srv/last\"\n");
        make_file("/etc/containers/storage.conf.d/05.conf", "[storage]\ngraphroot = \"/srv/no\"\n");
        make_file("/srv/last/vfs-containers/containers.json", ENTRY("last"));
        containers = look();
        assert_non_null(by_id(&containers, "last"));
        assert_non_null(by_id(&containers, "transient"));
        assert_null(by_id(&containers, "main"));
        assert_null(by_id(&containers, "unread"));
}

static void finds_options(void **state)
{
        static const char bytes[] =
            "kubelet\0--v=2\0--root-dir=/a\0--config\0/b\0--empty=\0-c\0/c\0"
            "--root-directory=/no\0--last";
        const struct text arguments = {bytes, sizeof(bytes)};

        (void)state;
        assert_string_equal(option_of(arguments, (const char *const[]){"root-dir", NULL}), "/a");
        assert_string_equal(option_of(arguments, (const char *const[]){"x", "config", NULL}), "/b");
        assert_string_equal(option_of(arguments, (const char *const[]){"config", "c", NULL}), "/c");
        assert_string_equal(option_of(arguments, (const char *const[]){"empty", NULL}), "");
        assert_null(option_of(arguments, (const char *const[]){"last", NULL}));
        assert_null(option_of(arguments, (const char *const[]){"kubelet", NULL}));
        assert_null(option_of((struct text){"", 0}, (const char *const[]){"x", NULL}));
}

/* Starts a program of this name that runs until its standard input ends. */
static pid_t start_daemon(const char *program, bool elsewhere, int *input)
{
        int ends[2];
        pid_t pid;

        assert_int_equal(pipe(ends), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                dup2(ends[0], STDIN_FILENO);
                close(ends[1]);
                if (elsewhere && unshare(CLONE_NEWNS) != 0)
                        _exit(1);
                execl(program, program, "-c", "read line", "--root-dir=/srv/kubelet", NULL);
                _exit(1);
        }
        close(ends[0]);
        *input = ends[1];
        return pid;
}

/* Waits until it runs, or has ended. */
static void wait_for(pid_t pid, const char *name, struct processes *processes)
{
        while (waitpid(pid, NULL, WNOHANG) == 0) {
                processes_read(processes);
                for (size_t i = 0; i < processes->count; i++)
                        if (processes->list[i].pid == pid &&
                            strcmp(processes->list[i].name, name) == 0)
                                return;
                usleep(10000);
        }
}

/* Of root's alone, and not of one that sees other mounts, as a container's processes do. */
static void asks_daemons(void **state)
{
        static const char *const options[] = {"root-dir", NULL};

        (void)state;
        for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
                const char *const name = elsewhere ? "test-elsewhere" : "test-daemon";
                char *const program = make_path(xasprintf("/%s", name));
                struct processes processes = {.count = 0};
                const char *root = NULL;
                pid_t pid;
                int input;

                /* Of a script, or a link, another program would run. */
                assert_int_equal(system(xasprintf("cp /bin/sh '%s'", program)), 0);
                pid = start_daemon(program, elsewhere, &input);
                wait_for(pid, name, &processes);
                /* It has its name a little before it has its arguments: for up to ten minutes. */
                for (int i = 0; i < 60000 && !root; i++) {
                        root = option_of(daemon_arguments(&processes, name), options);
                        if (geteuid() != 0 || elsewhere)
                                break;
                        usleep(10000);
                }
                assert_string_equal(root ? root : "none",
                                    geteuid() == 0 && !elsewhere ? "/srv/kubelet" : "none");
                close(input);
                waitpid(pid, NULL, 0);
        }
}

/* --- hostile ones --------------------------------------------------------------------------- */

/* A task of this ID beside it is read all the same. */
static const struct container *look_beside(void)
{
        struct containers containers;

        make_file(TASKS "/default/zz/config.json", "{}");
        warnings = 0;
        containers = look();
        assert_int_equal(containers.count, 1 + (by_id(&containers, "aa") != NULL));
        assert_non_null(by_id(&containers, "zz"));
        return by_id(&containers, "aa");
}

static void refuses_odd_json(void **state)
{
        static const char *const texts[] = {
            "",
            "[]",
            "null",
            "{",
            "{}x",
            "{\"a\":1,\"a\":2}",
            "{\"a\":\"\\u0000\"}",
            "{'a':1}",
            "{\"a\":\"\xff\"}",
            "{\"annotations\":{\"b\":1,\"b\":1}}",
        };
        char deep[20000];

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
                make_file(TASKS "/default/aa/config.json", texts[i]);
                assert_null(look_beside());
                assert_int_equal(warnings, 1);
                assert_non_null(strstr(last_warning, TASKS "/default/aa/config.json: not read: "));
        }
        memset(deep, '[', sizeof(deep) - 1);
        memcpy(deep, "{\"a\":", 5);
        deep[sizeof(deep) - 1] = '\0';
        make_file(TASKS "/default/aa/config.json", deep);
        assert_null(look_beside());
        assert_int_equal(warnings, 1);
}

static void refuses_what_is_no_file(void **state)
{
        char *const path = make_path(TASKS "/default/aa/config.json");
        int fd;

        (void)state;
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_null(look_beside());
        assert_int_equal(warnings, 1);
        assert_non_null(strstr(last_warning, "no regular file"));
        assert_int_equal(unlink(path), 0);

        assert_int_equal(mkdir(path, 0700), 0);
        assert_null(look_beside());
        assert_int_equal(warnings, 1);
        assert_int_equal(rmdir(path), 0);

        /* Within the place or out of it. */
        assert_int_equal(symlink("../zz/config.json", path), 0);
        assert_null(look_beside());
        assert_int_equal(warnings, 1);
        assert_int_equal(unlink(path), 0);

        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
        close(fd);
        assert_null(look_beside());
        assert_int_equal(warnings, 1);

        /* As long as no command line is. */
        make_file(TASKS "/default/aa/config.json", xasprintf("{%*s}", (4 << 20) - 2, ""));
        assert_non_null(look_beside());
        make_file(TASKS "/default/aa/config.json", xasprintf("{%*s}", (4 << 20) - 1, ""));
        assert_null(look_beside());
}

static void passes_over_links_to_folders(void **state)
{
        (void)state;
        make_file("/elsewhere/aa/config.json", "{}");
        make_path(TASKS "/default/zz/");
        assert_int_equal(symlink("/elsewhere", xasprintf("%s" TASKS "/moved", scratch)), 0);
        assert_int_equal(symlink("/elsewhere/aa", xasprintf("%s" TASKS "/default/aa", scratch)), 0);
        assert_null(look_beside());
}

/* What is wrong a thousand times is said once. */
static void says_it_once(void **state)
{
        (void)state;
        for (int i = 0; i < 1000; i++)
                make_file(xasprintf(TASKS "/default/a%d/config.json", i), "[");
        assert_null(look_beside());
        assert_int_equal(warnings, 1);
}

static void refuses_odd_maps(void **state)
{
        static const char *const mappings[] = {
            "1",
            "{}",
            "[1]",
            "[{}]",
            "[{\"containerID\":0,\"hostID\":-1,\"size\":1}]",
            "[{\"containerID\":0,\"hostID\":4294967296,\"size\":1}]",
            "[{\"containerID\":0,\"hostID\":4294967295,\"size\":2}]",
            "[{\"containerID\":4294967295,\"hostID\":0,\"size\":2}]",
            "[{\"containerID\":0,\"hostID\":0,\"size\":18446744073709551615}]",
            "[{\"containerID\":0,\"hostID\":0,\"size\":\"1\"}]",
            "[{\"containerID\":0,\"hostID\":0.5,\"size\":1}]",
            "[{\"containerID\":0,\"hostID\":0,\"size\":1},{}]",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(mappings) / sizeof(*mappings); i++) {
                const struct container *found;

                make_file(TASKS "/default/aa/config.json",
                          xasprintf("{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":5,"
                                    "\"size\":1}],\"gidMappings\":%s}}",
                                    mappings[i]));
                found = look_beside();
                assert_non_null(found);
                assert_int_equal(found->map_sizes[SUBID_USERS], 0);
                assert_int_equal(found->map_sizes[SUBID_GROUPS], 0);
                assert_int_equal(warnings, 1);
        }
}

static void maps_to_the_last_id(void **state)
{
        struct extent extents[] = {{0, 4294967295, 1}, {5, 100, 10}};
        const struct container container = {.maps = {extents, NULL}, .map_sizes = {2, 0}};
        uint32_t inside;

        (void)state;
        assert_true(container_maps(&container, SUBID_USERS, 4294967295, &inside));
        assert_int_equal(inside, 0);
        assert_true(container_maps(&container, SUBID_USERS, 109, &inside));
        assert_int_equal(inside, 14);
        assert_false(container_maps(&container, SUBID_USERS, 110, &inside));
        assert_false(container_maps(&container, SUBID_USERS, 99, &inside));
        assert_false(container_maps(&container, SUBID_GROUPS, 100, &inside));
}

/* Names are kept as they are, for whoever shows them; an ID that is a path is none. */
static void takes_names_as_they_are(void **state)
{
        struct containers containers;

        (void)state;
        make_file(STORAGE "/overlay-containers/containers.json",
                  "[{\"id\":\"good\",\"names\":[\"\\u001b[2J\\n\"]}]");
        containers = look();
        assert_string_equal(by_id(&containers, "good")->name, "\033[2J\n");
        assert_int_equal(warnings, 0);
        make_file(
            STORAGE "/overlay-containers/containers.json",
            "[{\"id\":\"../../../"
            "etc\"},{\"id\":\"\"},{\"id\":1},{\"id\":\"-x\"},7,{\"id\":\"good\",\"names\":7}]");
        containers = look();
        assert_int_equal(containers.count, 1);
        assert_null(by_id(&containers, "good")->name);
        assert_int_equal(warnings, 1);
}

static void passes_over_odd_logs(void **state)
{
        static const char *const names[] = {
            "a_b-" ID("a") ".log",   "a_b_c-" ID("a") "0.log", "a_b_c_d-" ID("a") ".log",
            "a__c-" ID("a") ".log",  "-" ID("a") ".log",       ID("a") ".log",
            "a_b_c-" ID("a") ".txt", "a_b_c" ID("a") ".log",
        };
        struct containers containers;

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                make_file(xasprintf("/var/log/containers/%s", names[i]), "");
        make_path("/var/log/pods/a_b/");
        make_path("/var/log/pods/a_b_c_d/");
        make_path("/var/log/pods/__/");
        containers = look();
        assert_null(containers_of_cgroup(&containers, "/docker/" ID("a"))->pod);
        assert_int_equal(warnings, 0);
}

static void does_without(void **state)
{
        struct containers containers = look();

        (void)state;
        assert_int_equal(containers.count, 0);
        assert_int_equal(containers.source_count, 0);
        assert_null(containers_of_cgroup(&containers, "/x"));
        assert_int_equal(warnings, 0);
}

int main(void)
{
#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
        const struct CMUnitTest tests[] = {
            test(reads_engines),
            test(knows_what_runs),
            test(reads_crio),
            test(reads_the_kubelet),
            test(knows_names_by_logs),
            test(knows_what_was_freed),
            test(finds_containers_of_cgroups),
            test(believes_no_users_cgroup),
            test(knows_cgroups_of_config),
            test(follows_configuration),
            test(finds_options),
            test(asks_daemons),
            test(refuses_odd_json),
            test(refuses_what_is_no_file),
            test(passes_over_links_to_folders),
            test(says_it_once),
            test(refuses_odd_maps),
            test(maps_to_the_last_id),
            test(takes_names_as_they_are),
            test(passes_over_odd_logs),
            test(does_without),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
