/* SPDX-License-Identifier: MIT */
/* What the OCI runtime reads in config.json, and which bytes it writes. ` stands for ". */
#include "tool/runtime/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROCESS "`process`:{`user`:{`uid`:7,`gid`:0}}"
#define MOUNTS                                                                               \
        "`mounts`:[{`destination`:`/proc`,`source`:`proc`},{`destination`:`/sys/fs/cgroup`," \
        "`type`:`cgroup`,`source`:`cgroup`,`options`:[`nosuid`,`rw`]}]"
#define MAPPINGS "`uidMappings`:[{`containerID`:0,`hostID`:200000,`size`:65536}]"
#define NAMESPACES "`namespaces`:[{`type`:`pid`},{`type`:`user`,`path`:`/x`},{`type`:`cgroup`}]"
#define LINUX "`linux`:{" MAPPINGS "," NAMESPACES "}"
#define OTHERS PROCESS "," MOUNTS "," LINUX
#define OWN "`org.systemd.property.User`:`'200007'`,`nss-subuid.user`:`200007`"

static char text[8192], wanted[8192];

static size_t unquote(char *copy, const char *source)
{
        size_t size = 0;

        for (; *source; source++)
                copy[size++] = (char)(*source == '`' ? '"' : *source);
        copy[size] = '\0';
        return size;
}

/* In a block of its own, so that a byte read too far is seen. */
static struct config read_bytes(const char *bytes, size_t size, bool of_root)
{
        char *const copy = malloc(size);
        struct config config;

        assert_non_null(copy);
        memcpy(copy, bytes, size);
        config = config_read(copy, size, of_root);
        free(copy);
        return config;
}

static struct config read_text(const char *source, bool of_root)
{
        return read_bytes(text, unquote(text, source), of_root);
}

static void check_owner(const char *source, uint32_t owner, uint32_t of_root)
{
        struct config config = read_text(source, false);

        if (config.doubt || config.unwanted)
                fail_msg("%s: %s", source, config.doubt ? config.doubt : config.unwanted);
        assert_int_equal(config.owner, owner);
        config = read_text(source, true);
        assert_null(config.doubt);
        assert_null(config.unwanted);
        assert_int_equal(config.owner, of_root);
}

static void check_unwanted(const char *source, const char *why)
{
        const struct config config = read_text(source, false);

        if (config.doubt || !config.unwanted || strcmp(config.unwanted, why) != 0)
                fail_msg("%s: %s", source,
                         config.doubt      ? config.doubt
                         : config.unwanted ? config.unwanted
                                           : "wanted");
}

static void check_doubt(const char *source, const char *why)
{
        const struct config config = read_text(source, false);

        if (!config.doubt || !strstr(config.doubt, why))
                fail_msg("%s: %s", source, config.doubt ? config.doubt : "no doubt");
}

static void owner_is_the_process_user_or_root(void **state)
{
        (void)state;
        check_owner("{" OTHERS "}", 200007, 200000);
        check_owner(" \t\r\n{ " OTHERS " } \n", 200007, 200000);
        check_owner("{`process`:{`user`:{`uid`:1001}}," MOUNTS ",`linux`:{`uidMappings`:["
                    "{`containerID`:0,`hostID`:100000,`size`:1000},"
                    "{`containerID`:1000,`hostID`:500000,`size`:10}]," NAMESPACES "}}",
                    500001, 100000);
        check_owner("{`process`:{`user`:{`uid`:4294967294}}," MOUNTS ",`linux`:{`uidMappings`:["
                    "{`containerID`:0,`hostID`:1,`size`:1},"
                    "{`containerID`:4294967290,`hostID`:4294967290,`size`:5}]," NAMESPACES "}}",
                    4294967294, 1);
}

