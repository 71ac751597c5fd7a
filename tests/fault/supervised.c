/* SPDX-License-Identifier: MIT */
#include "supervised.h"

#include "files.h"
#include "nss_subuid.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

#define LIBRARY "build/libnss_subuid.so.2"

/* Not a call of the library: by this one the thread says that it waits for a question. */
#define WAITING SYS_getppid

enum { UNTOUCHED = 4242, ERRNO_BEFORE = 4711 };
enum { GUARD = 64, CALLS_MAX = 10000, DESCRIPTORS_MAX = 1024 };

static const struct {
        int number;
        const char *name;
} allowed[] = {
    {SYS_openat, "openat"},
#ifdef SYS_fstat
    {SYS_fstat, "fstat"},
#endif
/* What libc calls instead depends on its version and the machine. */
#ifdef SYS_newfstatat
    {SYS_newfstatat, "fstat"},
#endif
#ifdef SYS_fstat64
    {SYS_fstat64, "fstat"},
#endif
#ifdef SYS_fstatat64
    {SYS_fstatat64, "fstat"},
#endif
#ifdef SYS_statx
    {SYS_statx, "fstat"},
#endif
    {SYS_pread64, "pread"},    {SYS_close, "close"},
};

static const char *const paths[] = {
    "/etc/subuid", "/etc/nss-subuid/subuid", "/etc/subgid", "/etc/nss-subuid/subgid", "/etc/passwd",
    "/etc/group",
};

static typeof(_nss_subuid_getpwuid_r) *getpwuid_function;
static typeof(_nss_subuid_getpwnam_r) *getpwnam_function;
static typeof(_nss_subuid_getgrgid_r) *getgrgid_function;
static typeof(_nss_subuid_getgrnam_r) *getgrnam_function;
static typeof(_nss_subuid_initgroups_dyn) *initgroups_function;

/* Where the thread's calls are reported. */
enum { NOT_KNOWN_YET = -2, CANNOT_BE = -1 };
static atomic_int listener = NOT_KNOWN_YET;

/* The thread's notification that it waits, which the next question answers. */
static uint64_t waiting;

/* What the thread is asked, and its answer. One side writes while the other one waits. */
static struct {
        struct question question;
        enum nss_status status;
        int error;
        int errno_after;
        struct passwd pwd;
        struct group grp;
        gid_t groups[4]; /* the first of them is known before */
        long int group_count;
        char room[GUARD + 1024 + GUARD];
} lookup;

/* So many calls has it made. */
static size_t call_count;

/* The paths of the descriptors that the lookup has opened and not closed. */
static const char *open_paths[DESCRIPTORS_MAX];

/* The first thing the lookup did that none may do; empty if there was none. */
static char offence[256];

static void must(bool ok, const char *what)
{
        if (!ok) {
                perror(what);
                abort();
        }
}

__attribute__((format(printf, 1, 2))) static void offend(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        if (offence[0] == '\0')
                vsnprintf(offence, sizeof(offence), format, arguments);
        va_end(arguments);
}

static void *answer_questions(void *unused)
{
        struct sock_filter report_every_call = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
        struct sock_fprog filter = {1, &report_every_call};
        char *const buffer = lookup.room + GUARD;
        const size_t size = sizeof(lookup.room) - 2 * (size_t)GUARD;
        gid_t *groups = lookup.groups;
        long int group_max = COUNT_OF(lookup.groups);
        char name[32];

        (void)unused;
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
        if (listener == CANNOT_BE)
                return NULL;
        for (;;) {
                uint32_t id;

                syscall(WAITING);
                id = lookup.question.id;
                snprintf(name, sizeof(name), NAME_PREFIX "%u", id);
                errno = ERRNO_BEFORE;
                switch (lookup.question.kind) {
                case UID:
                        lookup.status =
                            getpwuid_function(id, &lookup.pwd, buffer, size, &lookup.error);
                        break;
                case USER_NAMED:
                        lookup.status =
                            getpwnam_function(name, &lookup.pwd, buffer, size, &lookup.error);
                        break;
                case GID:
                        lookup.status =
                            getgrgid_function(id, &lookup.grp, buffer, size, &lookup.error);
                        break;
                case GROUP_NAMED:
                        lookup.status =
                            getgrnam_function(name, &lookup.grp, buffer, size, &lookup.error);
                        break;
                default:
                        lookup.status = initgroups_function(name, 1, &lookup.group_count,
                                                            &group_max, &groups, -1, &lookup.error);
                        break;
                }
                lookup.errno_after = errno;
        }
}

