/* SPDX-License-Identifier: MIT */
#include "kubelet.h"

#include "child.h"
#include "json_text.h"
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/var/lib/kubelet"
#define LOGS "/var/log/pods"

/* Of what a process tells, and of a file, in bytes; the kubelet's own are a few thousand long. */
#define TEXT_MAX ((size_t)1 << 20)

/* --- the configuration ------------------------------------------------------------------------ */

/* The keys that are wanted; the one with a dot stands in the object in front of it. */
enum key { KIND, MAX_PODS, IDS_PER_POD, LOGS_FOLDER, KEYS };
static const char *const keys[KEYS] = {"kind", "maxPods", "userNamespaces.idsPerPod", "podLogsDir"};

/* Their values as text; NULL: not there, or null. */
struct values {
        const char *list[KEYS];
};

static void take(struct values *values, const char *parent, const char *name, const char *value)
{
        const char *const key = *parent ? xasprintf("%s.%s", parent, name) : name;

        for (size_t i = 0; i < KEYS; i++)
                if (strcmp(key, keys[i]) == 0)
                        values->list[i] = value;
}

static void take_member(struct values *values, const char *parent, json_object *object,
                        const char *name)
{
        json_object *const value = json_object_object_get(object, name);

        take(values, parent, name, value ? json_object_get_string(value) : NULL);
}

static bool read_json(struct text text, struct values *values)
{
        enum json_text_fault fault;
        json_object *const object = json_text_parse(text.bytes, text.size, &fault), *inner;

        if (!object)
                return false;
        for (size_t i = 0; i < KEYS; i++) {
                const char *const dot = strchr(keys[i], '.');
                const char *const outer = dot ? xstrndup(keys[i], (size_t)(dot - keys[i])) : "";

                if (!dot)
                        take_member(values, "", object, keys[i]);
                else if (json_object_object_get_ex(object, outer, &inner) && inner) {
                        if (!json_object_is_type(inner, json_type_object))
                                return false;
                        take_member(values, outer, inner, dot + 1);
                }
        }
        return true;
}

/*
 * Takes a scalar of one line from the beginning of a text: plain, or in quotation marks without
 * escapes. What stands behind it may be a comment. Returns NULL if it is something else, and the
 * empty text if there is none.
 */
static char *take_scalar(struct text *text)
{
        const char *const begin = text->bytes, *const end = begin + text->size, *p = begin;
        char *scalar;

        if (p < end && (*p == '"' || *p == '\'')) {
                const char quote = *p++;

                while (p < end && *p != quote)
                        if (*p++ == '\\')
                                return NULL;
                if (p == end)
                        return NULL;
                p++;
                scalar = xstrndup(begin + 1, (size_t)(p - begin) - 2);
        } else {
                /* A mark, a list, an object, or a text of several lines. */
                if (p < end && strchr("&*!|>{}[]%@`?", *p))
                        return NULL;
                while (p < end && !(*p == '#' && (p == begin || is_blank(p[-1]))) &&
                       !(*p == ':' && (p + 1 == end || is_blank(p[1]))))
                        p++;
                scalar = xstrndup(begin, (size_t)(p - begin));
                for (size_t length = strlen(scalar); length > 0 && is_blank(scalar[length - 1]);)
                        scalar[--length] = '\0';
        }
        *text = (struct text){p, (size_t)(end - p)};
        return scalar;
}

static void pass_blanks(struct text *text)
{
        while (text->size > 0 && is_blank(*text->bytes)) {
                text->bytes++;
                text->size--;
        }
}

/* Whether nothing follows but blanks and a comment. */
static bool is_over(struct text text)
{
        pass_blanks(&text);
        return text.size == 0 || *text.bytes == '#';
}

/* Takes "key: value". Returns false if it is something else; *value is NULL if that is no scalar.
 */
static bool take_pair(struct text line, char **key, char **value)
{
        *key = take_scalar(&line);
        if (!*key || !**key || line.size == 0 || *line.bytes != ':')
                return false;
        line.bytes++;
        line.size--;
        pass_blanks(&line);
        *value = take_scalar(&line);
        if (*value && !is_over(line))
                *value = NULL;
        return true;
}

static const char *not_null(const char *scalar)
{
        return strcmp(scalar, "") == 0 || strcmp(scalar, "~") == 0 || strcmp(scalar, "null") == 0
                   ? NULL
                   : scalar;
}

