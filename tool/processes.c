/* SPDX-License-Identifier: MIT */
#include "processes.h"

#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many bytes, at most, are shown of a command line, of a program's name and of a unit's. */
enum { COMMAND_MAX = 80, PROGRAM_MAX = 32, UNIT_MAX = 255 };

/* So many descriptors are for what is read, none of them for what is kept. */
enum { DESCRIPTORS_FREE = 64 };

/* The longest map: 340 lines of three numbers. The lines of status that are wanted come early. */
enum { TEXT_SIZE = 16384 };

static const char *const map_files[] = {[SUBID_USERS] = "uid_map", [SUBID_GROUPS] = "gid_map"};

static int open_folder(pid_t pid)
{
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Reads size - 1 bytes at most and adds a NUL. Returns their number or a negative errno. */
static ssize_t read_text(int folder, const char *name, char *text, size_t size)
{
        const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
        size_t length = 0;
        ssize_t n = 1;

        *text = '\0';
        if (fd < 0)
                return -errno;
        while (length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0)
                length += (size_t)n;
        if (n < 0)
                n = -errno;
        close(fd);
        text[length] = '\0';
        return n < 0 ? n : (ssize_t)length;
}

static bool is_refusal(int error)
{
        return error == EACCES || error == EPERM;
}

/* Reads the name and the effective IDs. The name cannot hold a newline, which is escaped. */
static bool parse_status(const char *status, struct process *process)
{
        static const char key[] = "Name:\t";
        const char *const uid = strstr(status, "\nUid:"), *const gid = strstr(status, "\nGid:");
        const char *const name = status + strlen(key);

        if (strncmp(status, key, strlen(key)) != 0)
                return false;
        /* It may be empty. */
        snprintf(process->name, sizeof(process->name), "%.*s", (int)strcspn(name, "\n"), name);
        return uid && gid && sscanf(uid, "\nUid:%*u%u", &process->ids[SUBID_USERS]) == 1 &&
               sscanf(gid, "\nGid:%*u%u", &process->ids[SUBID_GROUPS]) == 1;
}

/* When it started: field 22. The second one, in parentheses, may hold anything. */
static bool read_start(int folder, unsigned long long *start)
{
        char text[1024];
        const char *field;

        if (read_text(folder, "stat", text, sizeof(text)) < 0)
                return false;
        field = strrchr(text, ')');
        for (int i = 2; field && i < 22; i++)
                field = strchr(field + 1, ' ');
        if (!field)
                return false;
        *start = strtoull(field, NULL, 10);
        return true;
}

int process_open(const struct process *process)
{
        const int folder = open_folder(process->pid);
        unsigned long long start;

        if (folder < 0 || (read_start(folder, &start) && start == process->start))
                return folder;
        close(folder);
        errno = ESRCH;
        return -1;
}

/*
 * Whether all IDs outside are IDs of our own user namespace. Those of a namespace in it always are;
 * those of one around it, whose processes we may happen to see, are not.
 */
static bool is_within(const struct extent *extent, const struct userns *own,
                      enum subid_database database)
{
        for (size_t i = 0; i < own->map_sizes[database]; i++) {
                const struct extent *const ours = &own->maps[database][i];

                if (extent->outside >= ours->inside &&
                    extent->outside - ours->inside < ours->count &&
                    extent->count <= ours->count - (extent->outside - ours->inside))
                        return true;
        }
        return false;
}

/* Without own, it is our own. */
static void parse_map(const char *text, const struct userns *own, enum subid_database database,
                      struct userns *userns)
{
        struct extent **const map = &userns->maps[database], extent;
        size_t *const size = &userns->map_sizes[database];
        int length;

        while (sscanf(text, "%u %u %u\n%n", &extent.inside, &extent.outside, &extent.count,
                      &length) == 3) {
                text += length;
                if (own && !is_within(&extent, own, database))
                        continue;
                *map = grow(*map, *size, &userns->map_rooms[database], sizeof(**map));
                (*map)[(*size)++] = extent;
        }
}

/*
 * Both maps as text, or NULL. The kernel shows the IDs outside as we see them, of a nested
 * namespace too; but those of our own are its parent's.
 */
static char *read_maps(int folder)
{
        char users[TEXT_SIZE], groups[TEXT_SIZE];

        if (read_text(folder, map_files[SUBID_USERS], users, sizeof(users)) < 0 ||
            read_text(folder, map_files[SUBID_GROUPS], groups, sizeof(groups)) < 0)
                return NULL;
        return xasprintf("%s/%s", users, groups);
}

static void parse_maps(const char *maps, const struct userns *own, struct userns *userns)
{
        parse_map(maps, own, SUBID_USERS, userns);
        parse_map(strchr(maps, '/') + 1, own, SUBID_GROUPS, userns);
}

static struct userns *add_userns(struct processes *processes, const struct userns *userns)
{
        struct userns **const list = &processes->namespaces;

        *list = grow(*list, processes->namespace_count, &processes->namespace_room, sizeof(**list));
        (*list)[processes->namespace_count] = *userns;
        return &(*list)[processes->namespace_count++];
}

static bool ends_in(const char *name, size_t length, const char *suffix)
{
        const size_t suffix_length = strlen(suffix);

        return length > suffix_length &&
               memcmp(name + length - suffix_length, suffix, suffix_length) == 0;
}

/*
 * From the top, below slices and the systemd of a user, stands the unit. What is below that may be
 * made by whoever runs in it. If something else comes first it is no tree of systemd's, and the
 * last before a unit of some inner systemd is the container.
 */
static char *unit_in(const char *path, text_shown *show)
{
        const char *name = NULL;
        size_t name_length = 0;
        bool foreign = false;

        for (size_t length; *path; path += length) {
                bool inner, unit;

                path += strspn(path, "/");
                length = strcspn(path, "/");
                /* What is above our own cgroup namespace. */
                if (length == 0 || (length == 2 && memcmp(path, "..", 2) == 0))
                        continue;
                unit = ends_in(path, length, ".scope") || ends_in(path, length, ".service");
                inner = ends_in(path, length, ".slice") ||
                        (unit && length > 5 && memcmp(path, "user@", 5) == 0);
                if (foreign && (unit || inner))
                        break;
                name = path;
                name_length = length;
                if (unit && !inner)
                        break;
                foreign = !inner;
        }
        return name ? show(name, name_length, UNIT_MAX) : NULL;
}

/*
 * The path of a process's cgroup, or NULL if it is gone. Since cgroup v2 a process has one; before,
 * systemd had a hierarchy of its own, which counts where that of v2 says nothing.
 */
static char *read_cgroup(int folder)
{
        const char *path = NULL, *of_systemd = NULL;
        /* What the kernel says of one that is gone and has a zombie left. */
        static const char deleted[] = " (deleted)";
        char text[TEXT_SIZE];
        const ssize_t n = read_text(folder, "cgroup", text, sizeof(text));
        size_t length;

        /* Older kernels (6.1) do not tell a path of 4096 bytes, which whoever owns a cgroup can
         * make: nobody is to hide so. */
        if (n < 0 && n != -ENAMETOOLONG)
                return NULL;
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                const char *const controllers = line + strspn(line, "0123456789");

                if (strncmp(line, "0::", 3) == 0)
                        path = line + 3;
                else if (strncmp(controllers, ":name=systemd:", 14) == 0)
                        of_systemd = controllers + 14;
        }
        if (of_systemd && (!path || !unit_in(path, printable)))
                path = of_systemd;
        if (!path)
                path = "/";
        length = strlen(path);
        if (ends_in(path, length, deleted))
                length -= strlen(deleted);
        return xstrndup(path, length);
}

