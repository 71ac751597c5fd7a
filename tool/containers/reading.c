/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include "tool/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct mapping_names oci_mapping = {"containerID", "hostID", "size"};
const struct mapping_names storage_mapping = {"container_id", "host_id", "size"};

/* As many lines as the kernel takes in a map. */
enum { EXTENTS_MAX = 340 };

static int compare_pids(const void *a, const void *b)
{
        const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

        return (x > y) - (x < y);
}

void reading_start(struct reading *reading, const struct processes *processes)
{
        *reading = (struct reading){.processes = processes};
        if (!processes)
                return;
        reading->pids = xcalloc(processes->count, sizeof(pid_t));
        for (size_t i = 0; i < processes->count; i++)
                reading->pids[i] = processes->list[i].pid;
        if (processes->count)
                qsort(reading->pids, processes->count, sizeof(pid_t), compare_pids);
}

struct container *reading_add(struct reading *reading, const char *engine, const char *source)
{
        struct container *container;

        reading->list = grow(reading->list, reading->count, &reading->room, sizeof(*reading->list));
        container = &reading->list[reading->count++];
        *container = (struct container){.engine = engine, .source = xasprintf("%s", source)};
        return container;
}

void reading_used(struct reading *reading, const char *source)
{
        reading->sources = grow(reading->sources, reading->source_count, &reading->source_room,
                                sizeof(*reading->sources));
        reading->sources[reading->source_count++] = xasprintf("%s", source);
}

/* --- folders and files ---------------------------------------------------------------------- */

/* Things come and go while they are read; and what only root may read is not missed. */
static bool is_silent(int r)
{
        return r == -ENOENT || r == -ENOTDIR || root_is_needed(-r);
}

static void passed_over(struct place *place, const char *name, const char *why)
{
        char *const path = place_path(place, name);

        if (!place->warned)
                warn("%s: not read: %s", quoted(path, strlen(path), PATH_MAX), why);
        place->warned = true;
        free(path);
}

bool place_open(struct place *place, const char *path)
{
        *place = (struct place){.path = xasprintf("%s", path),
                                .fd = root_open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK)};
        if (place->fd >= 0)
                return true;
        if (!is_silent(place->fd))
                passed_over(place, ".", root_reason(place->fd));
        free(place->path);
        return false;
}

void place_close(struct place *place)
{
        close(place->fd);
        free(place->path);
}

char *place_path(const struct place *place, const char *name)
{
        return strcmp(name, ".") == 0 ? xasprintf("%s%s", root_folder(), place->path)
                                      : xasprintf("%s%s/%s", root_folder(), place->path, name);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

char **place_list(struct place *place, const char *folder)
{
        const int fd = root_open_beneath(place->fd, folder, O_RDONLY | O_DIRECTORY);
        DIR *const directory = fd < 0 ? NULL : fdopendir(fd);
        size_t count = 0, room = 0;
        const struct dirent *entry;
        char **names = grow(NULL, 0, &room, sizeof(*names));

        if (fd < 0 && !is_silent(fd))
                passed_over(place, folder, root_reason(fd));
        while (directory && (entry = readdir(directory))) {
                if (*entry->d_name == '.')
                        continue;
                names[count++] = xasprintf("%s", entry->d_name);
                names = grow(names, count, &room, sizeof(*names));
        }
        if (directory)
                closedir(directory);
        names[count] = NULL;
        qsort(names, count, sizeof(*names), compare_names);
        return names;
}

char *place_link(const struct place *place, const char *name)
{
        char target[PATH_MAX];
        const ssize_t n = readlinkat(place->fd, name, target, sizeof(target));

        return n > 0 && n < (ssize_t)sizeof(target) ? xstrndup(target, (size_t)n) : NULL;
}

static int read_file(int folder, const char *name, size_t size_max, struct text *text,
                     struct timespec *since)
{
        const int fd = root_open_beneath(folder, name, O_RDONLY);
        struct stat status;

        if (fd < 0)
                return fd;
        if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
                close(fd);
                return -EINVAL;
        }
        if (status.st_size > (off_t)size_max) {
                close(fd);
                return -EFBIG;
        }
        if (since)
                *since = status.st_mtim;
        return root_read_open(fd, text);
}

bool place_read(struct place *place, const char *name, size_t size_max, struct text *text,
                struct timespec *since)
{
        const int r = read_file(place->fd, name, size_max, text, since);

        if (r < 0 && !is_silent(r))
                passed_over(place, name, root_reason(r));
        return r == 0;
}