/* Whether this is a key that is wanted, or the object that it stands in. */
static bool is_wanted(const char *parent, const char *name)
{
        const char *const key = *parent ? xasprintf("%s.%s", parent, name) : name;

        for (size_t i = 0; i < KEYS; i++)
                if (strncmp(keys[i], key, strlen(key)) == 0 && strchr(".", keys[i][strlen(key)]))
                        return true;
        return false;
}

/* Whether a document begins or ends with this line. */
static bool is_marker(struct text line)
{
        return line.size >= 3 &&
               (memcmp(line.bytes, "---", 3) == 0 || memcmp(line.bytes, "...", 3) == 0) &&
               is_over((struct text){line.bytes + 3, line.size - 3});
}

/*
 * YAML as people and kubeadm write it: a key and its value on a line, an object's members further
 * in. Whatever else stands where a wanted key is, or where no indent tells what a line belongs to,
 * is not guessed at.
 */
static bool read_yaml(struct text text, struct values *values)
{
        const char *parent = "";
        size_t inner = 0;
        bool begun = false;
        struct text line;

        while (take_line(&text, &line)) {
                size_t indent = 0;
                char *key, *value;

                while (indent < line.size && line.bytes[indent] == ' ')
                        indent++;
                line.bytes += indent;
                line.size -= indent;
                if (is_over(line))
                        continue;
                if (indent == 0 && is_marker(line)) {
                        if (begun)
                                break;
                        begun = true;
                        continue;
                }
                begun = true;
                /* Members of a list, which may stand no further in than its key. */
                if (*line.bytes == '-' && (line.size == 1 || is_blank(line.bytes[1])))
                        continue;
                if (indent == 0)
                        parent = "";
                else if (!*parent)
                        continue;
                if (indent > 0 && inner == 0)
                        inner = indent;
                if (indent > 0 && indent != inner)
                        continue;
                if (!take_pair(line, &key, &value))
                        return false;
                if (!is_wanted(parent, key))
                        continue;
                if (!value)
                        return false;
                if (indent == 0) {
                        parent = key;
                        inner = 0;
                        take(values, "", key, not_null(value));
                } else {
                        take(values, parent, key, not_null(value));
                }
        }
        return true;
}

/* Returns what is wrong, or NULL. */
static const char *read_values(const char *path, struct values *values)
{
        struct text text, rest;
        const int r = root_read(path, &text);

        if (r < 0)
                return root_reason(r);
        if (text.size > TEXT_MAX)
                return root_reason(-EFBIG);
        rest = text;
        pass_blanks(&rest);
        if (rest.size > 0 && *rest.bytes == '{' ? read_json(rest, values) : read_yaml(text, values))
                return NULL;
        return "neither JSON nor plain YAML";
}

/* Returns false if it is no number that counts; 0 is none, too, and means what is usual. */
static bool take_number(const char *text, uint64_t *number)
{
        unsigned long long value;

        if (!text)
                return true;
        if (!*text || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text))
                return false;
        value = strtoull(text, NULL, 10);
        if (value > UINT32_MAX)
                return false;
        if (value > 0)
                *number = value;
        return true;
}

static void set_trouble(struct kubelet *kubelet, const char *path, const char *why)
{
        if (!kubelet->trouble)
                kubelet->trouble = xasprintf("%s%s: %s", root_folder(),
                                             printable(path, strlen(path), SIZE_MAX), why);
}

/* Takes what a file says, over what others have said. */
static void take_values(struct kubelet *kubelet, const char *path, const struct values *values)
{
        if (!take_number(values->list[MAX_PODS], &kubelet->max_pods) ||
            !take_number(values->list[IDS_PER_POD], &kubelet->ids_per_pod))
                set_trouble(kubelet, path, "a number is none");
        if (values->list[IDS_PER_POD])
                kubelet->file = path;
        if (values->list[LOGS_FOLDER] && *values->list[LOGS_FOLDER] == '/')
                kubelet->logs = values->list[LOGS_FOLDER];
}

static void read_file(struct kubelet *kubelet, const char *path)
{
        struct values values = {{NULL}};
        const char *const wrong = read_values(path, &values);

        if (wrong)
                set_trouble(kubelet, path, wrong);
        else
                take_values(kubelet, path, &values);
}

/* Drop-ins are laid over the file one after another. */
static void read_folder(struct kubelet *kubelet, const char *folder)
{
        char **paths;
        const int r = root_list(folder, ".conf", &paths);

        if (r < 0)
                set_trouble(kubelet, folder, root_reason(r));
        else
                for (; *paths; paths++)
                        read_file(kubelet, *paths);
}

