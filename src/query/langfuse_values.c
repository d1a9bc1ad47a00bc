/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_values: see langfuse_values.h. */
#include "query/langfuse_values.h"

#include <string.h>

#include "base/must.h"
#include "normalise/value_json.h"
#include "wire/json.h"

enum { SCRATCH_BYTES = 256 << 20, SCRATCH_KEEP = 1 << 20 };

/* One record while its values are read. */
struct reader {
    const struct langfuse_reading *reading;
    const struct walked_record *record;
    const struct span_view *view;
    struct arena *arena;
};

const struct langfuse_metadata_keys *langfuse_metadata_keys(enum langfuse_view view)
{
    static const struct langfuse_metadata_keys of_traces = {
        "langfuse.trace.metadata", {"langfuse.trace.metadata.", "langfuse.metadata."}};
    static const struct langfuse_metadata_keys of_observations = {
        "langfuse.observation.metadata", {"langfuse.observation.metadata.", NULL}};
    return view == LANGFUSE_TRACES ? &of_traces : &of_observations;
}

struct str langfuse_model_id(const struct bill *bill)
{
    const struct price_entry *entry =
        bill->source == COST_COMPUTED ? bill->price.match.entry : NULL;
    return !entry ? STR_NONE : entry->custom_id.ptr ? entry->custom_id : entry->id;
}

/* --- texts of the record -----------------------------------------------------------------------
 */

static struct str attribute(const struct reader *reader, const char *before, struct str key)
{
    const struct span *span = reader->record->span;
    struct str name = arena_printf(reader->arena, "%s%.*s", before, STR_ARGS(key));
    const struct value *value = span ? attributes_get(&span->attributes, name) : NULL;
    return value ? value_plain_text(value, &reader->view->contents, reader->arena) : STR_NONE;
}

