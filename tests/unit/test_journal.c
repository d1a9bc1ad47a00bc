/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into the journal comes out of it, member by member, by frame and by record, before and
 * after a restart. */
#include "unit/journal_testing.h"

#include <math.h>

static uint64_t seed = 1;
static uint64_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void fill_random(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)random_number();
}

/* Text of any bytes, zero bytes among them; repeats itself now and then. */
static struct str random_text(struct batch *batch, size_t max)
{
    static const struct str often[] = {STR_INIT("gen_ai.system"), STR_INIT(""), STR_INIT("chat"),
                                       STR_INIT("[]")};
    if (random_number() % 3 == 0)
        return often[random_number() % 4];
    size_t len = random_number() % (max + 1);
    uint8_t *bytes = arena_alloc(&batch->arena, len + 1);
    fill_random(bytes, len);
    return (struct str){(char *)bytes, len};
}

static void random_attributes(struct batch *batch, struct attributes *out, int depth);

static struct value random_value(struct batch *batch, int depth)
{
    static const double doubles[] = {0.0, -0.0, 1.5, INFINITY, -INFINITY, NAN, 1e-310};
    switch (random_number() % (depth > 3 ? 7 : 9)) {
    case 0:
        return (struct value){.type = VALUE_NULL};
    case 1:
        return value_string(random_text(batch, 100));
    case 2:
        return value_bool(random_number() & 1);
    case 3:
        return value_int((int64_t)(random_number() >> (random_number() % 64)) *
                         (random_number() & 1 ? 1 : -1));
    case 4:
        return value_double(doubles[random_number() % 7]);
    case 5:
        return (struct value){.type = VALUE_BYTES, .string = random_text(batch, 3000)};
    case 6:
        return value_string(random_text(batch, 5000));
    case 7: {
        struct value array = {.type = VALUE_ARRAY};
        array.array.count = random_number() % 5;
        array.array.items = arena_array(&batch->arena, struct value, array.array.count);
        for (size_t i = 0; i < array.array.count; i++)
            array.array.items[i] = random_value(batch, depth + 1);
        return array;
    }
    default: {
        struct attributes attributes;
        random_attributes(batch, &attributes, depth + 1);
        struct value map = {.type = VALUE_MAP};
        map.map.items = attributes.items;
        map.map.count = attributes.count;
        return map;
    }
    }
}

static void random_attributes(struct batch *batch, struct attributes *out, int depth)
{
    add_attributes(batch, out, random_number() % 6);
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = (struct attribute){random_text(batch, 40), random_value(batch, depth)};
}

static uint32_t maybe(void)
{
    return random_number() % 3 ? 0 : (uint32_t)random_number();
}

static void random_span(struct batch *batch)
{
    struct span *span = batch_add_span(batch);
    span->resource = (uint32_t)(random_number() % batch->resource_count);
    span->scope = (uint32_t)(random_number() % batch->scope_count);
    if (random_number() % 2)
        fill_random(span->trace_id, sizeof span->trace_id);
    fill_random(span->span_id, sizeof span->span_id);
    if (random_number() % 2)
        fill_random(span->parent_id, sizeof span->parent_id);
    span->name = random_text(batch, 30);
    span->trace_state = random_text(batch, 30);
    span->kind = maybe();
    span->start_ns = random_number();
    span->end_ns = random_number();
    span->status = (enum span_status)(random_number() % 3);
    span->status_message = random_text(batch, 2000);
    span->flags = maybe();
    random_attributes(batch, &span->attributes, 0);
    span->event_count = random_number() % 3;
    span->events = arena_array(&batch->arena, struct span_event, span->event_count);
    for (size_t i = 0; i < span->event_count; i++) {
        span->events[i].time_ns = random_number();
        span->events[i].name = random_text(batch, 20);
        random_attributes(batch, &span->events[i].attributes, 0);
        span->events[i].dropped_attributes = maybe();
    }
    span->link_count = random_number() % 3;
    span->links = arena_array(&batch->arena, struct span_link, span->link_count);
    for (size_t i = 0; i < span->link_count; i++) {
        fill_random(span->links[i].trace_id, TRACE_ID_BYTES);
        fill_random(span->links[i].span_id, SPAN_ID_BYTES);
        span->links[i].trace_state = random_text(batch, 20);
        random_attributes(batch, &span->links[i].attributes, 0);
        span->links[i].dropped_attributes = maybe();
        span->links[i].flags = maybe();
    }
    span->dropped_attributes = maybe();
    span->dropped_events = maybe();
    span->dropped_links = maybe();
}

