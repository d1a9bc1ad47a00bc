/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading: collects a span's known attributes, detects its vocabulary and lets rows compete for
 * slots. The first look-up of a key is also the last: what it means for detection, kind and content
 * comes with it. A span with more than FOUND_MAX known keys is hostile; the rest is not read.
 */
#include <math.h>
#include <string.h>

#include "normalise/normalise_private.h"

enum place_type { PLACE_TEXT, PLACE_NUMBER, PLACE_REAL };
static const struct {
    uint16_t offset;
    uint8_t type;
} places[SLOT_RANKED_END] = {
#define PLACE(slot, member, type) [SLOT_##slot] = {offsetof(struct observation, member), type}
#define TEXT(member, help)        PLACE(member, member, PLACE_TEXT),
#define NUMBER(member, help)      PLACE(member, member, PLACE_NUMBER),
#define REAL(member, help)        PLACE(member, member, PLACE_REAL),
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    PLACE(input_total, usage.input_total, PLACE_NUMBER),
    PLACE(output_total, usage.output_total, PLACE_NUMBER),
    PLACE(total, usage.total, PLACE_NUMBER),
    PLACE(cache_read, usage.cache_read, PLACE_NUMBER),
    PLACE(cache_write, usage.cache_write, PLACE_NUMBER),
    PLACE(cache_write_5m, usage.cache_write_5m, PLACE_NUMBER),
    PLACE(cache_write_1h, usage.cache_write_1h, PLACE_NUMBER),
    PLACE(reasoning, usage.reasoning, PLACE_NUMBER),
    PLACE(audio_in, usage.audio_in, PLACE_NUMBER),
    PLACE(audio_out, usage.audio_out, PLACE_NUMBER),
    PLACE(image_in, usage.image_in, PLACE_NUMBER),
    PLACE(image_out, usage.image_out, PLACE_NUMBER),
    PLACE(tags, tags, PLACE_TEXT),
};
_Static_assert((int)SLOT_kind == (int)FIELD_kind && (int)SLOT_usage == (int)FIELD_usage,
               "slots begin with the fields");

static struct str *reading_text_at(struct reading *reading, unsigned slot)
{
    return (struct str *)((char *)reading->out + places[slot].offset);
}

static int64_t *reading_number_at(struct reading *reading, unsigned slot)
{
    return (int64_t *)((char *)reading->out + places[slot].offset);
}

static double *real_at(struct reading *reading, unsigned slot)
{
    return (double *)((char *)reading->out + places[slot].offset);
}

void reading_note(struct reading *reading, unsigned slot, struct str vocabulary, struct str rule)
{
    struct provenance *provenance = reading->out->provenance;
    if (provenance && slot < FIELD_COUNT)
        provenance[slot] = (struct provenance){vocabulary, rule};
}

static void won(struct reading *reading, unsigned slot, unsigned rank, const struct row *row)
{
    reading->ranks[slot] = (uint16_t)rank;
    if (!reading->out->provenance || !row)
        return;
    struct str owner = str_from(vocabulary_at(row->owner)->name);
    if (slot < FIELD_COUNT)
        reading_note(reading, slot, owner, row->key);
    else if (slot == SLOT_input_total ||
             (slot == SLOT_output_total && !reading_has(reading, SLOT_input_total)) ||
             (slot == SLOT_total && !reading_has(reading, SLOT_input_total) &&
              !reading_has(reading, SLOT_output_total)))
        reading_note(reading, SLOT_usage, owner, row->key);
}

void reading_set_text(struct reading *reading, unsigned slot, unsigned rank, const struct row *row,
                      struct str text)
{
    *reading_text_at(reading, slot) = text;
    won(reading, slot, rank, row);
}

void reading_set_number(struct reading *reading, unsigned slot, unsigned rank,
                        const struct row *row, int64_t number)
{
    *reading_number_at(reading, slot) = number;
    won(reading, slot, rank, row);
}

void reading_set_real(struct reading *reading, unsigned slot, unsigned rank, const struct row *row,
                      double number)
{
    *real_at(reading, slot) = number;
    won(reading, slot, rank, row);
}

void reading_rule_text(struct reading *reading, unsigned slot, struct str text, const char *rule)
{
    if (text.len == 0 || reading_has(reading, slot))
        return;
    reading_set_text(reading, slot, CARRIER_RULE << 12, NULL, text);
    if (reading->out->provenance)
        reading_note(reading, slot, STR("vitrine"), str_from(rule));
}

void reading_rule_number(struct reading *reading, unsigned slot, int64_t number, const char *rule)
{
    if (number < 0 || reading_has(reading, slot))
        return;
    reading_set_number(reading, slot, CARRIER_RULE << 12, NULL, number);
    if (reading->out->provenance)
        reading_note(reading, slot, STR("vitrine"), str_from(rule));
}

struct str kept_text(const struct reading *reading, enum keep keep)
{
    struct str text;
    const struct value *value = reading->kept[keep];
    return value && coerce_text(reading, value, &text) ? text : STR_NONE;
}