const char *process_cgroup(struct process *process)
{
        int folder;

        if (process->cgroup || process->gone)
                return process->cgroup;
        folder = process_open(process);
        if (folder >= 0) {
                process->cgroup = read_cgroup(folder);
                close(folder);
        }
        process->gone = !process->cgroup;
        return process->cgroup;
}

char *process_unit(struct process *process, text_shown *show)
{
        const char *const cgroup = process_cgroup(process);

        return cgroup ? unit_in(cgroup, show) : NULL;
}

/* Reads the IDs of a line of status, "Uid:" say, as many as there are and count at most. */
static size_t parse_ids(const char *status, const char *key, uint32_t *ids, size_t count)
{
        const char *text = strstr(status, key);
        size_t i;
        char *end;

        if (!text)
                return 0;
        text += strlen(key);
        for (i = 0; i < count && *text != '\n'; i++) {
                ids[i] = (uint32_t)strtoul(text, &end, 10);
                if (end == text)
                        break;
                text = end + strspn(end, " \t");
        }
        return i;
}

bool process_ids(const struct process *process, struct process_ids *ids)
{
        /* A process has 65,536 groups at most, each of ten digits and a blank. */
        enum { GROUPS_MAX = 65536, STATUS_SIZE = 11 * GROUPS_MAX + TEXT_SIZE };
        const int folder = process_open(process);
        char *const status = xrealloc(NULL, STATUS_SIZE);
        ssize_t n = -1;

        if (folder >= 0) {
                n = read_text(folder, "status", status, STATUS_SIZE);
                close(folder);
        }
        *ids = (struct process_ids){.groups = xcalloc(GROUPS_MAX, sizeof(*ids->groups))};
        if (n < 0 || parse_ids(status, "\nUid:\t", ids->ids[SUBID_USERS], ID_KINDS) != ID_KINDS ||
            parse_ids(status, "\nGid:\t", ids->ids[SUBID_GROUPS], ID_KINDS) != ID_KINDS)
                return false;
        ids->group_count = parse_ids(status, "\nGroups:\t", ids->groups, GROUPS_MAX);
        free(status);
        return true;
}

