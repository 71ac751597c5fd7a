/* SPDX-License-Identifier: MIT */
/*
 * libsubid_test.so: a plugin of libsubid that answers as /etc/directory says (shadow, lib/nss.c and
 * lib/prototypes.h). A line is "OWNER|uid ANSWER..." or "OWNER|gid ANSWER...", where an answer is
 * START:COUNT or one of the words below; who has no line is an unknown user. The owner bulkN has
 * 65,536 IDs from N * 65,536 on.
 */
#include <errno.h>
#include <shadow/subid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum subid_status shadow_subid_list_owner_ranges(const char *owner, enum subid_type type,
                                                 struct subid_range **ranges, int *count);
enum subid_status shadow_subid_has_range(const char *owner, unsigned long start, unsigned long ids,
                                         enum subid_type type, bool *result);
enum subid_status shadow_subid_find_subid_owners(unsigned long id, enum subid_type type,
                                                 uid_t **uids, int *count);
void shadow_subid_free(void *memory);

enum { RANGES_MAX = 100000 };

static enum subid_status answer(const char *word, struct subid_range **ranges, int *count)
{
        struct subid_range *const range = &(*ranges)[*count];

        if (strcmp(word, "none") == 0)
                return SUBID_STATUS_SUCCESS;
        if (strcmp(word, "down") == 0)
                return SUBID_STATUS_ERROR_CONN;
        if (strcmp(word, "hang") == 0)
                for (;;)
                        pause();
        if (strcmp(word, "crash") == 0)
                raise(SIGSEGV);
        if (strcmp(word, "fork") == 0) { /* as one that starts a daemon */
                int ready[2];
                char byte;

                if (pipe(ready) != 0)
                        return SUBID_STATUS_ERROR;
                if (fork() == 0) {
                        setsid();
                        close(ready[0]);
                        close(ready[1]);
                        sleep(300);
                        _exit(0);
                }
                /* Not before it has left the group of this process, which may be ended as a whole.
                 */
                close(ready[1]);
                while (read(ready[0], &byte, 1) < 0 && errno == EINTR)
                        ;
                close(ready[0]);
                return SUBID_STATUS_SUCCESS;
        }
        if (strcmp(word, "exit") == 0)
                exit(0);
        if (strcmp(word, "wild") == 0) { /* more than there are */
                *count = 2147483647;
                return SUBID_STATUS_SUCCESS;
        }
        if (strcmp(word, "negative") == 0) {
                *count = -7;
                return SUBID_STATUS_SUCCESS;
        }
        if (strcmp(word, "many") == 0) { /* more than fit into 32 bits */
                *count = RANGES_MAX;
                return SUBID_STATUS_SUCCESS;
        }
        if (sscanf(word, "%lu:%lu", &range->start, &range->count) != 2)
                return SUBID_STATUS_ERROR;
        (*count)++;
        return SUBID_STATUS_SUCCESS;
}

enum subid_status shadow_subid_list_owner_ranges(const char *owner, enum subid_type type,
                                                 struct subid_range **ranges, int *count)
{
        const char *const kind = type == ID_TYPE_UID ? "uid" : "gid";
        FILE *file;
        char line[4096];
        unsigned long n;
        const bool is_bulk = sscanf(owner, "bulk%lu", &n) == 1;

        *count = 0;
        *ranges = calloc(is_bulk ? 1 : RANGES_MAX, sizeof(**ranges));
        if (!*ranges)
                return SUBID_STATUS_ERROR;
        if (is_bulk) {
                **ranges = (struct subid_range){n * 65536, 65536};
                *count = 1;
                return SUBID_STATUS_SUCCESS;
        }
        file = fopen("/etc/directory", "re");
        if (!file)
                return SUBID_STATUS_ERROR_CONN;
        while (fgets(line, sizeof(line), file)) {
                char *save, *word = strtok_r(line, "|", &save);

                if (!word || strcmp(word, owner) != 0)
                        continue;
                word = strtok_r(NULL, " \n", &save);
                if (!word || strcmp(word, kind) != 0)
                        continue;
                while ((word = strtok_r(NULL, " \n", &save))) {
                        const enum subid_status status = answer(word, ranges, count);

                        if (status != SUBID_STATUS_SUCCESS) {
                                fclose(file);
                                return status;
                        }
                }
                fclose(file);
                return SUBID_STATUS_SUCCESS;
        }
        fclose(file);
        return SUBID_STATUS_UNKNOWN_USER;
}

/* Not asked, but libsubid takes no plugin without these. */
enum subid_status shadow_subid_has_range(const char *owner, unsigned long start, unsigned long ids,
                                         enum subid_type type, bool *result)
{
        (void)owner, (void)start, (void)ids, (void)type;
        *result = false;
        return SUBID_STATUS_ERROR;
}

enum subid_status shadow_subid_find_subid_owners(unsigned long id, enum subid_type type,
                                                 uid_t **uids, int *count)
{
        (void)id, (void)type, (void)uids;
        *count = 0;
        return SUBID_STATUS_ERROR;
}

void shadow_subid_free(void *memory)
{
        free(memory);
}
