/* SPDX-License-Identifier: MIT */
#include "file_ids.h"

#include "child.h"
#include "root.h"
#include "subid_file.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Whether the options of a mount, of which /proc/self/mountinfo has a line, have "idmapped": the
 * kernel writes it since there are such mounts (5.12). Without it nothing is said.
 */
static bool is_idmapped(uint64_t mount)
{
        static struct text mounts;
        struct text rest, line;

        if (!mounts.bytes && root_read("/proc/self/mountinfo", &mounts) < 0)
                return false;
        rest = mounts;
        while (take_line(&rest, &line)) {
                /* ID, parent, device, root, mount point, options; blanks in them are escaped. */
                char *fields, *options = NULL, *option;

                if (strtoull(line.bytes, NULL, 10) != mount)
                        continue;
                fields = xstrndup(line.bytes, line.size);
                for (int i = 0; i < 6; i++)
                        options = strsep(&fields, " ");
                while ((option = strsep(&options, ",")))
                        if (strcmp(option, "idmapped") == 0)
                                return true;
                return false;
        }
        return false;
}

static void look(struct file_ids *file)
{
        struct statx status;

        if (statx(AT_FDCWD, file->path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
                  STATX_BASIC_STATS | STATX_MNT_ID, &status) != 0) {
                file->error = errno;
                return;
        }
        file->ids[SUBID_USERS] = status.stx_uid;
        file->ids[SUBID_GROUPS] = status.stx_gid;
        file->changed = (struct timespec){status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec};
        file->idmapped = (status.stx_mask & STATX_MNT_ID) && is_idmapped(status.stx_mnt_id);
}

struct questions {
        const struct file_ids *files;
        size_t count;
};

/* Runs in the child. */
static void look_at_all(int to, const void *data)
{
        const struct questions *const questions = data;

        for (size_t i = 0; i < questions->count; i++) {
                struct file_ids file = {.path = questions->files[i].path};

                look(&file);
                if (!write_all(to, (const char *)&file, sizeof(file)))
                        return;
        }
}

void files_ask(struct file_ids *files, size_t count)
{
        static int64_t left = CHILD_WAIT_ALL_MS;

        while (count > 0) {
                const struct questions questions = {files, count};
                const size_t answers = left > 0 ? child_answers(look_at_all, &questions, files,
                                                                sizeof(*files), count, &left)
                                                : 0;

                files += answers;
                count -= answers;
                if (count == 0)
                        break;
                files->error = ETIMEDOUT;
                files++;
                count--;
        }
}
