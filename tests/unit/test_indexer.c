/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the journal to the index, batch by batch: which merged spans count when their trace was
 * deleted, and where an observation goes whose trace is named late or never. Each answer is the
 * same read on and read from the beginning.
 */
#include "journal_testing.h"

#include <xxhash.h>

#include "journal/coding.h"
#include "model/part.h"
#include "pipeline/indexer.h"

static const uint8_t trace_a[TRACE_ID_BYTES] = {0xa}, span_1[SPAN_ID_BYTES] = {0x1};

struct place {
    struct journal_position frame;
    const char *event;
};

static struct journal *journal;
static const char *journal_path;

static struct batch *new_batch(void)
{
    struct batch *batch = batch_new(1 << 20);
    assert_non_null(batch);
    batch->project_id = 1;
    batch->receiver = STR("langfuse");
    batch->arrival_ns = INT64_C(1790000000000000000);
    assert_non_null(batch_add_resource(batch));
    assert_non_null(batch_add_scope(batch));
    return batch;
}

static struct place put(struct batch *batch, const char *event)
{
    struct place place = {journal_end(journal), event};
    append(journal, batch);
    batch_free(batch);
    return place;
}

/* `trace` NULL: it is not named. */
static struct place say(const char *kind, const char *event, const uint8_t *trace)
{
    struct batch *batch = new_batch();
    struct span *part = batch_add_span(batch);
    struct attribute *items = add_attributes(batch, &part->attributes, 2);
    batch->is_partial = true;
    part->name = str_from(kind);
    part->start_ns = (uint64_t)batch->arrival_ns;
    memcpy(part->span_id, span_1, SPAN_ID_BYTES);
    if (trace)
        memcpy(part->trace_id, trace, TRACE_ID_BYTES);
    items[0] = (struct attribute){PART_ID_KEY, value_string(str_from(event))};
    items[1] = (struct attribute){STR("name"), value_string(str_from(event))};
    return put(batch, event);
}

static void delete_trace(const uint8_t *trace)
{
    struct batch *batch = new_batch();
    struct span *part = batch_add_span(batch);
    batch->is_partial = true;
    part->name = PART_DELETES_TRACE;
    memcpy(part->trace_id, trace, TRACE_ID_BYTES);
    (void)put(batch, NULL);
}

/* What a merger appends that has read one part. */
static void merged_of(const struct place *part, const uint8_t *trace)
{
    struct batch *batch = new_batch();
    struct span *span = batch_add_span(batch);
    struct attribute *items = add_attributes(batch, &span->attributes, 1);
    uint8_t *list = arena_zero(&batch->arena, PART_REF_BYTES);
    span->name = STR("merged");
    span->start_ns = span->end_ns = (uint64_t)batch->arrival_ns;
    memcpy(span->span_id, span_1, SPAN_ID_BYTES);
    memcpy(span->trace_id, trace, TRACE_ID_BYTES);
    store_u32(list, part->frame.segment);
    store_u64(list + 8, part->frame.offset);
    store_u64(list + 16, XXH3_64bits(part->event, strlen(part->event)));
    items[0] = (struct attribute){
        PARTS_KEY, {.type = VALUE_BYTES, .string = {(const char *)list, PART_REF_BYTES}}};
    (void)put(batch, NULL);
}

static int64_t ask(struct store *store, const char *sql)
{
    const struct store_question question = {.sql = sql};
    struct store_rows *rows;
    struct error error = {0};
    if (store_select(store, &question, &rows, &error) != STATUS_OK)
        STOP("%s", error.text);
    assert_true(store_rows_next(rows));
    int64_t number = store_rows_int(rows, 0);
    store_rows_free(rows);
    return number;
}

struct answer {
    int64_t spans, in_trace_a, rollup;
};

/* Reads on in the index of this directory. */
static struct answer index_into(const char *directory)
{
    const struct store_options options = {.directory = directory, .memory_bytes = 128 << 20};
    const struct price_options book = {0};
    struct indexer_options indexer = {.journal = journal};
    struct error error = {0};
    uint64_t records;
    if (store_open(&options, &indexer.store, &error) != STATUS_OK ||
        price_open(&book, &indexer.prices, &error) != STATUS_OK ||
        indexer_run_once(&indexer, NULL, NULL, &records, &error) != STATUS_OK)
        STOP("index: %s", error.text);
    const struct answer answer = {
        ask(indexer.store, "SELECT count(*) FROM spans"),
        ask(indexer.store, "SELECT count(*) FROM v_spans WHERE trace_id LIKE '0a%'"),
        ask(indexer.store, "SELECT CAST(coalesce(sum(spans), 0) AS BIGINT) FROM rollups "
                           "WHERE resolution = 60"),
    };
    store_close(indexer.store);
    price_close(indexer.prices);
    return answer;
}

static void expect(const char *directory, int64_t spans, int64_t in_trace_a)
{
    char *fresh = test_directory();
    const struct answer on = index_into(directory), anew = index_into(fresh);
    remove_directory(fresh);
    assert_int_equal(on.spans, spans);
    assert_int_equal(on.in_trace_a, in_trace_a);
    assert_int_equal(on.rollup, spans);
    assert_memory_equal(&on, &anew, sizeof on);
}

static void a_span_merged_before_the_deletion_was_known_stays_away(void **state)
{
    const char *index = *state;
    struct place part = say("span-create", "one", trace_a);
    delete_trace(trace_a);
    merged_of(&part, trace_a);
    expect(index, 0, 0);
    part = say("span-create", "one", trace_a); /* the same event again: new */
    merged_of(&part, trace_a);
    expect(index, 1, 1);
}

static void an_observation_goes_where_it_is_said_to_belong(void **state)
{
    const char *index = *state;
    (void)say("span-update", "late", NULL);
    expect(index, 1, 0); /* nobody says: a trace of its own */
    (void)say("span-update", "later", NULL);
    expect(index, 1, 0);
    (void)say("span-create", "first", trace_a);
    expect(index, 1, 1);
    delete_trace(trace_a);
    expect(index, 0, 0);
}

static int set_up(void **state)
{
    *state = test_directory();
    journal_path = test_directory();
    journal = open_journal(journal_path);
    return 0;
}

static int tear_down(void **state)
{
    journal_close(journal);
    remove_directory(journal_path);
    remove_directory(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_span_merged_before_the_deletion_was_known_stays_away,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_observation_goes_where_it_is_said_to_belong, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