static void users_without_an_owner(void **state)
{
        (void)state;
        check_unwanted("{`process`:{`user`:{`uid`:65536}}," MOUNTS "," LINUX "}",
                       "the user is not mapped");
        check_unwanted("{" PROCESS "," MOUNTS ",`linux`:{" NAMESPACES "}}",
                       "the user is not mapped");
        check_unwanted("{" PROCESS "," MOUNTS ",`linux`:{`uidMappings`:[]," NAMESPACES "}}",
                       "the user is not mapped");
        check_unwanted("{" PROCESS "," MOUNTS ",`linux`:{`uidMappings`:[{`containerID`:7,"
                       "`hostID`:0,`size`:1}]," NAMESPACES "}}",
                       "the user is root of the host");
        check_doubt("{" PROCESS "," MOUNTS ",`linux`:{`uidMappings`:[{`containerID`:0,"
                    "`hostID`:4294967290,`size`:4294967295}]," NAMESPACES "}}",
                    "odd uidMappings");
        for (const char *const *uid =
                 (const char *const[]){"-1", "7.0", "7e0", "`7`", "null", "true", "4294967296",
                                       "18446744073709551615", "[7]", NULL};
             *uid; uid++) {
                char source[sizeof(text)];

                snprintf(source, sizeof(source),
                         "{`process`:{`user`:{`uid`:%s}}," MOUNTS "," LINUX "}", *uid);
                check_doubt(source, "odd process.user.uid");
                snprintf(source, sizeof(source),
                         "{" PROCESS "," MOUNTS ",`linux`:{`uidMappings`:[{`containerID`:0,"
                         "`hostID`:%s,`size`:9}]," NAMESPACES "}}",
                         *uid);
                check_doubt(source, "odd uidMappings");
        }
        check_doubt("{" MOUNTS "," LINUX "}", "odd process.user.uid");
        check_doubt("{`process`:{}," MOUNTS "," LINUX "}", "odd process.user.uid");
        check_doubt("{`process`:{`user`:{}}," MOUNTS "," LINUX "}", "odd process.user.uid");
        check_doubt("{" PROCESS "," MOUNTS ",`linux`:{`uidMappings`:[{`containerID`:0,"
                    "`hostID`:9}]," NAMESPACES "}}",
                    "odd uidMappings");
}