/*
 * Where kubeadm, OpenShift, Amazon's and Google's images have it. Some have a file of another kind
 * there.
 */
static void read_usual_file(struct kubelet *kubelet)
{
        static const char *const usual[] = {FOLDER "/config.yaml", "/etc/kubernetes/kubelet.conf",
                                            "/etc/kubernetes/kubelet/config.json",
                                            "/etc/kubernetes/kubelet/kubelet-config.json",
                                            "/home/kubernetes/kubelet-config.yaml"};

        for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
                struct values values = {{NULL}};
                const char *wrong;

                if (!root_exists(usual[i]))
                        continue;
                wrong = read_values(usual[i], &values);
                if (wrong)
                        set_trouble(kubelet, usual[i], wrong);
                else if (!values.list[KIND] ||
                         strcmp(values.list[KIND], "KubeletConfiguration") != 0)
                        continue;
                else
                        take_values(kubelet, usual[i], &values);
                kubelet->here = true;
                return;
        }
}

/* --- the process ------------------------------------------------------------------------------ */

/* What a child tells of it. */
enum told { STATUS, ARGUMENTS, ENVIRONMENT, TOLD };

/* Writes for each the size, or a negative errno, and the bytes. Runs in a child. */
static void tell(int to, const void *data)
{
        static const char *const names[TOLD] = {"status", "cmdline", "environ"};
        const int folder = process_open(data);

        for (size_t i = 0; folder >= 0 && i < TOLD; i++) {
                const int fd = openat(folder, names[i], O_RDONLY | O_CLOEXEC);
                struct text text = {"", 0};
                const int r = fd < 0 ? -errno : root_read_open(fd, &text);
                const int64_t size = r < 0 ? r : (int64_t)text.size;

                if (!write_all(to, (const char *)&size, sizeof(size)) ||
                    (size > 0 && !write_all(to, text.bytes, text.size)))
                        return;
        }
}

/* Returns false if the process is gone or does not answer. What it refuses has no bytes. */
static bool ask(const struct process *process, struct text told[TOLD])
{
        const struct child child = child_start(tell, process);
        const int64_t deadline = now_ms() + CHILD_WAIT_MS;
        bool good = true;

        for (size_t i = 0; i < TOLD && good; i++) {
                int64_t size;

                good = child_read(&child, &size, sizeof(size), deadline) == sizeof(size) &&
                       size <= (int64_t)TEXT_MAX;
                told[i] = (struct text){NULL, 0};
                if (good && size > 0) {
                        char *const bytes = xcalloc(1, (size_t)size + 1);

                        good = child_read(&child, bytes, (size_t)size, deadline) == size;
                        told[i] = (struct text){bytes, (size_t)size};
                }
        }
        child_end(&child);
        return good;
}

/* Whether it is in no PID namespace but the one of this /proc: that of a node in a container is. */
static bool is_of_this_machine(struct text status)
{
        const char *const pids = status.size ? strstr(status.bytes, "\nNSpid:\t") : NULL;

        return !pids || strcspn(pids + 8, "\t") >= strcspn(pids + 8, "\n");
}

/* Takes the next of several texts, each of which has a NUL behind it; NULL: there is none. */
static const char *take_text(struct text *texts)
{
        const char *const text = texts->bytes;
        size_t length;

        if (texts->size == 0)
                return NULL;
        /* Behind the last one ask() has put one. */
        length = strlen(text) + 1;
        length = length < texts->size ? length : texts->size;
        texts->bytes += length;
        texts->size -= length;
        return text;
}

/* The last value of an option, "--NAME=VALUE" or "--NAME" and "VALUE"; NULL: not given. */
static const char *option_of(struct text arguments, const char *name)
{
        const char *argument, *value = NULL;
        const size_t length = strlen(name);

        while ((argument = take_text(&arguments))) {
                if (strncmp(argument, name, length) != 0)
                        continue;
                if (argument[length] == '=')
                        value = argument + length + 1;
                else if (argument[length] == '\0')
                        value = take_text(&arguments);
        }
        return value && *value ? value : NULL;
}

static const char *path_of(struct text environment)
{
        const char *variable;

        while ((variable = take_text(&environment)))
                if (strncmp(variable, "PATH=", 5) == 0)
                        return variable + 5;
        return environment.bytes ? "" : NULL;
}

/* Its working directory is the topmost one as a rule. */
static const char *absolute(const char *path)
{
        return *path == '/' ? path : xasprintf("/%s", path);
}

