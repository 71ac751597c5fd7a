/* SPDX-License-Identifier: MIT */
#include "checked.h"
#include "findings.h"

#include "../root.h"
#include "account_name.h"
#include "nss_subuid.h"

#include <errno.h>
#include <string.h>

/*
 * The group of all users of the module, by which daemons can refuse them: whether there is one, and
 * whether the module gives it to them.
 */

static void check_gid(const struct side *groups, const struct account *group)
{
        const struct place place = {group->path, group->line, 0};

        if (group->id == 0 || subid_excluded(group->id) ||
            segments_line_of(&groups->segments, group->id))
                report(ERROR, "group-id", place, "give it the GID of a system group",
                       "the group " GROUP_NAME " has the GID %u, which is %s: it is not used",
                       group->id,
                       group->id == 0 || subid_excluded(group->id) ? "somebody else's"
                                                                   : "in a range");
}

/* Real users in the group are refused by whoever refuses the group. */
static void check_members(const struct account *group, struct text list)
{
        struct text name;

        while (take_member(&list, &name)) {
                if (name.size == 0)
                        continue;
                report(WARNING, "group-members", (struct place){group->path, group->line, 0},
                       "take the members out",
                       "the group " GROUP_NAME " has members, as %s: daemons that refuse the group "
                       "refuse them too",
                       printable(name.bytes, name.size, SIZE_MAX));
                return;
        }
}

/*
 * With a line for initgroups, the search ends at a service that finds a group: a user of the module
 * who is a member of one in /etc/group then has no other.
 */
static void check_member_of(const struct checked *checked, struct text line, unsigned long number)
{
        struct text list = account_field(line, 3), name;
        struct subid_account group;

        if (!subid_account_parse(line.bytes, line.size, &group))
                return;
        while (take_member(&list, &name)) {
                uint32_t id;

                if (!account_name_parse(xstrndup(name.bytes, name.size), &id) ||
                    subid_excluded(id) || !segments_line_of(&checked->users.segments, id) ||
                    accounts_named(&checked->users.accounts, name.bytes, name.size))
                        continue;
                report(ERROR, "group-hidden",
                       (struct place){subid_account_paths[SUBID_GROUPS], number, 0},
                       "take him out of the group",
                       "%s is a member of %s: with a line for initgroups in " NSSWITCH_FILE
                       ", he is not in the group " GROUP_NAME,
                       printable(name.bytes, name.size, SIZE_MAX),
                       printable(line.bytes, account_field(line, 0).size, SIZE_MAX));
                return;
        }
}

void check_group(const struct checked *checked)
{
        const struct side *const groups = &checked->groups;
        const char *const path = subid_account_paths[SUBID_GROUPS];
        const struct account *const group =
            accounts_named(&groups->accounts, GROUP_NAME, strlen(GROUP_NAME));
        const bool has_line = nsswitch_line_of(&checked->nsswitch, "initgroups") != NULL;
        struct text text, line;

        if (!group)
                report(WARNING, "no-group", (struct place){path, 0, 0},
                       root_is_running()
                           ? "run 'groupadd --system " GROUP_NAME "'"
                           : xasprintf("run 'groupadd --system --prefix %s " GROUP_NAME "'",
                                       quoted(root_folder(), strlen(root_folder()), SIZE_MAX)),
                       "there is no group " GROUP_NAME
                       ", by which daemons can refuse the users of the ranges");
        else
                check_gid(groups, group);
        if (root_read(path, &text) < 0)
                return;
        for (unsigned long number = 1; take_line(&text, &line); number++) {
                if (group && number == group->line)
                        check_members(group, account_field(line, 3));
                if (has_line)
                        check_member_of(checked, line, number);
        }
}
