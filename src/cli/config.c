/* SPDX-License-Identifier: Apache-2.0 */
/* config: every option is a text member found by its row; the file is one flat YAML mapping. */
#include "cli/config.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct row {
    const char *name, *placeholder, *fallback, *help;
    size_t offset;
};

static const struct row rows[] = {
#define OPTION(member, placeholder, fallback, help)                                                \
    {#member, placeholder, fallback, help, offsetof(struct config, member)},
#include "cli/options.def"
#undef OPTION
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const char **member_of(struct config *config, const struct row *row)
{
    return (const char **)((char *)config + row->offset);
}

/* `-` and `_` are the same in option names. */
static bool same_name(const char *option, size_t len, const char *name)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] != (option[i] == '-' ? '_' : option[i]))
            return false;
    return true;
}

static const struct row *find_row(const char *option, size_t len)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (same_name(option, len, rows[i].name))
            return &rows[i];
    return NULL;
}

static enum status read_arguments(int argc, char **argv, struct config *config, struct error *error)
{
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        if (!strcmp(option, "--help") || !strcmp(option, "-h")) {
            config->help = true;
            continue;
        }
        if (strncmp(option, "--", 2) != 0)
            return fail(error, STATUS_INVALID, "unexpected argument '%s'", option);
        const char *equals = strchr(option, '=');
        size_t len = equals ? (size_t)(equals - option) - 2 : strlen(option) - 2;
        const struct row *row = find_row(option + 2, len);
        bool is_file = !row && same_name(option + 2, len, "config");
        if (!row && !is_file)
            return fail(error, STATUS_INVALID, "unknown option '%s'", option);
        const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
        if (!value)
            return fail(error, STATUS_INVALID, "option '%s' needs a value", option);
        if (is_file)
            config->config_file = value;
        else
            *member_of(config, row) = value;
    }
    return STATUS_OK;
}

static void read_environment(struct config *config)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char name[80] = "VITRINE_";
        for (size_t at = 8, from = 0; rows[i].name[from] && at + 1 < sizeof name; at++, from++)
            name[at] = (char)(rows[i].name[from] == '_' ? '_' : rows[i].name[from] - 'a' + 'A');
        const char *value = getenv(name);
        if (value && !*member_of(config, &rows[i]))
            *member_of(config, &rows[i]) = value;
    }
    /* A team that moves over has these set. */
    static const struct {
        const char *name;
        const char *ours;
    } others[] = {{"LANGFUSE_INIT_PROJECT_PUBLIC_KEY", "init_public_key"},
                  {"LANGFUSE_INIT_PROJECT_SECRET_KEY", "init_secret_key"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct row *row = find_row(others[i].ours, strlen(others[i].ours));
        const char *value = getenv(others[i].name);
        if (row && value && value[0] && !*member_of(config, row))
            *member_of(config, row) = value;
    }
    if (!config->config_file)
        config->config_file = getenv("VITRINE_CONFIG");
}

static void keep_complaint(cyaml_log_t level, void *context, const char *format, va_list args)
{
    char *text = context;
    size_t used = strlen(text);
    (void)level;
    if (used < 300)
        vsnprintf(text + used, 400 - used, format, args);
}

static enum status read_file(struct config *config, struct error *error)
{
    if (!config->config_file || !config->config_file[0])
        return STATUS_OK;
    static const cyaml_schema_field_t fields[] = {
#define OPTION(member, placeholder, fallback, help)                                                \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config,       \
                           member, 0, 4096),
#include "cli/options.def"
#undef OPTION
        CYAML_FIELD_END};
    static const cyaml_schema_value_t schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, fields)};
    char complaint[400] = "";
    const cyaml_config_t yaml = {.log_fn = keep_complaint,
                                 .log_ctx = complaint,
                                 .log_level = CYAML_LOG_ERROR,
                                 .mem_fn = cyaml_mem};
    struct config *read = NULL;
    cyaml_err_t code =
        cyaml_load_file(config->config_file, &yaml, &schema, (cyaml_data_t **)&read, NULL);
    if (code != CYAML_OK) {
        for (char *c = complaint; *c; c++)
            if (*c == '\n')
                *c = ' ';
        return fail(error, STATUS_INVALID, "%s: %s%s%s", config->config_file, cyaml_strerror(code),
                    complaint[0] ? ": " : "", complaint);
    }
    for (size_t i = 0; read && i < ROW_COUNT; i++) {
        const char *value = *member_of(read, &rows[i]);
        if (value && !*member_of(config, &rows[i]))
            *member_of(config, &rows[i]) = arena_copy(&config->arena, str_from(value)).ptr;
    }
    cyaml_free(&yaml, &schema, read, 0);
    return STATUS_OK;
}

enum status config_load(int argc, char **argv, struct config *out_config, struct error *error)
{
    *out_config = (struct config){0};
    arena_init(&out_config->arena, 1 << 20);
    enum status status = read_arguments(argc, argv, out_config, error);
    if (status == STATUS_OK) {
        read_environment(out_config);
        status = read_file(out_config, error);
    }
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (!*member_of(out_config, &rows[i]))
            *member_of(out_config, &rows[i]) = rows[i].fallback;
    if (status != STATUS_OK)
        config_done(out_config);
    return status;
}

void config_done(struct config *config)
{
    arena_done(&config->arena);
}

enum status config_number(const char *name, const char *text, int64_t least, int64_t most,
                          int64_t *out_number, struct error *error)
{
    int64_t number;
    if (!str_to_i64(str_from(text), &number) || number < least || number > most)
        return fail(error, STATUS_INVALID,
                    "%s: expected a whole number from %lld to %lld, got '%s'", name,
                    (long long)least, (long long)most, text);
    *out_number = number;
    return STATUS_OK;
}

void config_print_help(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char option[64];
        int len = snprintf(option, sizeof option, "--%s %s", rows[i].name, rows[i].placeholder);
        for (char *c = option; *c && *c != ' '; c++)
            if (*c == '_')
                *c = '-';
        printf("  %-26s%s%s\n", option, len > 25 ? "\n                            " : "",
               rows[i].help);
        if (rows[i].fallback[0])
            printf("                            default %s\n", rows[i].fallback);
    }
    printf("  --config FILE             the same settings as a YAML mapping\n");
}