/* The user namespace of a process that we may look into, by its open file; NULL if it is gone. */
static struct userns *find_known(struct processes *processes, int folder, int fd)
{
        struct userns new = {.known = true, .fd = -1};
        struct stat status;
        char *maps;

        if (fstat(fd, &status) < 0)
                return NULL;
        new.device = status.st_dev;
        new.inode = status.st_ino;
        for (size_t i = 0; i < processes->namespace_count; i++) {
                struct userns *const userns = &processes->namespaces[i];

                if (userns->known && userns->inode == new.inode && userns->device == new.device)
                        return userns;
        }
        maps = read_maps(folder);
        if (!maps)
                return NULL;
        parse_maps(maps, &processes->namespaces[0], &new);
        free(maps);
        /* However many there are, those below stay free for what is still to be read. */
        new.fd = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTORS_FREE);
        return add_userns(processes, &new);
}

/* The same for one whose ns/user is closed to us. Everybody may read its maps. */
static struct userns *find_unknown(struct processes *processes, int folder)
{
        struct userns new = {.known = false, .fd = -1};
        char *const maps = read_maps(folder);
        char *cgroup, *unit;

        if (!maps)
                return NULL;
        new.alike = strcmp(maps, processes->namespaces[0].key) == 0;
        cgroup = new.alike ? NULL : read_cgroup(folder);
        unit = cgroup ? unit_in(cgroup, printable) : NULL;
        free(cgroup);
        new.key = xasprintf("%s%s", maps, unit ? unit : "");
        for (size_t i = 1; i < processes->namespace_count; i++) {
                struct userns *const userns = &processes->namespaces[i];

                if (!userns->known && strcmp(userns->key, new.key) == 0) {
                        free(maps);
                        free(new.key);
                        return userns;
                }
        }
        parse_maps(maps, &processes->namespaces[0], &new);
        free(maps);
        return add_userns(processes, &new);
}

static struct userns *find_userns(struct processes *processes, int folder)
{
        const int fd = openat(folder, "ns/user", O_RDONLY | O_CLOEXEC);
        unsigned long long start;