bool kept_equals(const struct value *value, struct str text)
{
    return value->type == VALUE_STRING && str_equal_nocase(value->string, text);
}

/* --- collecting and detecting ---------------------------------------------------------------- */

void reading_start(struct reading *reading, const struct normalise_input *input,
                   struct arena *arena, struct observation *out)
{
    const struct batch *batch = input->batch;
    static const struct scope no_scope;
    static const struct resource no_resource;
    reading->input = input;
    reading->span = input->span;
    reading->scope = batch && input->span->scope < batch->scope_count
                         ? &batch->scopes[input->span->scope]
                         : &no_scope;
    reading->resource = batch && input->span->resource < batch->resource_count
                            ? &batch->resources[input->span->resource]
                            : &no_resource;
    reading->arena = arena;
    reading->out = out;
    reading->memo = &reading->memo_storage;
    reading->memo_storage.count = 0;
    reading->vocabulary = NULL;
    reading->content = reading->kind_known = false;
    reading->evidence = 0;
    reading->groups = reading->events = 0;
    reading->hints = reading->found_count = 0;
    reading->source_in_count = reading->source_out_count = 0;
    reading->usage_basis = USAGE_BASIS_NONE;
    reading->usage_rule = STR_NONE;
    reading->exception = NULL;
    reading->first_token_event_ns = 0;
    memset(reading->ranks, 0xFF, sizeof reading->ranks);
    memset(reading->kept, 0, sizeof reading->kept);
}

static void collect(struct reading *reading, const struct attributes *attributes,
                    enum carrier carrier)
{
    bool of_span = carrier == CARRIER_SPAN;
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = &attributes->items[i];
        const struct key_entry *entry = key_find(attribute->key);
        if (!entry) {
            uint8_t group = GROUP_NONE;
            if (of_span)
                key_prefixes(attribute->key, &reading->evidence, &reading->hints, &group);
            reading->groups |= UINT32_C(1) << group;
            continue;
        }
        if (of_span) {
            reading->evidence |= entry->evidence;
            reading->hints |= entry->hint;
            reading->groups |= UINT32_C(1) << entry->group;
            reading->kept[entry->keep] = &attribute->value;
        }
        if (reading->found_count < FOUND_MAX)
            reading->found[reading->found_count++] =
                (struct found){entry, &attribute->value, (uint8_t)carrier};
    }
}

/* The first vocabulary, in order of detection, that the keys, the scope or its own test point at.
 */
void reading_detect(struct reading *reading)
{
    collect(reading, &reading->span->attributes, CARRIER_SPAN);
    uint64_t evidence = reading->evidence | scope_evidence(reading->scope->name);
    reading->evidence = evidence;
    unsigned number = evidence ? (unsigned)__builtin_ctzll(evidence) : VOCABULARY_otel;
    for (const uint8_t *tester = vocabularies_with_tests(); *tester < number; tester++)
        if (vocabulary_at(*tester)->detect(reading))
            number = *tester;
    reading->vocabulary_number = number;
    reading->vocabulary = vocabulary_at(number);
    reading->out->vocabulary = str_from(reading->vocabulary->name);
    collect(reading, &reading->scope->attributes, CARRIER_SCOPE);
    collect(reading, &reading->resource->attributes, CARRIER_RESOURCE);
}

/* --- applying -------------------------------------------------------------------------------- */

static unsigned reading_rank(const struct reading *reading, const struct row *row,
                             enum carrier carrier)
{
    unsigned standing = row->standing;
    if (row->flags & ROW_NATIVE && row->owner == reading->vocabulary_number)
        standing = STANDING_NATIVE;
    return (unsigned)carrier << 12 | standing << 8 | row->order;
}

/* "*" among the words stands for any other. The kind goes by the ladder's step, not by standing. */
static void kind_from_word(struct reading *reading, const struct row *row,
                           const struct value *value, unsigned rank)
{
    struct str word;
    unsigned step = (rank & 0xF000) | row->order;
    if (!coerce_text(reading, value, &word) || !reading_open(reading, SLOT_kind, step))
        return;
    for (const struct kind_name *name = row->kinds; name->name; name++) {
        if (!str_equal_nocase(word, str_from(name->name)) && name->name[0] != '*')
            continue;
        reading->out->kind = name->kind;
        won(reading, SLOT_kind, step, row);
        if (name->op && reading_open(reading, SLOT_op, rank))
            reading_set_text(reading, SLOT_op, rank, row, str_from(name->op));
        return;
    }
}

static bool text_at_path(const struct reading *reading, const struct row *row,
                         const struct value *value, struct str *out)
{
    struct str json = value->type == VALUE_MAP || value->type == VALUE_ARRAY
                          ? value_as_json(reading, value)
                          : coerce_content(reading, value, CONTENT_READ_MAX);
    struct str raw;
    if (!json.ptr || !peek_path(json, row->path, &raw) || str_equal(raw, STR("null")))
        return false;
    *out = peek_text(raw, 1 << 16, reading->arena);
    return out->len > 0;
}