/* Texts as they are, anything else as JSON. */
static struct str json_text(const struct json *json, struct arena *arena)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    if (!json || json->type == JSON_NULL)
        return STR_NONE;
    if (json->type == JSON_STRING)
        return json->string;
    json_out_value(&out, NULL, json);
    struct str text = arena_copy(arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

static struct str member_of(struct str object, struct str key, struct arena *arena)
{
    struct json json;
    struct error ignored;
    if (object.len == 0 || json_parse(object, arena, &json, &ignored) != STATUS_OK ||
        json.type != JSON_OBJECT)
        return STR_NONE;
    return json_text(json_discover(&json, key), arena);
}

/* The member "a.b" may stand in an attribute of its own, in one of "a" or in one of everything. */
static struct str metadata_of_span(const struct reader *reader, struct str key)
{
    const struct langfuse_metadata_keys *keys = langfuse_metadata_keys(reader->reading->rows->view);
    struct str found = member_of(attribute(reader, keys->whole, STR("")), key, reader->arena);
    size_t dot = str_find_byte(key, '.');
    for (size_t i = 0; i < 2 && keys->prefixes[i] && !found.ptr; i++) {
        found = attribute(reader, keys->prefixes[i], key);
        if (!found.ptr && dot < key.len)
            found = member_of(attribute(reader, keys->prefixes[i], str_sub(key, 0, dot)),
                              str_sub(key, dot + 1, key.len), reader->arena);
    }
    return found;
}

static struct str metadata(const struct reader *reader, struct str key)
{
    const struct score *score = reader->record->score;
    if (!score)
        return metadata_of_span(reader, key);
    return member_of(value_text(&score->metadata, &reader->view->contents, reader->arena), key,
                     reader->arena);
}

/* --- lists, as one text ------------------------------------------------------------------------
 */

struct list {
    struct buf buf;
    size_t count;
};

static void list_add(struct list *list, struct str text)
{
    if (list->count++)
        buf_add_byte(&list->buf, LANGFUSE_LIST_SEPARATOR);
    buf_add_str(&list->buf, text);
}

/* STR_NONE: it is empty. */
static struct str list_end(struct list *list, struct arena *arena)
{
    struct str text = list->count ? arena_copy(arena, buf_str(&list->buf)) : STR_NONE;
    buf_done(&list->buf);
    return text;
}

static struct str tool_names(const struct reader *reader)
{
    const struct conversation *talk = &reader->view->conversation;
    struct list list = {0};
    for (size_t i = 0; i < talk->tool_count; i++)
        list_add(&list, talk->tools[i].name);
    return list_end(&list, reader->arena);
}

/* The tools that the answer asks for. */
static size_t called_tools(const struct reader *reader, struct list *list)
{
    const struct messages *output = &reader->view->conversation.output;
    size_t count = 0;
    for (size_t i = 0; i < output->count; i++)
        for (size_t p = 0; p < output->items[i].part_count; p++) {
            if (output->items[i].parts[p].type != PART_TOOL_CALL)
                continue;
            count++;
            if (list)
                list_add(list, output->items[i].parts[p].name);
        }
    return count;
}

static struct str called_tool_names(const struct reader *reader)
{
    struct list list = {0};
    called_tools(reader, &list);
    return list_end(&list, reader->arena);
}

/* Of a JSON object with numbers: its keys, or the numbers. */
static struct str details_given(const struct reader *reader, struct str text, bool amounts)
{
    struct list list = {0};
    struct json json;
    struct error ignored;
    double number;
    if (json_parse(text, reader->arena, &json, &ignored) != STATUS_OK || json.type != JSON_OBJECT)
        return STR_NONE;
    for (uint32_t i = 0; i < json.count; i++)
        if (json_number(&json.members[i].value, &number))
            list_add(&list,
                     amounts ? arena_printf(reader->arena, "%.17g", number) : json.members[i].key);
    return list_end(&list, reader->arena);
}

struct detail {
    const char *type;
    double amount;
    bool known;
};

static struct str details(const struct reader *reader, const struct detail *items, size_t count,
                          bool amounts)
{
    struct list list = {0};
    for (size_t i = 0; i < count; i++)
        if (items[i].known)
            list_add(&list, amounts ? arena_printf(reader->arena, "%.17g", items[i].amount)
                                    : str_from(items[i].type));
    return list_end(&list, reader->arena);
}

static struct str usage_details(const struct reader *reader, bool amounts)
{
    const struct token_usage *usage = &reader->view->observation.usage;
    bool any = usage_any(usage);
    const struct detail items[] = {{"input", (double)usage->input_total, any},
                                   {"output", (double)usage->output_total, any},
                                   {"total", (double)usage->total, any}};
    struct str given = attribute(reader, "langfuse.observation.usage_details", STR(""));
    return given.len && given.ptr[0] == '{' ? details_given(reader, given, amounts)
                                            : details(reader, items, 3, amounts);
}

static struct str cost_details(const struct reader *reader, bool amounts)
{
    const struct bill *bill = &reader->view->bill;
    const struct detail items[] = {
        {"input", (double)bill->input_nano / 1e9, bill->input_nano >= 0},
        {"output", (double)bill->output_nano / 1e9, bill->output_nano >= 0},
        {"total", (double)bill->total_nano / 1e9, bill->total_nano >= 0}};
    return details(reader, items, 3, amounts);
}

/* --- one value ---------------------------------------------------------------------------------
 */

static struct str boolean(bool is)
{
    return is ? STR("true") : STR("false");
}

/* None is no number, as there: nothing to take a mean of. */
static struct str number(const struct reader *reader, size_t count)
{
    return count ? arena_printf(reader->arena, "%zu", count) : STR_NONE;
}

/* STR_NONE: absent. */
static struct str value_of(const struct reader *reader, enum langfuse_value value, struct str key)
{
    const struct conversation *talk = &reader->view->conversation;
    const struct observation *seen = &reader->view->observation;
    switch (value) {
    case LANGFUSE_METADATA:
        return metadata(reader, key);
    case LANGFUSE_INPUT:
        return talk->input_text;
    case LANGFUSE_OUTPUT:
        return talk->output_text;
    case LANGFUSE_HAS_INPUT:
        return boolean(talk->input_text.len > 0);
    case LANGFUSE_HAS_OUTPUT:
        return boolean(talk->output_text.len > 0);
    case LANGFUSE_STATUS_MESSAGE:
        return seen->status_message.len ? seen->status_message : seen->error_message;
    case LANGFUSE_MODEL_ID:
        return langfuse_model_id(&reader->view->bill);
    case LANGFUSE_TOOL_NAMES:
        return tool_names(reader);
    case LANGFUSE_CALLED_TOOL_NAMES:
        return called_tool_names(reader);
    case LANGFUSE_TOOL_DEFINITIONS:
        return number(reader, talk->tool_count);
    case LANGFUSE_TOOL_CALLS:
        return number(reader, called_tools(reader, NULL));
    case LANGFUSE_USAGE_TYPES:
    case LANGFUSE_USAGE_AMOUNTS:
        return usage_details(reader, value == LANGFUSE_USAGE_AMOUNTS);
    case LANGFUSE_COST_TYPES:
    case LANGFUSE_COST_AMOUNTS:
        return cost_details(reader, value == LANGFUSE_COST_AMOUNTS);
    case LANGFUSE_EXPERIMENT_ID:
        return attribute(reader, "langfuse.experiment.id", STR(""));
    case LANGFUSE_EXPERIMENT_NAME:
        return attribute(reader, "langfuse.experiment.name", STR(""));
    case LANGFUSE_EXPERIMENT_DATASET_ID:
        return attribute(reader, "langfuse.experiment.dataset.id", STR(""));
    case LANGFUSE_INDEXED:
        break;
    }
    return STR_NONE;
}

/* --- conditions --------------------------------------------------------------------------------
 */

static bool is_among(const struct langfuse_condition *condition, struct str text)
{
    for (size_t i = 0; i < condition->value_count; i++)
        if (str_equal(condition->values[i], text))
            return true;
    return false;
}

bool langfuse_text_fits(const struct langfuse_condition *condition, struct str text)
{
    struct str value = condition->value_count ? condition->values[0] : STR("");
    switch (condition->op) {
    case LANGFUSE_NE:
    case LANGFUSE_NONE_OF:
        return !is_among(condition, text);
    case LANGFUSE_CONTAINS:
        return str_contains(text, value);
    case LANGFUSE_CONTAINS_NOT:
        return !str_contains(text, value);
    case LANGFUSE_STARTS:
        return str_starts(text, value);
    case LANGFUSE_ENDS:
        return str_ends(text, value);
    case LANGFUSE_MATCHES:
        return condition->field->type == LANGFUSE_OBJECT ? str_contains(text, value)
                                                         : str_contains_nocase(text, value);
    case LANGFUSE_IS_NULL:
        return text.len == 0;
    case LANGFUSE_IS_NOT_NULL:
        return text.len > 0;
    default:
        return is_among(condition, text);
    }
}

static bool number_fits(const struct langfuse_condition *condition, struct str text)
{
    double value;
    if (!str_to_double(text, &value))
        return false;
    switch (condition->op) {
    case LANGFUSE_GT:
        return value > condition->number;
    case LANGFUSE_GE:
        return value >= condition->number;
    case LANGFUSE_LT:
        return value < condition->number;
    case LANGFUSE_LE:
        return value <= condition->number;
    default:
        return value == condition->number;
    }
}

/* How many of the condition's texts the list has. */
static size_t count_in(const struct langfuse_condition *condition, struct str list)
{
    size_t count = 0;
    for (size_t i = 0; i < condition->value_count; i++) {
        struct str rest = list, item;
        bool found = false;
        while (!found && str_take(&rest, LANGFUSE_LIST_SEPARATOR, &item))
            found = str_equal(item, condition->values[i]);
        count += found;
    }
    return count;
}

static bool list_fits(const struct langfuse_condition *condition, struct str list)
{
    size_t count = count_in(condition, list);
    return condition->op == LANGFUSE_ALL_OF    ? count == condition->value_count
           : condition->op == LANGFUSE_NONE_OF ? count == 0
                                               : count > 0;
}

static bool fits(const struct langfuse_condition *condition, struct str text)
{
    enum langfuse_type type = condition->field->type;
    if (condition->op == LANGFUSE_IS_NULL || condition->op == LANGFUSE_IS_NOT_NULL)
        return (text.len == 0) == (condition->op == LANGFUSE_IS_NULL);
    if (type == LANGFUSE_OBJECT) {
        type = condition->as;
        if (!text.ptr) /* what has no such member is neither like nor unlike it */
            return false;
    }
    switch (type) {
    case LANGFUSE_NUMBER:
        return number_fits(condition, text.ptr ? text : STR("0"));
    case LANGFUSE_BOOLEAN:
        return str_equal(text, boolean(condition->number != 0)) == (condition->op == LANGFUSE_EQ);
    case LANGFUSE_LIST:
        return list_fits(condition, text);
    default:
        return langfuse_text_fits(condition, text);
    }
}

/* --- rows of a running question ----------------------------------------------------------------
 */

struct filling {
    struct langfuse_reading *reading;
    struct str *values;
    struct arena *arena;
};

static void fill_columns(const struct reader *reader, struct str *values, struct arena *arena)
{
    const struct langfuse_rows *rows = reader->reading->rows;
    for (size_t i = 0; i < rows->value_count; i++) {
        struct str text = value_of(reader, rows->values[i]->value, STR_NONE);
        values[i] = text.ptr ? arena_copy(arena, text) : STR_NONE;
    }
}

static void fill_conditions(const struct reader *reader, struct str *values)
{
    const struct langfuse_rows *rows = reader->reading->rows;
    for (size_t i = 0; i < rows->condition_count; i++) {
        const struct langfuse_condition *condition = &rows->conditions[i];
        if (condition->field->value == LANGFUSE_INDEXED)
            continue;
        if (fits(condition, value_of(reader, condition->field->value, condition->key)))
            *values = STR("1");
        values++;
    }
}

static enum status fill_row(void *context, const struct walked_record *record, size_t row,
                            struct error *error)
{
    const struct filling *filling = context;
    struct langfuse_reading *reading = filling->reading;
    struct span_view view = {.contents = journal_content_source(reading->query->journal)};
    struct str *values = filling->values + row * reading->lookup.widths[0];
    if (record->span && reading->with_view)
        query_view_record(reading->query, record->batch, record->span, reading->with_content,
                          &reading->scratch, &view);
    const struct reader reader = {reading, record, &view, &reading->scratch};
    fill_columns(&reader, values, filling->arena);
    fill_conditions(&reader, values + reading->rows->value_count);
    if (reading->scratch.used_bytes > SCRATCH_KEEP)
        arena_done(&reading->scratch);
    return filling->arena->used_bytes >= filling->arena->limit_bytes / 16 * 15
               ? fail(error, STATUS_TOO_LARGE,
                      "the records are too large to look into at once: narrow the question")
               : STATUS_OK;
}

static enum status fill(void *context, int set, const struct store_lookup_row *rows, size_t count,
                        struct str *values, struct arena *arena, struct error *error)
{
    struct langfuse_reading *reading = context;
    struct filling filling = {reading, values, arena};
    must(set == 0);
    enum status status = record_walk(&reading->walk, rows, count, fill_row, &filling, error);
    arena_done(&reading->scratch);
    return status;
}

/* What has to be made of a record for a value. */
static void note(struct langfuse_reading *reading, enum langfuse_value value)
{
    bool bare = value == LANGFUSE_METADATA || value >= LANGFUSE_EXPERIMENT_ID;
    bool priced = value == LANGFUSE_STATUS_MESSAGE || value == LANGFUSE_MODEL_ID ||
                  (value >= LANGFUSE_USAGE_TYPES && value <= LANGFUSE_COST_AMOUNTS);
    reading->with_view = reading->with_view || !bare;
    reading->with_content = reading->with_content || !(bare || priced);
}

void langfuse_reading_init(struct langfuse_reading *reading, const struct query *query,
                           const struct langfuse_rows *rows, const _Atomic bool *cancelled)
{
    *reading = (struct langfuse_reading){
        .lookup = {.fill = fill, .context = reading, .widths = {rows->value_count}},
        .query = query,
        .rows = rows,
        .walk = {.query = query,
                 .signal = rows->view == LANGFUSE_SCORES ? SIGNAL_SCORES : SIGNAL_SPANS,
                 .cancelled = cancelled},
    };
    arena_init(&reading->scratch, SCRATCH_BYTES);
    for (size_t i = 0; i < rows->value_count; i++)
        note(reading, rows->values[i]->value);
    for (size_t i = 0; i < rows->condition_count; i++) {
        enum langfuse_value value = rows->conditions[i].field->value;
        if (value == LANGFUSE_INDEXED)
            continue;
        note(reading, value);
        reading->lookup.widths[0]++;
    }
}

void langfuse_reading_done(struct langfuse_reading *reading)
{
    record_walk_done(&reading->walk);
    arena_done(&reading->scratch);
}