        if (fd >= 0) {
                struct userns *const userns = find_known(processes, folder, fd);

                close(fd);
                return userns;
        }
        /* Of one that is gone the kernel says EACCES, too. */
        if (!is_refusal(errno) || !read_start(folder, &start))
                return NULL;
        processes->partial = true;
        return find_unknown(processes, folder);
}

static void add_process(struct processes *processes, size_t *room, int folder, pid_t pid)
{
        struct process process = {.pid = pid};
        char text[4096];
        struct userns *userns;
        const ssize_t n = read_text(folder, "status", text, sizeof(text));

        if (n < 0 || !parse_status(text, &process)) {
                processes->partial |= is_refusal((int)-n);
                return;
        }
        userns = find_userns(processes, folder);
        if (!userns || !read_start(folder, &process.start))
                return;
        process.userns = (size_t)(userns - processes->namespaces);
        if (userns->count++ == 0 || process.start < processes->list[userns->first].start)
                userns->first = processes->count;
        processes->list = grow(processes->list, processes->count, room, sizeof(*processes->list));
        processes->list[processes->count++] = process;
}

/* Each user namespace is kept open. */
static void allow_files(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                setrlimit(RLIMIT_NOFILE, &limit);
        }
}

void processes_read(struct processes *processes)
{
        struct userns own = {.own = true, .known = true, .fd = -1};
        DIR *const proc = opendir("/proc");
        const struct dirent *entry;
        struct stat status;
        size_t room = 0;
        int folder;

        if (!proc || stat("/proc/self/ns/user", &status) != 0)
                die("/proc: %m");
        allow_files();
        own.device = status.st_dev;
        own.inode = status.st_ino;
        /* Not by number: /proc may be that of another PID namespace. */
        folder = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
        own.key = read_maps(folder);
        close(folder);
        if (!own.key)
                die("/proc: the maps of user namespaces cannot be read");
        parse_maps(own.key, NULL, &own);
        *processes = (struct processes){.list = NULL};
        add_userns(processes, &own);
        /* There is always a first process; where it does not show, others do not either. */
        processes->partial = access("/proc/1/status", R_OK) != 0;
        while ((entry = readdir(proc))) {
                char *end;
                const pid_t pid = (pid_t)strtol(entry->d_name, &end, 10);

                if (end == entry->d_name || *end != '\0')
                        continue;
                folder = open_folder(pid);
                if (folder < 0)
                        continue;
                add_process(processes, &room, folder, pid);
                close(folder);
        }
        closedir(proc);
}

bool userns_maps(const struct userns *userns, enum subid_database database, uint32_t id,
                 uint32_t *inside)
{
        *inside = id;
        if (userns_is_whole(userns))
                return true;
        if (userns->count == 0)
                return false;
        return extents_map(userns->maps[database], userns->map_sizes[database], id, inside);
}

/* What a child tells of a process. */
struct answer {
        size_t size;
        char arguments[COMMAND_MAX + 2];
};

struct questions {
        struct process *const *list;
        size_t count;
};

/* Runs in the child. */
static void answer_all(int to, const void *data)
{
        const struct questions *const questions = data;

        for (size_t i = 0; i < questions->count; i++) {
                struct answer answer = {0};
                const int folder = process_open(questions->list[i]);

                if (folder >= 0) {
                        const ssize_t n = read_text(folder, "cmdline", answer.arguments,
                                                    sizeof(answer.arguments));

                        answer.size = n > 0 ? (size_t)n : 0;
                        close(folder);
                }
                if (!write_all(to, (const char *)&answer, sizeof(answer)))
                        return;
        }
}

/* Takes the answers of a child until one does not come, or not in time. Returns how many came. */
static size_t take_answers(const struct questions *questions, int64_t *left)
{
        struct answer *const answers = xcalloc(questions->count, sizeof(*answers));
        const size_t count =
            child_answers(answer_all, questions, answers, sizeof(*answers), questions->count, left);

        for (size_t i = 0; i < count; i++) {
                questions->list[i]->arguments.size = answers[i].size;
                questions->list[i]->arguments.bytes =
                    xstrndup(answers[i].arguments, answers[i].size);
        }
        free(answers);
        return count;
}

