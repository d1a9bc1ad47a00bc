/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw: the shape of a price file, as a libcyaml schema. Unknown keys, wrong kinds and YAML aliases
 * (which can blow a small file up) are refused here, with the line; values are read in parse.c.
 */
#include "price/raw.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = PRICE_ID_MAX };

#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, TEXT_MAX)
#define MAYBE_TEXT(key, type, member)                                                              \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1,  \
                           TEXT_MAX)
#define MAYBE_LIST(key, type, member, item, max)                                                   \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, item, \
                         0, max)
#define MAYBE_MAPPING(key, type, member, fields)                                                   \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member,    \
                            fields)
#define MAYBE_BOOL(key, type, member)                                                              \
    CYAML_FIELD_BOOL_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member)

static const cyaml_schema_value_t text_item = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX)};

static const cyaml_schema_field_t factor_fields[] = {
    MAYBE_TEXT("flex", raw_factors, tiers[TIER_FLEX]),
    MAYBE_TEXT("priority", raw_factors, tiers[TIER_PRIORITY]),
    MAYBE_TEXT("batch", raw_factors, tiers[TIER_BATCH]),
    MAYBE_TEXT("fast", raw_factors, tiers[TIER_FAST]),
    MAYBE_TEXT("regional", raw_factors, regional),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t row_fields[] = {
    MAYBE_TEXT("from", raw_row, from),
    MAYBE_TEXT("until", raw_row, until),
    MAYBE_TEXT("above", raw_row, above),
    MAYBE_TEXT("tier", raw_row, tier),
    MAYBE_TEXT("hours", raw_row, hours),
    MAYBE_LIST("scope", raw_row, scope, &text_item, PRICE_LIST_MAX),
    TEXT("input", raw_row, rates[PRICE_INPUT]),
    MAYBE_TEXT("cache_read", raw_row, rates[PRICE_CACHE_READ]),
    MAYBE_TEXT("cache_write", raw_row, rates[PRICE_CACHE_WRITE]),
    MAYBE_TEXT("cache_write_1h", raw_row, rates[PRICE_CACHE_WRITE_1H]),
    MAYBE_TEXT("audio_in", raw_row, rates[PRICE_AUDIO_IN]),
    MAYBE_TEXT("image_in", raw_row, rates[PRICE_IMAGE_IN]),
    TEXT("output", raw_row, rates[PRICE_OUTPUT]),
    MAYBE_TEXT("reasoning", raw_row, rates[PRICE_REASONING]),
    MAYBE_TEXT("audio_out", raw_row, rates[PRICE_AUDIO_OUT]),
    MAYBE_TEXT("image_out", raw_row, rates[PRICE_IMAGE_OUT]),
    MAYBE_TEXT("request", raw_row, rates[PRICE_REQUEST]),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t row_item = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_row, row_fields)};

static const cyaml_schema_field_t entry_fields[] = {
    TEXT("id", raw_entry, id),
    CYAML_FIELD_SEQUENCE("match", CYAML_FLAG_POINTER, struct raw_entry, match, &text_item, 1,
                         PRICE_LIST_MAX),
    MAYBE_LIST("providers", raw_entry, providers, &text_item, PRICE_LIST_MAX),
    MAYBE_MAPPING("factors", raw_entry, factors, factor_fields),
    CYAML_FIELD_SEQUENCE("prices", CYAML_FLAG_POINTER, struct raw_entry, prices, &row_item, 1,
                         PRICE_LIST_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_item = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_entry, entry_fields)};

static const cyaml_schema_field_t alias_fields[] = {
    MAYBE_TEXT("provider", raw_alias, provider),
    TEXT("from", raw_alias, from),
    TEXT("to", raw_alias, to),
    MAYBE_TEXT("to_provider", raw_alias, to_provider),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t alias_item = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_alias, alias_fields)};

static const cyaml_schema_field_t file_fields[] = {
    MAYBE_LIST("providers", raw_file, providers, &text_item, PRICE_LIST_MAX),
    MAYBE_LIST("vendors", raw_file, vendors, &text_item, PRICE_LIST_MAX),
    MAYBE_LIST("gateways", raw_file, gateways, &text_item, PRICE_LIST_MAX),
    MAYBE_TEXT("home_scope", raw_file, home_scope),
    MAYBE_TEXT("without_provider", raw_file, without_provider),
    MAYBE_BOOL("shared_api", raw_file, shared_api),
    MAYBE_MAPPING("factors", raw_file, factors, factor_fields),
    MAYBE_LIST("entries", raw_file, entries, &entry_item, PRICE_ENTRIES_MAX),
    MAYBE_LIST("aliases", raw_file, aliases, &alias_item, PRICE_ENTRIES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_file, file_fields)};

/* libcyaml logs the complaint first and then where it was, innermost place first. */
struct complaint {
    char what[300], where[100];
};

static void hear(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct complaint *complaint = context;
    char line[300];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(line, sizeof line, format, arguments);
    struct str text = str_trim(str_from(line));
    if (str_starts(text, STR("Load: ")))
        text = str_trim(str_sub(text, 6, text.len));
    size_t place = str_find(text, STR("(line: "));
    if (place < text.len) {
        if (!complaint->where[0])
            snprintf(complaint->where, sizeof complaint->where, "%.*s",
                     STR_ARGS(str_sub(text, place + 1, text.len - place - 2)));
    } else if (!complaint->what[0] && !str_starts(text, STR("Backtrace"))) {
        snprintf(complaint->what, sizeof complaint->what, "%.*s", STR_ARGS(text));
    }
}

static const cyaml_config_t quiet = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

enum status raw_load(struct str name, struct str text, struct raw_file **out_file,
                     struct error *error)
{
    struct complaint complaint = {0};
    cyaml_config_t config = quiet;
    config.log_fn = hear;
    config.log_ctx = &complaint;
    config.flags = CYAML_CFG_NO_ALIAS;

    struct raw_file *file = NULL;
    cyaml_err_t result = cyaml_load_data((const uint8_t *)text.ptr, text.len, &config, &file_schema,
                                         (cyaml_data_t **)&file, NULL);
    if (result != CYAML_OK) {
        raw_free(file);
        return fail(error, STATUS_INVALID, "%.*s: %s: %s", STR_ARGS(name),
                    complaint.where[0] ? complaint.where : "not a price file",
                    complaint.what[0] ? complaint.what : cyaml_strerror(result));
    }
    *out_file = file;
    return STATUS_OK;
}

void raw_free(struct raw_file *file)
{
    if (file)
        cyaml_free(&quiet, &file_schema, file, 0);
}