static void take_arguments(struct kubelet *kubelet, struct text arguments)
{
        const char *const file = option_of(arguments, "--config");
        const char *const folder = option_of(arguments, "--config-dir");
        const char *const root = option_of(arguments, "--root-dir");
        const char *const pods = option_of(arguments, "--max-pods");

        if (file)
                read_file(kubelet, absolute(file));
        if (folder)
                read_folder(kubelet, absolute(folder));
        if (root)
                kubelet->folder = absolute(root);
        if (pods && !take_number(pods, &kubelet->max_pods))
                set_trouble(kubelet, "--max-pods", "a number is none");
}

/* Root's, in no user namespace, of this name. */
static bool find_process(const struct processes *processes, struct kubelet *kubelet,
                         struct text told[TOLD])
{
        for (size_t i = 0; i < processes->count; i++) {
                const struct process *const process = &processes->list[i];

                if (strcmp(process->name, "kubelet") != 0 || process->ids[SUBID_USERS] != 0 ||
                    !processes->namespaces[process->userns].own || !ask(process, told) ||
                    !is_of_this_machine(told[STATUS]))
                        continue;
                kubelet->process = process;
                return true;
        }
        return false;
}

void kubelet_find(const struct processes *processes, struct kubelet *kubelet)
{
        struct text told[TOLD];

        *kubelet =
            (struct kubelet){.folder = FOLDER,
                             .logs = LOGS,
                             /* systemd.exec(5); where /usr is apart, with the last two. */
                             .path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                             .ids_per_pod = 65536,
                             .max_pods = 110};
        if (processes && find_process(processes, kubelet, told)) {
                kubelet->here = true;
                kubelet->path = path_of(told[ENVIRONMENT]);
                if (told[ARGUMENTS].size > 0) {
                        take_arguments(kubelet, told[ARGUMENTS]);
                        return;
                }
        }
        read_usual_file(kubelet);
        kubelet->here |= root_exists(xasprintf("%s/pods", kubelet->folder));
}

/* --- pods on record --------------------------------------------------------------------------- */

static bool take_id(json_object *mapping, const char *name, uint32_t *id)
{
        json_object *value;
        int64_t number;

        if (!json_object_object_get_ex(mapping, name, &value) ||
            !json_object_is_type(value, json_type_int))
                return false;
        number = json_object_get_int64(value);
        *id = (uint32_t)number;
        return number >= 0 && number <= UINT32_MAX;
}

static bool take_mapping(json_object *record, const char *name, struct extent *map)
{
        json_object *list, *mapping;

        if (!json_object_object_get_ex(record, name, &list) ||
            !json_object_is_type(list, json_type_array) || json_object_array_length(list) != 1)
                return false;
        mapping = json_object_array_get_idx(list, 0);
        return json_object_is_type(mapping, json_type_object) &&
               take_id(mapping, "hostId", &map->outside) &&
               take_id(mapping, "containerId", &map->inside) &&
               take_id(mapping, "length", &map->count);
}

static bool parse_record(struct text text, struct kubelet_pod *pod)
{
        enum json_text_fault fault;
        json_object *const record = json_text_parse(text.bytes, text.size, &fault);
        const bool good = record && take_mapping(record, "uidMappings", &pod->map[SUBID_USERS]) &&
                          take_mapping(record, "gidMappings", &pod->map[SUBID_GROUPS]);

        if (record)
                json_object_put(record);
        return good;
}

/* Returns false if the pod has no IDs of its own, or is gone. */
static bool read_record(struct kubelet_pod *pod)
{
        struct text text;
        const int r = root_read(pod->path, &text);

        if (r == -ENOENT || r == -ENOTDIR || (r == 0 && text.size == 0))
                return false;
        if (r < 0)
                pod->trouble = root_reason(r);
        else if (text.size > TEXT_MAX || !parse_record(text, pod))
                pod->trouble = "no record of a pod's IDs";
        return true;
}

ssize_t kubelet_read_pods(const struct kubelet *kubelet, struct kubelet_pod **pods)
{
        size_t count = 0, room = 0;
        char **folders;
        const int r = root_list(xasprintf("%s/pods", kubelet->folder), "", &folders);

        *pods = NULL;
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        for (; *folders; folders++) {
                struct kubelet_pod pod = {.uid = strrchr(*folders, '/') + 1,
                                          .path = xasprintf("%s/userns", *folders)};

                if (!read_record(&pod))
                        continue;
                *pods = grow(*pods, count, &room, sizeof(**pods));
                (*pods)[count++] = pod;
        }
        return (ssize_t)count;
}
