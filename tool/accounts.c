/* SPDX-License-Identifier: MIT */
#include "accounts.h"

#include "child.h"
#include "nsswitch.h"
#include "progress.h"
#include "root.h"

#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* For all that another service is asked, in milliseconds. */
#define PATIENCE_MS 5000

static int compare_ids(const void *a, const void *b)
{
        const struct account *const x = a, *const y = b;

        if (x->id != y->id)
                return x->id < y->id ? -1 : 1;
        return (x->line > y->line) - (x->line < y->line);
}

static struct text name_of(const struct account *account)
{
        return (struct text){account->name, account->name_length};
}

static int compare_by_name(const void *a, const void *b)
{
        const struct account *const x = *(struct account *const *)a;
        const struct account *const y = *(struct account *const *)b;
        const int order = text_compare(name_of(x), name_of(y));

        return order ? order : (x->line > y->line) - (x->line < y->line);
}

void accounts_read_file(const char *path, struct accounts *accounts)
{
        struct text text, line;
        size_t room = 0;
        const int r = root_read(path, &text);

        *accounts = (struct accounts){.count = 0};
        if (r < 0 && r != -ENOENT)
                root_die(path, r);
        if (r < 0)
                return;
        for (unsigned long number = 1; take_line(&text, &line); number++) {
                struct subid_account account;

                if (!subid_account_parse(line.bytes, line.size, &account))
                        continue;
                accounts->by_id =
                    grow(accounts->by_id, accounts->count, &room, sizeof(*accounts->by_id));
                accounts->by_id[accounts->count++] =
                    (struct account){account.name, account.name_length, account.id, path, number};
        }
        if (accounts->count == 0)
                return;
        qsort(accounts->by_id, accounts->count, sizeof(*accounts->by_id), compare_ids);
        accounts->by_name = xcalloc(accounts->count, sizeof(struct account *));
        for (size_t i = 0; i < accounts->count; i++)
                accounts->by_name[i] = &accounts->by_id[i];
        qsort(accounts->by_name, accounts->count, sizeof(struct account *), compare_by_name);
}

void accounts_read(enum subid_database database, struct accounts *accounts)
{
        accounts_read_file(subid_account_paths[database], accounts);
}

