/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: `vitrine project` and `vitrine key`: projects and their keys, straight in the data
 * directory: whoever may write it is the operator. A running server sees changes within a second.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "control/control.h"

enum { WORDS_MAX = 4 };

/* What was asked: the words before the options. */
struct order {
    struct control *control;
    struct arena *arena;
    const char *words[WORDS_MAX];
    int word_count;
    struct error *error;
};

static void print_pair(const struct key_pair *pair)
{
    printf("public key: %s\nsecret key: %s\n", pair->public_key, pair->secret_key);
    printf("The secret is not shown again.\n");
}

static void print_day(int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    printf("  %.10s", text);
}

/* --- projects --------------------------------------------------------------------------------- */

static enum status list_projects(struct order *order)
{
    struct project *projects;
    size_t count;
    enum status status =
        control_project_list(order->control, order->arena, &projects, &count, order->error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        printf("%-24.*s", STR_ARGS(projects[i].name));
        print_day(projects[i].created_ns);
        printf("  %.*s\n", STR_ARGS(projects[i].title));
    }
    return status;
}

static enum status create_project(struct order *order)
{
    struct key_pair pair;
    uint32_t id;
    struct str name = str_from(order->words[1]);
    enum status status = control_project_create(
        order->control, name, order->word_count > 2 ? str_from(order->words[2]) : name, false, &id,
        &pair, order->error);
    if (status == STATUS_OK)
        print_pair(&pair);
    return status;
}

static enum status delete_project(struct order *order)
{
    return control_project_delete(order->control, str_from(order->words[1]), order->error);
}

/* --- keys ------------------------------------------------------------------------------------- */

static enum status find_project(struct order *order, uint32_t *out_id)
{
    const char *name = order->words[1];
    return control_project_find(order->control, str_from(name), out_id) == STATUS_OK
               ? STATUS_OK
               : fail(order->error, STATUS_NOT_FOUND, "project: there is no project '%.80s'", name);
}

static enum status list_keys(struct order *order)
{
    struct key_item *keys;
    size_t count = 0;
    uint32_t project;
    enum status status = find_project(order, &project);
    if (status == STATUS_OK)
        status =
            control_key_list(order->control, project, order->arena, &keys, &count, order->error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        printf("%-40.*s", STR_ARGS(keys[i].public_key));
        print_day(keys[i].created_ns);
        printf("  %.*s\n", STR_ARGS(keys[i].note));
    }
    return status;
}

static enum status create_key(struct order *order)
{
    struct key_pair pair;
    uint32_t project;
    enum status status = find_project(order, &project);
    if (status == STATUS_OK)
        status = control_key_create(order->control, project,
                                    str_from(order->word_count > 2 ? order->words[2] : ""), &pair,
                                    order->error);
    if (status == STATUS_OK)
        print_pair(&pair);
    return status;
}

static enum status delete_key(struct order *order)
{
    uint32_t project;
    enum status status = find_project(order, &project);
    return status == STATUS_OK ? control_key_delete(order->control, project,
                                                    str_from(order->words[2]), order->error)
                               : status;
}

/* --- the commands ----------------------------------------------------------------------------- */

struct verb {
    const char *name;
    int least, most; /* words with the verb itself */
    enum status (*run)(struct order *order);
};
static const struct verb project_verbs[] = {{"list", 1, 1, list_projects},
                                            {"create", 2, 3, create_project},
                                            {"delete", 2, 2, delete_project},
                                            {0}};
static const struct verb key_verbs[] = {
    {"list", 2, 2, list_keys}, {"create", 2, 3, create_key}, {"delete", 3, 3, delete_key}, {0}};

static const struct verb *find_verb(const struct verb *verbs, const struct order *order)
{
    for (; verbs->name; verbs++)
        if (order->word_count && !strcmp(verbs->name, order->words[0]))
            return order->word_count >= verbs->least && order->word_count <= verbs->most ? verbs
                                                                                         : NULL;
    return NULL;
}

static int run(const char *command, const struct verb *verbs, const char *usage, int argc,
               char **argv)
{
    struct config config;
    struct error error = {0};
    struct order order = {.error = &error};
    int words = 1;
    while (words < argc && argv[words][0] != '-' && order.word_count < WORDS_MAX)
        order.words[order.word_count++] = argv[words++];
    argv[words - 1] = argv[0];
    if (config_load(argc - words + 1, argv + words - 1, &config, &error) != STATUS_OK)
        return cli_usage_error(command, "%s", error.text);
    const struct verb *verb = find_verb(verbs, &order);
    if (config.help || !verb) {
        fprintf(config.help ? stdout : stderr, "%s", usage);
        bool help = config.help;
        config_done(&config);
        return help ? 0 : 2;
    }
    log_set_level(LOG_WARN);
    order.arena = &config.arena;
    enum status status = cli_control_open(config.data, &order.control, &error);
    if (status == STATUS_OK)
        status = verb->run(&order);
    control_close(order.control);
    config_done(&config);
    return status == STATUS_OK ? 0 : cli_failure(command, &error);
}

int cli_project(int argc, char **argv)
{
    return run(
        "project", project_verbs,
        "usage: vitrine project list [--data DIR]\n"
        "       vitrine project create NAME [TITLE] [--data DIR]\n"
        "       vitrine project delete NAME [--data DIR]\n\n"
        "A new project comes with a key pair, shown once. A deleted one cannot be opened any\n"
        "more; its telemetry goes with retention.\n",
        argc, argv);
}

int cli_key(int argc, char **argv)
{
    return run("key", key_verbs,
               "usage: vitrine key list PROJECT [--data DIR]\n"
               "       vitrine key create PROJECT [NOTE] [--data DIR]\n"
               "       vitrine key delete PROJECT PUBLIC_KEY [--data DIR]\n\n"
               "A running server takes and refuses keys anew within a second.\n",
               argc, argv);
}