static void apply_text(struct reading *reading, const struct row *row, const struct value *value,
                       unsigned rank)
{
    struct str text;
    bool ok = row->as == AS_TEXT      ? coerce_text(reading, value, &text)
              : row->as == AS_TEXT_AT ? text_at_path(reading, row, value, &text)
              : row->as == AS_LIST    ? coerce_list(reading, value, &text)
                                      : coerce_list_first(reading, value, &text);
    if (ok)
        reading_set_text(reading, row->slot, rank, row, text);
}

static void apply_number(struct reading *reading, const struct row *row, const struct value *value,
                         unsigned rank)
{
    int64_t number = -1;
    double real;
    bool flag, ok = false;
    struct str text;
    if (row->as == AS_COUNT)
        ok = coerce_count(value, &number);
    else if (row->as == AS_COUNT_AT)
        ok = text_at_path(reading, row, value, &text) && coerce_count_text(text, &number);
    else if (row->as == AS_FLAG) {
        ok = coerce_flag(value, &flag);
        number = ok && flag;
    } else if (row->as == AS_TIME)
        ok = coerce_time(value, &number);
    else if (row->as == AS_LENGTH) {
        ok = value->type == VALUE_ARRAY && value->array.count > 0;
        number = ok ? (int64_t)value->array.count : -1;
    } else
        ok = coerce_number(value, &real) && scale_ns(real, row->as == AS_MS ? 1e6 : 1e9, &number);
    if (ok)
        reading_set_number(reading, row->slot, rank, row, number);
}

static void apply_money(struct reading *reading, const struct row *row, const struct value *value,
                        unsigned rank)
{
    double real;
    struct str text;
    bool ok = row->as == AS_MONEY ? coerce_number(value, &real)
                                  : text_at_path(reading, row, value, &text) &&
                                        str_to_double(text, &real) && isfinite(real);
    if (ok && real >= 0)
        reading_set_real(reading, row->slot, rank, row, real);
}

static bool is_no_content(const struct row *row, struct str text)
{
    struct str raw;
    /* Google's agents write "{}" where they were told not to keep content. */
    if (row->owner == VOCABULARY_google_adk)
        return str_equal(text, STR("{}"));
    /* tool.parameters holds arguments with some instrumentors, the schema with others. */
    return row->owner == VOCABULARY_openinference && row->shape == SHAPE_ARGUMENTS &&
           (peek_member(text, STR("properties"), &raw) ||
            (peek_member(text, STR("type"), &raw) && str_equal(raw, STR("\"object\""))));
}

static void apply_source(struct reading *reading, const struct row *row, const struct value *value,
                         unsigned rank)
{
    bool in = row->slot == SLOT_input;
    uint16_t *count = in ? &reading->source_in_count : &reading->source_out_count;
    if (value->type == VALUE_STRING && is_no_content(row, value->string))
        return;
    if (*count < SOURCES_MAX && value->type != VALUE_NULL)
        (in ? reading->inputs : reading->outputs)[(*count)++] = (struct source){
            .rank = (uint16_t)rank, .shape = row->shape, .row = row, .value = value};
}

static void apply_row(struct reading *reading, const struct row *row, const struct value *value,
                      enum carrier carrier)
{
    if (row->only && reading->kind_known && !(row->only >> reading->out->kind & 1))
        return;
    if (carrier == CARRIER_RESOURCE && !(row->flags & ROW_RESOURCE))
        return;
    if (!reading_knows(reading, row))
        return;
    if (row->slot >= SLOT_none)
        return;
    if (row->slot >= SLOT_RANKED_END) {
        apply_source(reading, row, value, (unsigned)carrier << 12 | row->order);
        return;
    }
    unsigned rank = reading_rank(reading, row, carrier);
    if (row->slot != SLOT_kind && !reading_open(reading, row->slot, rank))
        return;
    switch ((enum coercion)row->as) {
    case AS_TEXT:
    case AS_TEXT_AT:
    case AS_LIST:
    case AS_LIST_FIRST:
        apply_text(reading, row, value, rank);
        break;
    case AS_MONEY:
    case AS_MONEY_AT:
        apply_money(reading, row, value, rank);
        break;
    case AS_KIND:
        kind_from_word(reading, row, value, rank);
        break;
    case AS_READ:
        row->read(reading, row, value, rank);
        break;
    default:
        apply_number(reading, row, value, rank);
        break;
    }
}

void reading_apply(struct reading *reading, bool early)
{
    for (size_t i = 0; i < reading->found_count; i++) {
        const struct found *found = &reading->found[i];
        const struct row *rows = found->entry->rows;
        size_t from = early ? 0 : found->entry->early_count;
        size_t to = early ? found->entry->early_count : found->entry->row_count;
        for (size_t j = from; j < to; j++)
            apply_row(reading, &rows[j], found->value, (enum carrier)found->carrier);
    }
}