/* Waits for a call of the thread. */
static void receive(struct seccomp_notif *notification)
{
        memset(notification, 0, sizeof(*notification));
        must(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification) == 0, "NOTIF_RECV");
}

static void reply(const struct seccomp_notif_resp *response)
{
        must(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, response) == 0, "NOTIF_SEND");
}

bool supervised_start(void)
{
        void *const library = dlopen(LIBRARY, RTLD_NOW);
        struct seccomp_notif notification;
        pthread_t thread;

        must(library != NULL, LIBRARY);
        getpwuid_function = dlsym(library, "_nss_subuid_getpwuid_r");
        getpwnam_function = dlsym(library, "_nss_subuid_getpwnam_r");
        getgrgid_function = dlsym(library, "_nss_subuid_getgrgid_r");
        getgrnam_function = dlsym(library, "_nss_subuid_getgrnam_r");
        initgroups_function = dlsym(library, "_nss_subuid_initgroups_dyn");
        must(getpwuid_function && getpwnam_function && getgrgid_function && getgrnam_function &&
                 initgroups_function,
             "dlsym");
        must(pthread_create(&thread, NULL, answer_questions, NULL) == 0, "pthread_create");
        while (listener == NOT_KNOWN_YET)
                usleep(1000);
        if (listener == CANNOT_BE)
                return false;
        receive(&notification);
        must(notification.data.nr == WAITING, "the thread waits");
        waiting = notification.id;
        return true;
}

/* The thread's addresses are ours. */
static void *pointer(uint64_t argument)
{
        return (void *)(uintptr_t)argument; /* NOLINT(performance-no-int-to-ptr) */
}

/* Says what the call is, and counts it. Its path is NULL if it is none that a lookup may make. */
static struct call look_at(const struct seccomp_data *data)
{
        struct call call = {.number = ++call_count, .name = "?"};

        for (size_t i = 0; i < COUNT_OF(allowed); i++)
                if (data->nr == allowed[i].number)
                        call.name = allowed[i].name;
        if (data->nr == SYS_openat) {
                for (size_t i = 0; i < COUNT_OF(paths); i++)
                        if (strcmp(paths[i], pointer(data->args[1])) == 0)
                                call.path = paths[i];
        } else if (*call.name != '?' && data->args[0] < DESCRIPTORS_MAX) {
                call.path = open_paths[data->args[0]];
        }
        if (!call.path)
                offend("made a system call that no lookup makes: %d (%s)", data->nr, call.name);
        return call;
}

static void go_on(struct seccomp_notif_resp *response)
{
        response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
}

static void give(long result, struct seccomp_notif_resp *response)
{
        if (result < 0)
                response->error = -errno;
        else
                response->val = result;
}

static void fail_call(const struct call *call, int fd, int error,
                      struct seccomp_notif_resp *response)
{
        if (strcmp(call->name, "close") == 0)
                close(fd);
        response->error = -error;
}

static void open_file(const struct call *call, int flags, struct seccomp_notif_resp *response)
{
        const int fd = open(files_path(call->path), flags);

        must(fd < DESCRIPTORS_MAX, "a small descriptor");
        if (fd >= 0)
                open_paths[fd] = call->path;
        give(fd, response);
}

/* Where a pread reads. On machines of 32 bits, an offset is two arguments, on some an even and an
 * odd. */
static off_t offset_of(const struct seccomp_data *data)
{
#if __SIZEOF_LONG__ == 8
        return (off_t)data->args[3];
#else
#if defined(__arm__) || defined(__powerpc__) || defined(__mips__)
        const size_t first = 4;
#else
        const size_t first = 3;
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        return (off_t)(data->args[first] << 32 | data->args[first + 1]);
#else
        return (off_t)(data->args[first + 1] << 32 | data->args[first]);
#endif
#endif
}

/* Tells the kernel what becomes of a call. */
static void respond(const struct call *call, const struct seccomp_data *data, int verdict,
                    struct seccomp_notif_resp *response)
{
        const int fd = (int)data->args[0];