static void random_log(struct batch *batch)
{
    struct log_record *log = batch_add_log(batch);
    log->resource = (uint32_t)(random_number() % batch->resource_count);
    log->scope = (uint32_t)(random_number() % batch->scope_count);
    log->time_ns = random_number();
    log->observed_ns = random_number() % 2 ? 0 : random_number();
    log->severity = (int32_t)random_number();
    log->severity_text = random_text(batch, 10);
    log->event_name = random_text(batch, 30);
    log->body = random_value(batch, 0);
    random_attributes(batch, &log->attributes, 0);
    log->dropped_attributes = maybe();
    log->flags = maybe();
    if (random_number() % 2)
        fill_random(log->trace_id, TRACE_ID_BYTES);
    if (random_number() % 2)
        fill_random(log->span_id, SPAN_ID_BYTES);
}

static void random_metric(struct batch *batch)
{
    struct metric *metric = batch_add_metric(batch);
    metric->resource = (uint32_t)(random_number() % batch->resource_count);
    metric->scope = (uint32_t)(random_number() % batch->scope_count);
    metric->name = random_text(batch, 30);
    metric->description = random_text(batch, 100);
    metric->unit = random_text(batch, 5);
    metric->type = (enum metric_type)(1 + random_number() % 5);
    metric->temporality = (enum metric_temporality)(random_number() % 3);
    metric->monotonic = random_number() & 1;
    random_attributes(batch, &metric->metadata, 0);
}

static double random_double(void)
{
    return (double)(int64_t)random_number() / 7.0;
}

static void random_histogram(struct batch *batch, struct metric_point *point)
{
    point->count = random_number();
    point->has_sum = point->has_min = true;
    point->sum = random_double();
    point->min = random_double();
    point->max = NAN;
    point->bound_count = random_number() % 5;
    point->bounds = arena_array(&batch->arena, double, point->bound_count);
    point->bucket_count = point->bound_count + 1;
    point->buckets = arena_array(&batch->arena, uint64_t, point->bucket_count);
    for (size_t i = 0; i < point->bound_count; i++)
        point->bounds[i] = random_double();
    for (size_t i = 0; i < point->bucket_count; i++)
        point->buckets[i] = random_number();
    if (point->bound_count && random_number() % 2) {
        point->quantile_values = arena_array(&batch->arena, double, point->bound_count);
        point->quantile_values[0] = -0.0;
    }
    point->scale = -3;
    point->positive_offset = (int32_t)random_number();
    point->negative_offset = (int32_t)random_number();
    point->zero_count = random_number() % 100;
    point->zero_threshold = 1e-9;
    point->negative_bucket_count = random_number() % 4;
    point->negative_buckets = arena_array(&batch->arena, uint64_t, point->negative_bucket_count);
}

static void random_point(struct batch *batch)
{
    struct metric_point *point = batch_add_point(batch);
    point->metric = (uint32_t)(random_number() % batch->metric_count);
    point->start_ns = random_number();
    point->time_ns = random_number();
    point->flags = maybe();
    random_attributes(batch, &point->attributes, 0);
    point->is_int = random_number() & 1;
    point->has_max = random_number() & 1;
    point->integer = (int64_t)maybe() - 5;
    point->number = random_number() % 3 ? 0.0 : -0.0;
    if (random_number() % 2)
        random_histogram(batch, point);
    point->exemplar_count = random_number() % 3;
    point->exemplars = arena_array(&batch->arena, struct exemplar, point->exemplar_count);
    for (size_t i = 0; i < point->exemplar_count; i++) {
        point->exemplars[i].time_ns = random_number();
        point->exemplars[i].value = random_double();
        fill_random(point->exemplars[i].trace_id, TRACE_ID_BYTES);
        random_attributes(batch, &point->exemplars[i].attributes, 0);
    }
}

