/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include "util.h"

#include <string.h>

static int checked(int result)
{
        if (result < 0)
                die("the range files or those of accounts: %s", strerror(-result));
        return result;
}

bool entry_find(enum subid_database database, uint32_t id, struct entry *entry)
{
        *entry = (struct entry){.database = database, .gid = id};
        entry->subid.id = id;
        if (database == SUBID_USERS
                ? !checked(subid_file_locate_user(id, false, &entry->subid, &entry->gid))
                : !checked(subid_file_locate(database, &entry->subid)))
                return false;
        entry->subid.id = id;
        entry->is_account = checked(subid_file_is_account(database, &entry->subid));
        account_name_format(entry->name, id);
        return true;
}
