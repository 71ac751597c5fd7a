/* SPDX-License-Identifier: MIT */
#include "file_ids.h"

#include "child.h"
#include "subid_file.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void look(struct file_ids *file)
{
        const int fd = open(file->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct statx status;
        char link[32];
        ssize_t n;

        if (fd < 0 ||
            statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &status) != 0) {
                file->error = errno;
                return;
        }
        file->ids[SUBID_USERS] = status.stx_uid;
        file->ids[SUBID_GROUPS] = status.stx_gid;
        file->changed =
            (struct timespec){status.stx_ctime.tv_sec, (long int)status.stx_ctime.tv_nsec};
        if (status.stx_mask & STATX_MNT_ID)
                file->mount = status.stx_mnt_id;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, file->seen, sizeof(file->seen) - 1);
        file->seen[n > 0 ? n : 0] = '\0';
        close(fd);
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
