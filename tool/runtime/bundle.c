/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "tool/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG "config.json"

static bool is_roots_alone(const struct stat *status)
{
        return status->st_uid == 0 && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Without what stands behind a folder's last name: a link would be followed for it. */
static bool copy_path(char copy[PATH_MAX], const char *path)
{
        size_t length = strlen(path);

        while (length > 1) {
                if (path[length - 1] == '/')
                        length--;
                else if (length > 2 && path[length - 1] == '.' && path[length - 2] == '/')
                        length -= 2;
                else
                        break;
        }
        if (length >= PATH_MAX)
                return false;
        memcpy(copy, path, length);
        copy[length] = '\0';
        return true;
}

/* Reads what the file has by its status, which has to be all that there is. */
static bool read_all(struct bundle *bundle)
{
        const size_t wanted = (size_t)bundle->status.st_size;

        bundle->text = malloc(wanted + 1);
        if (!bundle->text)
                return false;
        while (bundle->size <= wanted) {
                const ssize_t n =
                    read(bundle->file, bundle->text + bundle->size, wanted + 1 - bundle->size);

                if (n == 0)
                        return bundle->size == wanted;
                if (n < 0 && errno != EINTR)
                        return false;
                if (n > 0)
                        bundle->size += (size_t)n;
        }
        return false;
}

const char *bundle_open(struct bundle *bundle, const char *path, size_t size_max)
{
        char copy[PATH_MAX];
        struct stat *const status = &bundle->status;

        *bundle = (struct bundle){.folder = -1, .file = -1};
        if (!copy_path(copy, path))
                return "the bundle's name is too long";
        bundle->folder = open(copy, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (bundle->folder < 0)
                return "the bundle cannot be opened, or is a link";
        if (fstat(bundle->folder, status) < 0 || !is_roots_alone(status))
                return "the bundle's folder is not root's alone";
        bundle->file =
            openat(bundle->folder, CONFIG, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (bundle->file < 0)
                return "config.json cannot be opened, or is a link";
        if (fstat(bundle->file, status) < 0 || !S_ISREG(status->st_mode) || status->st_nlink != 1 ||
            !is_roots_alone(status))
                return "config.json is not root's alone, or no file with one name";
        if (status->st_size > (off_t)size_max)
                return "config.json is too large";
        if (!read_all(bundle))
                return "config.json cannot be read";
        return NULL;
}

void bundle_close(struct bundle *bundle)
{
        free(bundle->text);
        if (bundle->file >= 0)
                close(bundle->file);
        if (bundle->folder >= 0)
                close(bundle->folder);
}

const char *bundle_replace(const struct bundle *bundle, const char *text, size_t size)
{
        return replace_passing_file(bundle->folder, CONFIG, &bundle->status,
                                    (struct text){text, size})
                   ? "config.json cannot be replaced"
                   : NULL;
}