static void namespaces(void **state)
{
        static const struct {
                const char *list, *unwanted, *doubt;
        } cases[] = {
            {"[{`type`:`user`},{`type`:`cgroup`,`path`:``}]", NULL, NULL},
            {"[{`type`:`cgroup`}]", "no user namespace", NULL},
            {"[]", "no user namespace", NULL},
            {"[{`type`:`user`}]", "no cgroup namespace of its own", NULL},
            {"[{`type`:`user`},{`type`:`cgroup`,`path`:`/proc/1/ns/cgroup`}]",
             "no cgroup namespace of its own", NULL},
            {"[{`type`:`user`},{`type`:`cgroups`}]", "no cgroup namespace of its own", NULL},
            {"[{`type`:`user`},{`Type`:`cgroup`}]", NULL, "odd namespaces"},
            {"[{`type`:`user`},{`type`:`cgroup`,`Path`:`/x`}]", NULL, "odd namespaces"},
            {"[{`type`:`user`},{`type`:`cgroup`,`path`:null}]", NULL, "odd namespaces"},
            {"[{`type`:`user`},{`type`:`cgroup`,`path`:1}]", NULL, "odd namespaces"},
            {"[{`type`:`user`},`cgroup`]", NULL, "odd namespaces"},
            {"{`type`:`user`}", NULL, "odd namespaces"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                char source[1024];

                snprintf(source, sizeof(source),
                         "{" PROCESS "," MOUNTS ",`linux`:{" MAPPINGS ",`namespaces`:%s}}",
                         cases[i].list);
                if (cases[i].doubt)
                        check_doubt(source, cases[i].doubt);
                else if (cases[i].unwanted)
                        check_unwanted(source, cases[i].unwanted);
                else
                        check_owner(source, 200007, 200000);
        }
}

static void mounts(void **state)
{
#define CGROUP(rest) "{`destination`:`/sys/fs/cgroup`" rest "}"
#define GOOD ",`type`:`cgroup`,`source`:`cgroup`"
        static const char not_writable[] = "no writable mount of the cgroup";
        static const struct {
                const char *list, *unwanted, *doubt;
        } cases[] = {
            {"[" CGROUP(GOOD) "]", NULL, NULL},
            {"[" CGROUP(GOOD ",`options`:[]") "]", NULL, NULL},
            {"[" CGROUP(",`type`:`cgroup2`,`source`:`cgroup`") "]", NULL, NULL},
            {"[]", not_writable, NULL},
            {"[{`destination`:`/sys/fs/cgroup/`" GOOD "}]", not_writable, NULL},
            {"[" CGROUP(",`type`:`cgroup`,`source`:`cgroup2`") "]", not_writable, NULL},
            {"[" CGROUP(",`type`:`bind`,`source`:`cgroup`") "]", not_writable, NULL},
            {"[" CGROUP(",`source`:`cgroup`") "]", not_writable, NULL},
            {"[" CGROUP(GOOD ",`options`:[`ro`]") "]", not_writable, NULL},
            {"[" CGROUP(GOOD ",`options`:[`rro`]") "]", not_writable, NULL},
            {"[" CGROUP(GOOD ",`options`:[`ro`,`rw`]") "]", not_writable, NULL},
            {"[" CGROUP(GOOD) "," CGROUP(GOOD) "]", NULL, "two mounts"},
            {"[" CGROUP(GOOD ",`options`:[1]") "]", NULL, "odd options"},
            {"[" CGROUP(GOOD ",`options`:`ro`") "]", NULL, "odd options"},
            {"[" CGROUP(GOOD ",`Options`:[`ro`]") "]", NULL, "odd mounts"},
            /* the long s of Unicode, whose capital is S */
            {"[" CGROUP(GOOD ",`option\xc5\xbf`:[`ro`]") "]", NULL, "odd mounts"},
            {"[" CGROUP(GOOD ",`option\\u017f`:[`ro`]") "]", NULL, "odd mounts"},
            {"[null]", NULL, "odd mounts"},
            {"7", NULL, "odd mounts"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                char source[1024];

                snprintf(source, sizeof(source), "{" PROCESS ",`mounts`:%s," LINUX "}",
                         cases[i].list);
                if (cases[i].doubt)
                        check_doubt(source, cases[i].doubt);
                else if (cases[i].unwanted)
                        check_unwanted(source, cases[i].unwanted);
                else
                        check_owner(source, 200007, 200000);
        }
        check_unwanted("{" PROCESS "," LINUX "}", not_writable);
}

static void names(void **state)
{
        (void)state;
        check_doubt("{" OTHERS ",`Linux`:{}}", "odd names");
        check_doubt("{" OTHERS ",`ANNOTATIONS`:{}}", "odd names");
        check_doubt("{" OTHERS ",`mount\xc5\xbf`:[]}", "odd names");
        check_doubt("{" PROCESS "," MOUNTS ",`linux`:{`uidmappings`:[]," MAPPINGS "," NAMESPACES
                    "}}",
                    "odd names");
        check_doubt("{`process`:{`user`:{`uid`:7,`UID`:0}}," MOUNTS "," LINUX "}",
                    "odd process.user.uid");
        check_doubt("{`process`:{`user`:{`uid`:7},`User`:{}}," MOUNTS "," LINUX "}",
                    "odd process.user.uid");
        check_doubt("{" PROCESS "," MOUNTS "}", "odd names");
        /* None of the wanted ones: no matter. */
        check_owner("{" OTHERS ",`Hooks`:{},`hooks`:{},`link`:1}", 200007, 200000);
        /* Twice, anywhere; json-c keeps the last. */
        check_doubt("{" OTHERS "," LINUX "}", "a name occurs twice");
        check_doubt("{" OTHERS ",`hooks`:{`a`:1,`a`:1}}", "a name occurs twice");
        check_doubt("{" OTHERS ",`hooks`:[[{`a`:{`b`:1},`\\u0061`:{`b`:1}}]]}",
                    "a name occurs twice");
        check_owner("{" OTHERS ",`hooks`:{`a`:{`a`:[{`a`:1},{`a`:`a:a,{:`}]}}}", 200007, 200000);
        /* Behind a NUL json-c sees nothing. */
        check_doubt("{" OTHERS ",`annotations\\u0000x`:{}}", "not JSON");
        check_owner("{" OTHERS ",`a`:`\\\\u0000`}", 200007, 200000);
}

static void what_is_no_json(void **state)
{
        static const char *const cases[] = {
            "",
            " ",
            "null",
            "[]",
            "{",
            "{" OTHERS,
            "{" OTHERS "}}",
            "{" OTHERS "},",
            "{" OTHERS "} {}",
            "{" OTHERS ",}",
            "{," OTHERS "}",
            "{" OTHERS ",`a`:[1,]}",
            "{" OTHERS ",`a`:01}",
            "{" OTHERS ",`a`:NaN}",
            "{" OTHERS ",`a`:Infinity}",
            "{" OTHERS ",`a`:TRUE}",
            "{" OTHERS ",`a`:'b'}",
            "{" OTHERS ",a:1}",
            "{" OTHERS ",`a`:`\t`}",
            "{" OTHERS ",`a`:`\x01`}",
            "{" OTHERS ",`a`:`\xff`}",
            "{" OTHERS ",`a`:`b}",
            "{" OTHERS ",`a`:`\\",
            "{" OTHERS ",`a`:`\\x`}",
            "{" OTHERS "}/* */",
            "{/**/" OTHERS "}",
            "// x\n{" OTHERS "}",
            "\xef\xbb\xbf{" OTHERS "}",
            "{\v" OTHERS "}",
            "{\f" OTHERS "}",
        };
        char deep[4096];
        size_t size;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
                check_doubt(cases[i], "not JSON");
        size = unquote(text, "{" OTHERS "}");
        assert_null(read_bytes(text, size, false).doubt);
        for (size_t i = 0; i < size; i++) {
                /* A NUL anywhere, and the text cut anywhere. */
                const char c = text[i];

                text[i] = '\0';
                assert_non_null(read_bytes(text, size, false).doubt);
                text[i] = c;
                assert_non_null(read_bytes(text, i, false).doubt);
        }
        snprintf(deep, sizeof(deep), "{" OTHERS ",`a`:%s%s}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        check_doubt(deep, "nested too deeply");
        memset(deep, '[', sizeof(deep) - 1);
        deep[sizeof(deep) - 1] = '\0';
        check_doubt(deep, "nested too deeply");
}

/* --- the bytes ------------------------------------------------------------------------------ */

/* What becomes of a text for an owner, or for none where that is 0. */
static void check_edit(const char *source, uint32_t owner, const char *result)
{
        size_t size = unquote(text, source), wanted_size = unquote(wanted, result);
        const struct config config = read_bytes(text, size, false);
        char *edited;

        assert_null(config.doubt);
        edited = config_edit(text, &size, &config, owner ? &owner : NULL);
        assert_non_null(edited);
        if (!edited || size != wanted_size || memcmp(edited, wanted, size) != 0)
                fail_msg("%s: %.*s", source, (int)size, edited);
        free(edited);
}

static void puts_in(void **state)
{
        (void)state;
        check_edit("{" OTHERS "}", 200007, "{`annotations`:{" OWN "}," OTHERS "}");
        check_edit("\n {\n  " OTHERS "\n}\n", 200007,
                   "\n {`annotations`:{" OWN "},\n  " OTHERS "\n}\n");
        check_edit("{" OTHERS ",`annotations`:{}}", 200007, "{" OTHERS ",`annotations`:{" OWN "}}");
        check_edit("{" OTHERS ",`annotations` : { } }", 200007,
                   "{" OTHERS ",`annotations` : {" OWN " } }");
        check_edit("{`annotations`:\t{`a`:`b`}," OTHERS "}", 200007,
                   "{`annotations`:\t{" OWN ",`a`:`b`}," OTHERS "}");
        check_edit("{`annotations`:{\n`a`:`b`}," OTHERS "}", 4294967294,
                   "{`annotations`:{`org.systemd.property.User`:`'4294967294'`,"
                   "`nss-subuid.user`:`4294967294`,\n`a`:`b`}," OTHERS "}");
        /* Not the one of another object, of an array, of a text. */
        check_edit("{`hooks`:{`annotations`:{}},`a`:[{`annotations`:{}}],`b`:`\\`annotations\\`:{`,"
                   "`c`:-1.5e3,`d`:true," OTHERS ",`annotations`:{}}",
                   200007,
                   "{`hooks`:{`annotations`:{}},`a`:[{`annotations`:{}}],`b`:`\\`annotations\\`:{`,"
                   "`c`:-1.5e3,`d`:true," OTHERS ",`annotations`:{" OWN "}}");
        /* What json-c would write otherwise. */
        check_edit("{`a`:18446744073709551615,`b`:`\\ud800`,`c`:1.10,`d`:`\\/`," OTHERS "}", 200007,
                   "{`annotations`:{" OWN "},`a`:18446744073709551615,`b`:`\\ud800`,`c`:1.10,"
                   "`d`:`\\/`," OTHERS "}");
        /* From 0.18 on it refuses this one. */
        if (!read_text("{`a`:99999999999999999999999," OTHERS "}", false).doubt)
                check_edit("{`a`:99999999999999999999999," OTHERS "}", 200007,
                           "{`annotations`:{" OWN "},`a`:99999999999999999999999," OTHERS "}");
}

static void takes_out(void **state)
{
        (void)state;
        check_edit("{`annotations`:{" OWN "}," OTHERS "}", 0, "{`annotations`:{}," OTHERS "}");
        check_edit("{`annotations`:{" OWN " }," OTHERS "}", 0, "{`annotations`:{ }," OTHERS "}");
        check_edit("{`annotations`:{" OWN ",`a`:`b`}," OTHERS "}", 0,
                   "{`annotations`:{`a`:`b`}," OTHERS "}");
        /* As an engine has written it anew. */
        check_edit("{" OTHERS ",\n `annotations`: {\n  `a`: `b`,\n  `nss-subuid.user`: `5`,\n  "
                   "`org.a`: `b`,\n  `org.systemd.property.User`: `'5'`\n }\n}",
                   0,
                   "{" OTHERS ",\n `annotations`: {\n  `a`: `b`,\n  \n  "
                   "`org.a`: `b`\n }\n}");
        check_edit(
            "{`annotations`:{`nss-subuid.user`:`5`,`org.systemd.property.User`:`'5'`}," OTHERS "}",
            0, "{`annotations`:{}," OTHERS "}");
}

static void computes_anew(void **state)
{
        (void)state;
        check_edit("{`annotations`:{`a`:`b`,`nss-subuid.user`:`5`,`org.systemd.property.User`:`'5'`"
                   "}," OTHERS "}",
                   200007, "{`annotations`:{" OWN ",`a`:`b`}," OTHERS "}");
        check_edit("{`annotations`:{" OWN ",`a`:`b`}," OTHERS "}", 200007,
                   "{`annotations`:{" OWN ",`a`:`b`}," OTHERS "}");
}

/* The annotations of somebody else. */
static void whose_annotations(void **state)
{
        static const char *const others[] = {
            "`org.systemd.property.User`:`'200007'`",
            "`nss-subuid.user`:`200007`",
            "`org.systemd.property.User`:`'200007'`,`nss-subuid.user`:`200008`",
            "`org.systemd.property.User`:`'200007'`,`nss-subuid.user`:``",
            "`org.systemd.property.User`:`200007`,`nss-subuid.user`:`200007`",
            "`org.systemd.property.User`:`'0200007'`,`nss-subuid.user`:`0200007`",
            "`org.systemd.property.User`:`'4294967296'`,`nss-subuid.user`:`4294967296`",
            "`org.systemd.property.User`:`' 5'`,`nss-subuid.user`:` 5`",
            "`org.systemd.property.User`:`'5'`,`nss-subuid.user`:5",
            "`org.systemd.property.User`:5,`nss-subuid.user`:`5`",
        };
        struct config config;

        (void)state;
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
                char source[1024];

                snprintf(source, sizeof(source), "{`annotations`:{%s}," OTHERS "}", others[i]);
                check_doubt(source, "somebody else asks for an owner");
        }
        check_doubt("{`annotations`:{`Org.systemd.property.User`:`'5'`}," OTHERS "}",
                    "odd annotations");
        check_doubt("{`annotations`:{`NSS-subuid.user`:`5`}," OTHERS "}", "odd annotations");
        check_doubt("{`annotations`:[]," OTHERS "}", "odd annotations");
        check_doubt("{`annotations`:{`nss-subuid.user`:null}," OTHERS "}", "odd annotations");
        check_doubt("{`annotations`:null," OTHERS "}", "odd names");
        config = read_text(
            "{`annotations`:{`org.systemd.property.User`:`'0'`,`nss-subuid.user`:`0`}," OTHERS "}",
            false);
        assert_null(config.doubt);
        assert_true(config.has_own);
        assert_int_equal(config.own, 0);
        config = read_text("{`annotations`:{`a`:`b`}," OTHERS "}", false);
        assert_true(config.has_annotations);
        assert_false(config.has_own);
        assert_false(read_text("{" OTHERS "}", false).has_annotations);
}

/* A name with an escape is the same to json-c, and not to what looks for a place. */
static void finds_no_place(void **state)
{
        static const char *const sources[] = {
            "{`\\u0061nnotations`:{}," OTHERS "}",
            "{`annotations`:{`org.systemd.property.\\u0055ser`:`'5'`,`nss-subuid.user`:`5`}," OTHERS
            "}",
            "{`annotations`:{`org.systemd.property.User`:`'5'`,`nss\\u002dsubuid.user`:`5`}," OTHERS
            "}",
        };
        const uint32_t owner = 200007;

        (void)state;
        for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
                size_t size = unquote(text, sources[i]);
                const size_t before = size;
                const struct config config = read_bytes(text, size, false);

                assert_null(config.doubt);
                assert_null(config_edit(text, &size, &config, &owner));
                assert_int_equal(size, before);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(owner_is_the_process_user_or_root),
            cmocka_unit_test(users_without_an_owner),
            cmocka_unit_test(namespaces),
            cmocka_unit_test(mounts),
            cmocka_unit_test(names),
            cmocka_unit_test(what_is_no_json),
            cmocka_unit_test(puts_in),
            cmocka_unit_test(takes_out),
            cmocka_unit_test(computes_anew),
            cmocka_unit_test(whose_annotations),
            cmocka_unit_test(finds_no_place),
        };

        cmocka_set_message_output(CM_OUTPUT_TAP);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