static void random_score(struct batch *batch)
{
    struct score *score = batch_add_score(batch);
    score->id = random_text(batch, 40);
    score->name = random_text(batch, 20);
    score->type = (enum score_type)(random_number() % SCORE_TYPE_COUNT);
    score->source = (enum score_source)(random_number() % SCORE_SOURCE_COUNT);
    score->deleted = random_number() % 4 == 0;
    score->number = random_number() % 3 ? random_double() : (double)NAN;
    score->text = random_text(batch, 300);
    if (random_number() % 2)
        fill_random(score->trace_id, TRACE_ID_BYTES);
    if (random_number() % 2)
        fill_random(score->span_id, SPAN_ID_BYTES);
    if (random_number() % 2)
        score->session = random_text(batch, 20);
    score->dataset_run = random_text(batch, 5);
    if (random_number() % 2)
        score->author = random_text(batch, 20);
    score->time_ns = random_number();
    if (random_number() % 2)
        score->comment = value_string(random_text(batch, 400));
    if (random_number() % 2)
        score->metadata = value_string(random_text(batch, 400));
    if (random_number() % 2)
        random_attributes(batch, &score->attributes, 0);
}

static struct batch *random_batch(size_t records)
{
    struct batch *batch = batch_new(ARENA_NO_LIMIT);
    batch->project_id = maybe();
    batch->receiver = random_text(batch, 10);
    batch->arrival_ns = (int64_t)random_number();
    batch->repaired_texts = maybe();
    for (uint32_t i = 0; i < maybe() % 5; i++)
        batch_reject(batch, "spans[%u] has no name", i);
    for (size_t i = 0; i < 3; i++) {
        struct resource *resource = batch_add_resource(batch);
        random_attributes(batch, &resource->attributes, 0);
        resource->schema_url = random_text(batch, 60);
        resource->dropped_attributes = maybe();
        struct scope *scope = batch_add_scope(batch);
        scope->name = random_text(batch, 60);
        scope->version = random_text(batch, 10);
        scope->schema_url = random_text(batch, 10);
        random_attributes(batch, &scope->attributes, 0);
        scope->dropped_attributes = maybe();
        random_metric(batch);
    }
    for (size_t i = 0; i < records; i++) {
        uint64_t kind = random_number() % 4;
        if (kind == 0)
            random_span(batch);
        else if (kind == 1)
            random_log(batch);
        else if (kind == 2)
            random_point(batch);
        else
            random_score(batch);
    }
    batch->is_partial = random_number() % 2;
    return batch;
}

/* --- tests */

enum { BATCHES = 60 };

static void read_and_compare(struct journal *journal, struct batch **batches, size_t count)
{
    struct journal_position at = {0};
    size_t seen = 0;
    while (seen < count) {
        struct journal_frame frame;
        struct error error = {0};
        if (journal_read(journal, at, 0, &frame, &error) != STATUS_OK)
            STOP("read: %s", error.text);
        for (size_t i = 0; i < frame.batch_count; i++)
            same_batch(journal, batches[seen + i], frame.batches[i]);
        seen += frame.batch_count;
        at = frame.next;
        journal_frame_done(&frame);
    }
    assert_int_equal(seen, count);
    assert_int_equal(journal_position_compare(at, journal_end(journal)), 0);
}

static void compare_span(struct journal *journal, const struct batch *batch, uint32_t i,
                         const struct batch *one)
{
    const struct span *span = &batch->spans[i];
    assert_int_equal(one->span_count, 1);
    assert_int_equal(batch_record_count(one), 1);
    same_span(journal, span, one->spans);
    assert_int_equal(one->resource_count, 1);
    same_resource(journal, &batch->resources[span->resource],
                  &one->resources[one->spans->resource]);
    same_scope(journal, &batch->scopes[span->scope], &one->scopes[one->spans->scope]);
}

