/* SPDX-License-Identifier: MIT */
/* Follows the module's sources in one translation unit: calls what is proved with anything. */
#include <__fc_builtin.h>

/* For Eva, which cannot make it of its contract. */
void *realloc(void *old, size_t size)
{
        (void)size;
        return Frama_C_interval(0, 1) ? old : NULL;
}

int caller(void);
int caller(void)
{
        /* Eva wants an array; the contracts know no such limit. Two of the longest lines fit. */
        static char block[3000];
        struct subid subid;
        struct subid_range range;
        struct subid_account account;
        struct passwd pwd;
        struct group grp;
        char name[32], buffer[256];
        uint32_t id;
        struct subid_part part;
        uint64_t sorted, bytes;
        gid_t array[16] = {0}, *groups = array; /* realloc needs no other */
        long int start = Frama_C_interval(0, 4), room = Frama_C_interval((int)start, 4);
        const size_t length = Frama_C_size_t_interval(0, sizeof(block));
        const size_t size = Frama_C_size_t_interval(0, sizeof(buffer));
        const char *const end = block + length;

        Frama_C_make_unknown(block, sizeof(block));
        Frama_C_make_unknown(name, sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        subid.id = Frama_C_unsigned_int_interval(0, UINT32_MAX);
        subid.start = Frama_C_unsigned_int_interval(0, UINT32_MAX);
        subid.position = Frama_C_unsigned_long_interval(0, UINT64_MAX);
        subid.passed = Frama_C_unsigned_long_interval(0, UINT64_MAX);
        subid.owner_length = Frama_C_size_t_interval(1, SUBID_LINE_MAX - 5);
        Frama_C_make_unknown(subid.owner, sizeof(subid.owner));
        switch (Frama_C_interval(0, 15)) {
        case 0:
                return subid_range_parse(block, length, &range) && subid_range_end(&range) > 0;
        case 1:
                return subid_find_owner(block, end, &subid);
        case 2:
                return subid_find_position(block, end, &subid);
        case 3:
                return subid_find_id(block, end, &subid);
        case 4:
                return subid_find_account(block, end, &subid);
        case 5:
                return subid_excluded(subid.id);
        case 6:
                return subid_account_parse(block, length, &account);
        case 7:
                return subid_behind_last(block, end, ':') == end;
        case 8:
                return account_name_parse(name, &id);
        case 9:
                return subid_find_holder(block, end, &subid);
        case 10:
                return subid_find_named(block, end, &subid);
        case 11:
                return add_group(subid.id, &start, &room, &groups, Frama_C_interval(-1, 8));
        case 12:
                return subid_mark_parse(block, length, &sorted, &bytes);
        case 13:
                return length > 0 && subid_search(block, end, subid.id, &part) == SUBID_INSIDE;
        case 14:
                return pack_user(subid.id, subid.id, &subid, &pwd, buffer, size);
        default:
                return pack_group(subid.id, &grp, buffer, size);
        }
}