        if (strcmp(call->name, "close") == 0)
                open_paths[fd] = NULL;
        if (verdict > 0)
                fail_call(call, fd, verdict, response);
        else if (strcmp(call->name, "openat") == 0)
                open_file(call, (int)data->args[2], response);
        else if (strcmp(call->name, "pread") == 0 && verdict < 0 && -verdict < (int)data->args[2])
                give(pread(fd, pointer(data->args[1]), (size_t)-verdict, offset_of(data)),
                     response);
        else
                go_on(response);
}

/* What holds for every lookup, whatever it meets. */
static void check_traces(void)
{
        for (size_t fd = 0; fd < DESCRIPTORS_MAX; fd++)
                if (open_paths[fd]) {
                        offend("left %s open", open_paths[fd]);
                        open_paths[fd] = NULL;
                        close((int)fd);
                }
        if (files_open() != 0)
                offend("left %d descriptors open", files_open());
        if (lookup.errno_after != ERRNO_BEFORE)
                offend("changed errno to %d", lookup.errno_after);
        for (size_t i = 0; i < GUARD; i++)
                if (lookup.room[i] != '\xa5' || lookup.room[sizeof(lookup.room) - 1 - i] != '\xa5')
                        offend("wrote outside the buffer");
        if (lookup.group_count != 1 && lookup.status != NSS_STATUS_SUCCESS)
                offend("failed and yet added a group");
        if ((lookup.status == NSS_STATUS_SUCCESS) != (lookup.error == UNTOUCHED))
                offend("returned status %d and errno %d", lookup.status, lookup.error);
}

static const char *status_name(enum nss_status status)
{
        switch (status) {
        case NSS_STATUS_TRYAGAIN:
                return "TRYAGAIN";
        case NSS_STATUS_UNAVAIL:
                return "UNAVAIL";
        case NSS_STATUS_NOTFOUND:
                return "NOTFOUND";
        default:
                return "?";
        }
}

static const char *answer(void)
{
        static char text[512];
        const struct passwd *const pwd = &lookup.pwd;

        if (offence[0] != '\0')
                return offence;
        if (lookup.status != NSS_STATUS_SUCCESS)
                snprintf(text, sizeof(text), "%s %d", status_name(lookup.status), lookup.error);
        else if (lookup.question.kind == GROUPS_OF)
                snprintf(text, sizeof(text), "SUCCESS %u,%u", lookup.groups[0],
                         lookup.group_count == 2 ? lookup.groups[1] : 0);
        else if (pwd->pw_name)
                snprintf(text, sizeof(text), "SUCCESS %s:%s:%u:%u:%s:%s:%s", pwd->pw_name,
                         pwd->pw_passwd, pwd->pw_uid, pwd->pw_gid, pwd->pw_gecos, pwd->pw_dir,
                         pwd->pw_shell);
        else
                snprintf(text, sizeof(text), "SUCCESS %s:%s:%u:", lookup.grp.gr_name,
                         lookup.grp.gr_passwd, lookup.grp.gr_gid);
        return text;
}

const char *supervised_ask(const struct question *question, meddle_function *meddle, void *context)
{
        struct seccomp_notif notification;
        struct seccomp_notif_resp response = {.id = waiting};

        memset(&lookup, 0, sizeof(lookup));
        memset(lookup.room, '\xa5', sizeof(lookup.room));
        lookup.question = *question;
        lookup.error = UNTOUCHED;
        lookup.groups[0] = 1;
        lookup.group_count = 1;
        call_count = 0;
        offence[0] = '\0';
        for (reply(&response);; reply(&response)) {
                struct call call;

                receive(&notification);
                if (notification.data.nr == WAITING)
                        break;
                call = look_at(&notification.data);
                must(call_count < CALLS_MAX, "a lookup that does not end");
                response = (struct seccomp_notif_resp){.id = notification.id};
                if (call.path)
                        respond(&call, &notification.data, meddle ? meddle(&call, context) : 0,
                                &response);
                else
                        go_on(&response);
        }
        waiting = notification.id;
        check_traces();
        return answer();
}

const char *supervised_failure(int error)
{
        static char text[32];
        enum nss_status status = NSS_STATUS_UNAVAIL;

        if (error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN ||
            error == EINTR)
                status = NSS_STATUS_TRYAGAIN;
        snprintf(text, sizeof(text), "%s %d", status_name(status), error);
        return text;
}