json_object *place_read_json(struct place *place, const char *name, size_t size_max, json_type type,
                             struct timespec *since)
{
        static const char *const reasons[] = {
            [JSON_TEXT_NO_MEMORY] = "no memory",
            [JSON_TEXT_ODD] = "not the JSON that is expected",
            [JSON_TEXT_TWICE] = "a name occurs twice",
        };
        enum json_text_fault fault;
        struct text text;
        json_object *value;

        if (!place_read(place, name, size_max, &text, since))
                return NULL;
        value = json_text_parse(text.bytes, text.size, type, &fault);
        if (!value)
                passed_over(place, name, reasons[fault]);
        free((char *)text.bytes);
        return value;
}

void place_odd(struct place *place, const char *name)
{
        passed_over(place, name, "a form that is not known");
}

/* --- what stands in them -------------------------------------------------------------------- */

bool is_container_id(const char *text)
{
        static const char letters[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "_-.";
        const size_t length = strlen(text);

        return length > 0 && length < 256 && strspn(text, letters) == length &&
               !strchr("_-.", *text);
}

json_object *json_member(json_object *object, const char *name, json_type type)
{
        json_object *member;

        return json_object_is_type(object, json_type_object) &&
                       json_object_object_get_ex(object, name, &member) &&
                       json_object_is_type(member, type)
                   ? member
                   : NULL;
}

const char *json_text_of(json_object *object, const char *name)
{
        json_object *const member = json_member(object, name, json_type_string);
        const char *const text = member ? json_object_get_string(member) : NULL;

        return text && *text ? text : NULL;
}

char *json_copy_of(json_object *object, const char *name)
{
        const char *const text = json_text_of(object, name);

        return text ? xasprintf("%s", text) : NULL;
}

static bool get_id(json_object *mapping, const char *name, uint32_t *id)
{
        json_object *const member = json_member(mapping, name, json_type_int);
        const int64_t number = member ? json_object_get_int64(member) : -1;

        if (number < 0 || number > UINT32_MAX)
                return false;
        *id = (uint32_t)number;
        return true;
}

static bool take_map(json_object *mappings, const struct mapping_names *names,
                     struct container *container, enum subid_database database)
{
        size_t size;
        struct extent *map;

        if (!mappings)
                return true;
        if (!json_object_is_type(mappings, json_type_array))
                return false;
        size = json_object_array_length(mappings);
        if (size > EXTENTS_MAX)
                return false;
        map = xcalloc(size, sizeof(*map));
        for (size_t i = 0; i < size; i++) {
                json_object *const mapping = json_object_array_get_idx(mappings, i);
                struct extent *const extent = &map[i];

                if (!get_id(mapping, names->inside, &extent->inside) ||
                    !get_id(mapping, names->outside, &extent->outside) ||
                    !get_id(mapping, names->count, &extent->count) ||
                    extent->count > UINT64_C(0x100000000) - extent->inside ||
                    extent->count > UINT64_C(0x100000000) - extent->outside) {
                        free(map);
                        return false;
                }
        }
        container->maps[database] = map;
        container->map_sizes[database] = size;
        return true;
}

bool take_maps(json_object *object, const char *uids, const char *gids,
               const struct mapping_names *names, struct container *container)
{
        json_object *users = NULL, *groups = NULL;

        if (object) {
                json_object_object_get_ex(object, uids, &users);
                json_object_object_get_ex(object, gids, &groups);
        }
        if (take_map(users, names, container, SUBID_USERS) &&
            take_map(groups, names, container, SUBID_GROUPS))
                return true;
        container->map_sizes[SUBID_USERS] = container->map_sizes[SUBID_GROUPS] = 0;
        return false;
}

bool is_running(const struct reading *reading, int64_t pid)
{
        const pid_t wanted = (pid_t)pid;

        return pid > 0 && pid <= INT32_MAX && reading->processes &&
               bsearch(&wanted, reading->pids, reading->processes->count, sizeof(wanted),
                       compare_pids);
}

struct timespec parse_time(const char *text)
{
        struct timespec time = {.tv_sec = 0};
        struct tm parts = {.tm_isdst = 0};
        const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
        int hours, minutes;

        if (!rest)
                return time;
        if (*rest == '.') {
                long unit = 100000000;

                for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
                        time.tv_nsec += (*rest - '0') * unit;
        }
        time.tv_sec = timegm(&parts);
        if (sscanf(rest, "%*1[+-]%2d:%2d", &hours, &minutes) == 2)
                time.tv_sec -= (*rest == '-' ? -60L : 60L) * (60 * hours + minutes);
        else if (strcmp(rest, "Z") != 0)
                return (struct timespec){.tv_sec = 0};
        /* Go's zero time. */
        return time.tv_sec > 0 ? time : (struct timespec){.tv_sec = 0};
}