size_t accounts_from(const struct accounts *accounts, uint64_t id)
{
        size_t first = 0, end = accounts->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (accounts->by_id[middle].id < id)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

const struct account *accounts_with_id(const struct accounts *accounts, uint32_t id)
{
        const size_t i = accounts_from(accounts, id);

        return i < accounts->count && accounts->by_id[i].id == id ? &accounts->by_id[i] : NULL;
}

const struct account *accounts_named(const struct accounts *accounts, const char *name,
                                     size_t length)
{
        const struct text wanted = {name, length};
        size_t first = 0, end = accounts->count;

        while (first < end) {
                const size_t middle = first + (end - first) / 2;

                if (text_compare(name_of(accounts->by_name[middle]), wanted) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first < accounts->count &&
                       text_compare(name_of(accounts->by_name[first]), wanted) == 0
                   ? accounts->by_name[first]
                   : NULL;
}

struct text account_field(struct text line, int number)
{
        const char *const end = line.bytes + line.size, *begin = line.bytes, *colon;

        for (; number > 0; number--) {
                colon = memchr(begin, ':', (size_t)(end - begin));
                if (!colon)
                        return (struct text){end, 0};
                begin = colon + 1;
        }
        colon = memchr(begin, ':', (size_t)(end - begin));
        return (struct text){begin, (size_t)((colon ? colon : end) - begin)};
}

bool take_member(struct text *list, struct text *name)
{
        const char *comma;

        if (list->size == 0)
                return false;
        comma = memchr(list->bytes, ',', list->size);
        *name = (struct text){list->bytes, comma ? (size_t)(comma - list->bytes) : list->size};
        list->bytes += name->size + (comma != NULL);
        list->size -= name->size + (comma != NULL);
        /* As glibc does (nss/nss_files). */
        while (name->size && is_blank(*name->bytes)) {
                name->bytes++;
                name->size--;
        }
        return true;
}

bool owner_as_number(struct text owner, uint32_t *uid)
{
        uint64_t number = 0;

        for (size_t i = 0; i < owner.size; i++) {
                if (owner.bytes[i] < '0' || owner.bytes[i] > '9')
                        return false;
                number = number * 10 + (uint64_t)(owner.bytes[i] - '0');
                if (number > UINT32_MAX)
                        return false;
        }
        *uid = (uint32_t)number;
        return owner.size > 0;
}

/* The services besides files that are asked for users, as __nss_configure_lookup takes them. */
static char *other_services(void)
{
        const struct nsswitch_line *line;
        struct nsswitch nsswitch;
        char *services = xasprintf("%s", "");

        if (nsswitch_read(&nsswitch) < 0 || nsswitch_broken(&nsswitch) ||
            !(line = nsswitch_line_of(&nsswitch, "passwd")))
                return NULL;
        for (size_t i = 0; i < line->count; i++) {
                const struct nsswitch_service *const service = &line->services[i];
                const size_t begin = service->name.offset;

                if (!nsswitch_is(&nsswitch, service->name, "files"))
                        services = xasprintf(
                            "%s %s", services,
                            nsswitch_text(&nsswitch, (struct nsswitch_word){
                                                         begin, nsswitch_end(service) - begin}));
                else if (service->actions[NSSWITCH_NOTFOUND] == NSSWITCH_RETURN)
                        break;
        }
        return *services ? services : NULL;
}

struct question {
        const struct text *owners;
        size_t count;
        const struct identity *identities;
        const char *services;
};

/* In front of the name that is written. */
struct answer {
        bool known;
        uint32_t uid;
        size_t length; /* of the name */
};

/* Writes an answer for each owner who is not known yet. */
static void ask(int to, const void *data)
{
        const struct question *const question = data;

        if (__nss_configure_lookup("passwd", question->services) != 0)
                return;
        for (size_t i = 0; i < question->count; i++) {
                const struct text owner = question->owners[i];
                struct answer answer = {.known = false};
                const struct passwd *account;
                uint32_t uid;

                if (question->identities[i].known)
                        continue;
                account = getpwnam(xstrndup(owner.bytes, owner.size));
                if (!account && owner_as_number(owner, &uid))
                        account = getpwuid(uid);
                if (account)
                        answer = (struct answer){true, account->pw_uid, strlen(account->pw_name)};
                if (!write_all(to, (const char *)&answer, sizeof(answer)) ||
                    (account && !write_all(to, account->pw_name, answer.length)))
                        return;
        }
}

/* Returns false if there is no answer until the deadline, or one that makes no sense. */
static bool receive(const struct child *child, int64_t deadline, struct identity *identity)
{
        struct answer answer;
        char *name;

        if (child_read(child, &answer, sizeof(answer), deadline) != sizeof(answer) ||
            answer.length > SUBID_LINE_MAX)
                return false;
        name = xcalloc(answer.length, 1);
        if (child_read(child, name, answer.length, deadline) != (ssize_t)answer.length)
                return false;
        *identity = (struct identity){answer.known, answer.uid, {name, answer.length}};
        return true;
}

bool owners_identify(const struct accounts *users, const struct text *owners, size_t count,
                     struct identity *identities)
{
        const int64_t deadline = now_ms() + PATIENCE_MS;
        const char *services;
        struct child child;
        bool answered = true;
        size_t left = 0;

        for (size_t i = 0; i < count; i++) {
                const struct account *account =
                    accounts_named(users, owners[i].bytes, owners[i].size);
                uint32_t uid;

                if (!account && owner_as_number(owners[i], &uid))
                        account = accounts_with_id(users, uid);
                identities[i] = account ? (struct identity){true, account->id, name_of(account)}
                                        : (struct identity){.known = false};
                left += !account;
        }
        if (left == 0 || !root_is_running() || !(services = other_services()))
                return true;
        progress("asking the services of " NSSWITCH_FILE " for accounts");
        child = child_start(ask, &(struct question){owners, count, identities, services});
        for (size_t i = 0; i < count && answered; i++)
                if (!identities[i].known)
                        answered = receive(&child, deadline, &identities[i]);
        child_end(&child);
        return answered;
}