static void compare_log(struct journal *journal, const struct batch *batch, uint32_t i,
                        const struct batch *one)
{
    const struct log_record *log = &batch->logs[i];
    assert_int_equal(one->log_count, 1);
    same_log(journal, log, one->logs);
    same_resource(journal, &batch->resources[log->resource], &one->resources[one->logs->resource]);
    same_scope(journal, &batch->scopes[log->scope], &one->scopes[one->logs->scope]);
}

static void compare_point(struct journal *journal, const struct batch *batch, uint32_t i,
                          const struct batch *one)
{
    const struct metric_point *point = &batch->points[i];
    const struct metric *metric = &batch->metrics[point->metric];
    assert_int_equal(one->point_count, 1);
    same_point(journal, point, one->points);
    assert_int_equal(one->metric_count, 1);
    same_metric(journal, metric, &one->metrics[one->points->metric]);
    same_resource(journal, &batch->resources[metric->resource],
                  &one->resources[one->metrics->resource]);
    same_scope(journal, &batch->scopes[metric->scope], &one->scopes[one->metrics->scope]);
}

static void compare_score(struct journal *journal, const struct batch *batch, uint32_t i,
                          const struct batch *one)
{
    assert_int_equal(one->score_count, 1);
    same_score(journal, &batch->scores[i], one->scores);
}

static void compare_records(struct journal *journal, const struct batch *batch,
                            struct journal_location at, uint32_t first, size_t count,
                            void (*compare)(struct journal *, const struct batch *, uint32_t,
                                            const struct batch *))
{
    for (uint32_t i = 0; i < count; i++) {
        struct batch *one;
        struct error error = {0};
        at.record = first + i;
        if (journal_read_record(journal, at, &one, &error) != STATUS_OK)
            STOP("record: %s", error.text);
        same_str(batch->receiver, one->receiver);
        assert_int_equal(batch->project_id, one->project_id);
        compare(journal, batch, i, one);
        batch_free(one);
    }
}

static void read_records_and_compare(struct journal *journal, struct batch **batches, size_t count)
{
    struct journal_position at = {0};
    for (size_t seen = 0; seen < count;) {
        struct journal_frame frame;
        assert_int_equal(journal_read(journal, at, 0, &frame, NULL), STATUS_OK);
        for (size_t i = 0; i < frame.batch_count; i++) {
            const struct batch *batch = batches[seen + i];
            struct journal_location where = {.frame = frame.position, .signal = SIGNAL_SPANS};
            compare_records(journal, batch, where, frame.first_record[i][SIGNAL_SPANS],
                            batch->span_count, compare_span);
            where.signal = SIGNAL_LOGS;
            compare_records(journal, batch, where, frame.first_record[i][SIGNAL_LOGS],
                            batch->log_count, compare_log);
            where.signal = SIGNAL_POINTS;
            compare_records(journal, batch, where, frame.first_record[i][SIGNAL_POINTS],
                            batch->point_count, compare_point);
            where.signal = SIGNAL_SCORES;
            compare_records(journal, batch, where, frame.first_record[i][SIGNAL_SCORES],
                            batch->score_count, compare_score);
        }
        seen += frame.batch_count;
        at = frame.next;
        journal_frame_done(&frame);
    }
}

/* Every member of random batches comes back: from memory, from disk, whole and one by one. */
static void everything_comes_back(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct batch *batches[BATCHES];
    for (size_t i = 0; i < BATCHES; i++) {
        batches[i] = random_batch(i == 7 ? 700 : i % 20);
        append(journal, batches[i]);
    }
    read_and_compare(journal, batches, BATCHES);
    read_records_and_compare(journal, batches, BATCHES);
    journal_close(journal);
    journal = open_journal(path);
    read_and_compare(journal, batches, BATCHES);
    read_records_and_compare(journal, batches, BATCHES);
    journal_close(journal);
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_string_equal(check.first_problem.text, "");
    assert_int_equal(check.corrupt_frames, 0);
    assert_int_equal(check.batches, BATCHES);
    for (size_t i = 0; i < BATCHES; i++)
        batch_free(batches[i]);
    remove_directory(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
    };
    return cmocka_run_group_tests_name("journal: round trip", tests, NULL, NULL);
}
