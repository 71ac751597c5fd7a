/* SPDX-License-Identifier: MIT */
#include "host.h"

#include "account_name.h"
#include "tool/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <unistd.h>

/* PROC_USER_INIT_INO of the kernel, USER_NS_INIT_INO of its newer headers. */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

#define NSSWITCH "etc/nsswitch.conf"

/* --- what can be seen at once --------------------------------------------------------------- */

/* As the process sees it that has this root. */
static bool stat_below(const char *root, const char *path, struct stat *status)
{
        const int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        bool done = false;
        int fd;

        if (folder < 0)
                return false;
        fd = root_open_in(folder, path, O_PATH);
        if (fd >= 0) {
                done = fstat(fd, status) == 0;
                close(fd);
        }
        close(folder);
        return done;
}

static const char *looks_unfit(void)
{
        struct stat here, there;
        struct statfs cgroups;

        if (statfs("/sys/fs/cgroup", &cgroups) < 0 || cgroups.f_type != CGROUP2_SUPER_MAGIC)
                return "no unified hierarchy of cgroups";
        if (stat("/proc/self/ns/user", &here) < 0 || here.st_ino != INITIAL_USER_NAMESPACE)
                return "not in the initial user namespace";
        if (!stat_below("/", NSSWITCH, &here) || !stat_below("/proc/1/root", NSSWITCH, &there) ||
            here.st_dev != there.st_dev || here.st_ino != there.st_ino)
                return "PID 1 has another /etc/nsswitch.conf";
        return NULL;
}

/* --- the version of the PID 1 that runs ----------------------------------------------------- */

enum { SYSTEMD_MIN = 252 };

/*
 * D-Bus as systemd speaks it to root on a socket of its own, with no bus in between. Each part of a
 * message begins at a multiple of its own alignment, as in a struct of C; texts end with a NUL.
 */
struct header {
        char order, type, flags, version;
        uint32_t body_size, serial, fields_size;
};

enum { METHOD_CALL = 1, METHOD_RETURN = 2, ERROR = 3 };
enum { ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B' };

#define TEXT(name, text) .name##_length = sizeof(text) - 1, .name = text

/* org.freedesktop.DBus.Properties.Get("org.freedesktop.systemd1.Manager", "Version") */
struct question {
        struct header header;
        /* Fields: each has a number and a type. */
        char path_type[4];
        uint32_t path_length;
        char path[32];
        char interface_type[4];
        uint32_t interface_length;
        char interface[32];
        char member_type[4];
        uint32_t member_length;
        char member[8];
        char signature[8];
        /* The body. */
        uint32_t manager_length;
        char manager[36];
        uint32_t property_length;
        char property[8];
};

static const struct question question = {
    .header = {ORDER, METHOD_CALL, 0, 1,
               sizeof(struct question) - offsetof(struct question, manager_length), 1,
               offsetof(struct question, manager_length) - sizeof(struct header)},
    .path_type = "\1\1o",
    TEXT(path, "/org/freedesktop/systemd1"),
    .interface_type = "\2\1s",
    TEXT(interface, "org.freedesktop.DBus.Properties"),
    .member_type = "\3\1s",
    TEXT(member, "Get"),
    .signature = "\10\1g\0\2ss",
    TEXT(manager, "org.freedesktop.systemd1.Manager"),
    TEXT(property, "Version"),
};

/* The answer's body: a variant, which is a string. */
struct answer {
        char signature[4];
        uint32_t length;
        char text[64];
};

static bool receive(int fd, void *bytes, size_t size)
{
        for (char *p = bytes; size > 0;) {
                const ssize_t n = recv(fd, p, size, 0);

                if (n == 0 || (n < 0 && errno != EINTR))
                        return false;
                if (n > 0) {
                        p += n;
                        size -= (size_t)n;
                }
        }
        return true;
}

static bool pass_bytes(int fd, size_t size)
{
        char bytes[256];

        while (size > 0) {
                const size_t part = size < sizeof(bytes) ? size : sizeof(bytes);

                if (!receive(fd, bytes, part))
                        return false;
                size -= part;
        }
        return true;
}

/*
 * Says who we are, by the socket's own word, and waits for "OK", a number and a new line. The
 * question cannot go along: systemd 252 loses what comes behind "BEGIN".
 */
static bool introduce(int fd)
{
        static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
        char line[128];

        if (send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) != sizeof(hello) - 1)
                return false;
        do {
                size_t length = 0;

                do {
                        if (length == sizeof(line) || !receive(fd, &line[length], 1))
                                return false;
                } while (line[length++] != '\n');
        } while (strncmp(line, "DATA", 4) == 0);
        return strncmp(line, "OK ", 3) == 0;
}

/* Reads messages until one is an answer: systemd may say other things too. */
static bool receive_answer(int fd, struct answer *answer)
{
        struct header header;

        do {
                if (!receive(fd, &header, sizeof(header)) || header.order != ORDER ||
                    !pass_bytes(fd, ((size_t)header.fields_size + 7) & ~(size_t)7))
                        return false;
                if (header.type != METHOD_RETURN && !pass_bytes(fd, header.body_size))
                        return false;
        } while (header.type != METHOD_RETURN && header.type != ERROR);
        memset(answer, 0, sizeof(*answer));
        return header.type == METHOD_RETURN && header.body_size <= sizeof(*answer) &&
               receive(fd, answer, header.body_size) && memcmp(answer->signature, "\1s", 3) == 0 &&
               answer->length < sizeof(answer->text) && answer->text[answer->length] == '\0';
}

/* Such as "252.39-1~deb12u1" or "v258-rc1". */
static bool is_new_enough(const char *version)
{
        return strtoul(version + (*version == 'v'), NULL, 10) >= SYSTEMD_MIN;
}

/* Whether the other end was made by PID 1, as root. */
static bool is_of_pid_1(int fd)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == 1 &&
               peer.uid == 0;
}

static bool systemd_is_new_enough(void)
{
        const struct sockaddr_un address = {AF_UNIX, "/run/systemd/private"};
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct answer answer;

        return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
               is_of_pid_1(fd) && introduce(fd) &&
               send(fd, &question, sizeof(question), MSG_NOSIGNAL) == sizeof(question) &&
               receive_answer(fd, &answer) && is_new_enough(answer.text);
}

/* --- the name ------------------------------------------------------------------------------- */

static bool is_entry(int r, const struct passwd *entry, const char *name, uint32_t uid)
{
        return r == 0 && entry && entry->pw_uid == uid && strcmp(entry->pw_name, name) == 0;
}

/*
 * Whether NSS has the module's name for the ID, and the module itself answers for the name: it does
 * not where /etc/passwd has the ID.
 */
static bool is_named_by_module(uint32_t uid)
{
        char name[ACCOUNT_NAME_SIZE], buffer[4096];
        struct passwd pwd, *entry;
        int r;

        account_name_format(name, uid);
        r = getpwuid_r(uid, &pwd, buffer, sizeof(buffer), &entry);
        if (!is_entry(r, entry, name, uid))
                return false;
        if (__nss_configure_lookup("passwd", "subuid") < 0)
                return false;
        r = getpwnam_r(name, &pwd, buffer, sizeof(buffer), &entry);
        return is_entry(r, entry, name, uid);
}

const char *host_refuses(uint32_t uid)
{
        const char *const why = looks_unfit();

        if (why)
                return why;
        if (!systemd_is_new_enough())
                return "PID 1 is no systemd of version 252 or later";
        return is_named_by_module(uid) ? NULL : "NSS does not name the ID as the module does";
}