/* The wanted ones that have not been asked, but for those in namespaces that keep silent. */
static size_t list_wanted(struct processes *processes, struct process **list)
{
        size_t count = 0;

        for (size_t i = 0; i < processes->count; i++) {
                struct process *const process = &processes->list[i];

                if (process->wanted && !process->asked &&
                    !processes->namespaces[process->userns].silent)
                        list[count++] = process;
        }
        return count;
}

void processes_ask(struct processes *processes)
{
        static int64_t left = CHILD_WAIT_ALL_MS;
        struct process **const list = xcalloc(processes->count, sizeof(struct process *));
        struct questions questions = {.list = list};
        size_t answers = 0;

        while (left > 0 && (questions.count = list_wanted(processes, list)) > 0) {
                answers = take_answers(&questions, &left);
                for (size_t i = 0; i <= answers && i < questions.count; i++)
                        list[i]->asked = true;
                if (answers == questions.count)
                        break;
                warn("PID %d: no answer; whoever asks for its command line is kept waiting",
                     (int)list[answers]->pid);
                /* A container costs one wait. Who is in our own is in none. */
                processes->namespaces[list[answers]->userns].silent =
                    !processes->namespaces[list[answers]->userns].own;
        }
        if (left <= 0 && answers < questions.count)
                warn("processes do not answer; no more are asked");
        free(list);
}

enum { MEMORY_SIZE = 65536 };

/* A file of a process that the kernel reads from its memory. */
struct memory {
        const struct process *process;
        const char *file;
};

/* Runs in the child. */
static void answer_memory(int to, const void *data)
{
        static char text[MEMORY_SIZE];
        const struct memory *const memory = data;
        const int folder = process_open(memory->process);
        const ssize_t n = folder < 0 ? 0 : read_text(folder, memory->file, text, sizeof(text));

        if (n > 0)
                write_all(to, text, (size_t)n);
}

static bool read_memory(const struct process *process, const char *file, struct text *told)
{
        char *const text = xcalloc(MEMORY_SIZE, 1);
        const struct child child = child_start(answer_memory, &(struct memory){process, file});
        const ssize_t n = child_read(&child, text, MEMORY_SIZE - 1, now_ms() + CHILD_WAIT_MS);

        child_end(&child);
        *told = (struct text){text, n > 0 ? (size_t)n : 0};
        return n > 0;
}

bool process_arguments(const struct process *process, struct text *arguments)
{
        return read_memory(process, "cmdline", arguments);
}

bool process_environment(const struct process *process, struct text *variables)
{
        return read_memory(process, "environ", variables);
}

char *process_command(const struct process *process, text_shown *show)
{
        size_t length = process->arguments.size;
        char *text, *shown;

        while (length > 0 && process->arguments.bytes[length - 1] == '\0')
                length--;
        if (length == 0)
                return xasprintf("[%s]", show(process->name, strlen(process->name), PROGRAM_MAX));
        text = xstrndup(process->arguments.bytes, length);
        for (size_t i = 0; i < length; i++)
                if (text[i] == '\0')
                        text[i] = ' ';
        shown = show(text, length, COMMAND_MAX);
        free(text);
        return shown;
}

/* Some programs write what they do over their arguments: "nginx: worker process". */
char *process_program(const struct process *process, text_shown *show)
{
        const char *program = process->arguments.bytes;
        size_t length;

        if (process->arguments.size == 0 || *program == '\0')
                return show(process->name, strlen(process->name), PROGRAM_MAX);
        length = strlen(program);
        if (*program == '/') {
                length = strcspn(program, " ");
                program = (const char *)memrchr(program, '/', length) + 1;
                length -= (size_t)(program - process->arguments.bytes);
        }
        return show(program, length, PROGRAM_MAX);
}
