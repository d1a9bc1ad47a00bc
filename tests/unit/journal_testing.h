/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_testing: what the journal's tests share: a directory of their own, batches with every
 * member filled, and a comparison of everything a batch holds that reads content where it finds a
 * reference.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is another */
#define STOP(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include "journal/journal.h"

/* --- directories */

static inline char *test_directory(void)
{
    static char paths[64][64];
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, 64, "/tmp/vitrine-journal-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void remove_directory(const char *path)
{
    DIR *listing = opendir(path);
    char name[400];
    for (struct dirent *file; listing && (file = readdir(listing));) {
        snprintf(name, sizeof name, "%s/%.250s", path, file->d_name);
        unlink(name);
    }
    if (listing)
        closedir(listing);
    rmdir(path);
}

static inline struct journal *open_journal(const char *path)
{
    struct journal *journal = NULL;
    struct error error = {0};
    struct journal_options options = {
        .directory = path, .disk_low_bytes = -1, .group_wait_us = 100};
    if (journal_open(&options, &journal, &error) != STATUS_OK)
        STOP("journal_open: %s", error.text);
    return journal;
}

/* --- appending */

struct waiter {
    sem_t done;
    enum status status;
    struct error error;
};

static inline void on_done(void *context, enum status status, const struct error *error)
{
    struct waiter *waiter = context;
    waiter->status = status;
    if (error)
        waiter->error = *error;
    sem_post(&waiter->done);
}

static inline enum status append_and_wait(struct journal *journal, const struct batch *batch,
                                          struct error *error)
{
    struct waiter waiter = {0};
    sem_init(&waiter.done, 0, 0);
    enum status status = journal_append(journal, batch, on_done, &waiter, error);
    if (status == STATUS_OK) {
        while (sem_wait(&waiter.done) != 0)
            ;
        status = waiter.status;
        if (error)
            *error = waiter.error;
    }
    sem_destroy(&waiter.done);
    return status;
}

static inline void append(struct journal *journal, const struct batch *batch)
{
    struct error error = {0};
    if (append_and_wait(journal, batch, &error) != STATUS_OK)
        STOP("append: %s", error.text);
}

/* --- making batches */

static inline struct attribute *add_attributes(struct batch *batch, struct attributes *out,
                                               size_t count)
{
    out->items = arena_array(&batch->arena, struct attribute, count);
    out->count = count;
    return out->items;
}

static inline void set_text(struct batch *batch, struct attribute *out, const char *key,
                            struct str text)
{
    out->key = arena_copy(&batch->arena, str_from(key));
    out->value = value_string(arena_copy(&batch->arena, text));
}

/* One span with one text attribute, under one resource and scope. */
static inline struct batch *text_batch(struct str text)
{
    struct batch *batch = batch_new(ARENA_NO_LIMIT);
    batch->project_id = 7;
    batch->receiver = STR("otlp");
    batch->arrival_ns = INT64_C(1700000000000000000);
    struct resource *resource = batch_add_resource(batch);
    set_text(batch, add_attributes(batch, &resource->attributes, 1), "service.name",
             STR("a service with a name that is long enough for a block"));
    batch_add_scope(batch)->name = STR("tests");
    struct span *span = batch_add_span(batch);
    memset(span->trace_id, 1, sizeof span->trace_id);
    memset(span->span_id, 2, sizeof span->span_id);
    span->name = STR("chat");
    span->start_ns = (uint64_t)batch->arrival_ns - 5000;
    span->end_ns = (uint64_t)batch->arrival_ns;
    set_text(batch, add_attributes(batch, &span->attributes, 1), "gen_ai.input.messages", text);
    return batch;
}

/* --- comparing: every function here fails the test at the first difference */

static inline void same_str(struct str a, struct str b)
{
    assert_int_equal(a.len, b.len);
    if (a.len)
        assert_memory_equal(a.ptr, b.ptr, a.len);
}

static inline void same_bits(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

static inline void same_value(struct journal *journal, const struct value *a,
                              const struct value *b);

static inline void same_attributes(struct journal *journal, const struct attributes *a,
                                   const struct attributes *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        same_str(a->items[i].key, b->items[i].key);
        same_value(journal, &a->items[i].value, &b->items[i].value);
    }
}

/* `a` is what was appended, `b` what was read. */
static inline void same_value(struct journal *journal, const struct value *a, const struct value *b)
{
    if (b->type == VALUE_CONTENT) {
        struct arena arena;
        struct str text = STR_NONE;
        struct error error = {0};
        assert_int_equal(a->type, VALUE_STRING);
        assert_int_equal(a->string.len, b->content.size_bytes);
        arena_init(&arena, ARENA_NO_LIMIT);
        if (journal_read_content(journal, b->content, 0, SIZE_MAX, &arena, &text, &error) !=
            STATUS_OK)
            STOP("content: %s", error.text);
        same_str(a->string, text);
        arena_done(&arena);
        return;
    }
    assert_int_equal(a->type, b->type);
    switch (a->type) {
    case VALUE_NULL:
    case VALUE_CONTENT:
        break;
    case VALUE_STRING:
    case VALUE_BYTES:
        same_str(a->string, b->string);
        break;
    case VALUE_BOOL:
        assert_int_equal(a->boolean, b->boolean);
        break;
    case VALUE_INT:
        assert_int_equal(a->integer, b->integer);
        break;
    case VALUE_DOUBLE:
        same_bits(a->number, b->number);
        break;
    case VALUE_ARRAY:
        assert_int_equal(a->array.count, b->array.count);
        for (size_t i = 0; i < a->array.count; i++)
            same_value(journal, &a->array.items[i], &b->array.items[i]);
        break;
    case VALUE_MAP:
        assert_int_equal(a->map.count, b->map.count);
        for (size_t i = 0; i < a->map.count; i++) {
            same_str(a->map.items[i].key, b->map.items[i].key);
            same_value(journal, &a->map.items[i].value, &b->map.items[i].value);
        }
        break;
    }
}

static inline void same_resource(struct journal *journal, const struct resource *a,
                                 const struct resource *b)
{
    same_attributes(journal, &a->attributes, &b->attributes);
    same_str(a->schema_url, b->schema_url);
    assert_int_equal(a->dropped_attributes, b->dropped_attributes);
}

static inline void same_scope(struct journal *journal, const struct scope *a, const struct scope *b)
{
    same_str(a->name, b->name);
    same_str(a->version, b->version);
    same_str(a->schema_url, b->schema_url);
    same_attributes(journal, &a->attributes, &b->attributes);
    assert_int_equal(a->dropped_attributes, b->dropped_attributes);
}

/* Without the indexes: those of a single record become 0. */
static inline void same_span(struct journal *journal, const struct span *a, const struct span *b)
{
    assert_memory_equal(a->trace_id, b->trace_id, TRACE_ID_BYTES);
    assert_memory_equal(a->span_id, b->span_id, SPAN_ID_BYTES);
    assert_memory_equal(a->parent_id, b->parent_id, SPAN_ID_BYTES);
    same_str(a->name, b->name);
    same_str(a->trace_state, b->trace_state);
    same_str(a->status_message, b->status_message);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->start_ns, b->start_ns);
    assert_int_equal(a->end_ns, b->end_ns);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->dropped_attributes, b->dropped_attributes);
    assert_int_equal(a->dropped_events, b->dropped_events);
    assert_int_equal(a->dropped_links, b->dropped_links);
    same_attributes(journal, &a->attributes, &b->attributes);
    assert_int_equal(a->event_count, b->event_count);
    for (size_t i = 0; i < a->event_count; i++) {
        assert_int_equal(a->events[i].time_ns, b->events[i].time_ns);
        same_str(a->events[i].name, b->events[i].name);
        same_attributes(journal, &a->events[i].attributes, &b->events[i].attributes);
        assert_int_equal(a->events[i].dropped_attributes, b->events[i].dropped_attributes);
    }
    assert_int_equal(a->link_count, b->link_count);
    for (size_t i = 0; i < a->link_count; i++) {
        assert_memory_equal(a->links[i].trace_id, b->links[i].trace_id, TRACE_ID_BYTES);
        assert_memory_equal(a->links[i].span_id, b->links[i].span_id, SPAN_ID_BYTES);
        same_str(a->links[i].trace_state, b->links[i].trace_state);
        same_attributes(journal, &a->links[i].attributes, &b->links[i].attributes);
        assert_int_equal(a->links[i].dropped_attributes, b->links[i].dropped_attributes);
        assert_int_equal(a->links[i].flags, b->links[i].flags);
    }
}

static inline void same_log(struct journal *journal, const struct log_record *a,
                            const struct log_record *b)
{
    assert_int_equal(a->time_ns, b->time_ns);
    assert_int_equal(a->observed_ns, b->observed_ns);
    assert_int_equal(a->severity, b->severity);
    same_str(a->severity_text, b->severity_text);
    same_str(a->event_name, b->event_name);
    same_value(journal, &a->body, &b->body);
    same_attributes(journal, &a->attributes, &b->attributes);
    assert_int_equal(a->dropped_attributes, b->dropped_attributes);
    assert_int_equal(a->flags, b->flags);
    assert_memory_equal(a->trace_id, b->trace_id, TRACE_ID_BYTES);
    assert_memory_equal(a->span_id, b->span_id, SPAN_ID_BYTES);
}

static inline void same_metric(struct journal *journal, const struct metric *a,
                               const struct metric *b)
{
    same_str(a->name, b->name);
    same_str(a->description, b->description);
    same_str(a->unit, b->unit);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->temporality, b->temporality);
    assert_int_equal(a->monotonic, b->monotonic);
    same_attributes(journal, &a->metadata, &b->metadata);
}

static inline void same_numbers(const void *a, const void *b, size_t count, size_t size)
{
    if (count)
        assert_memory_equal(a, b, count * size);
}

static inline void same_point(struct journal *journal, const struct metric_point *a,
                              const struct metric_point *b)
{
    assert_int_equal(a->start_ns, b->start_ns);
    assert_int_equal(a->time_ns, b->time_ns);
    assert_int_equal(a->flags, b->flags);
    same_attributes(journal, &a->attributes, &b->attributes);
    assert_int_equal(a->is_int, b->is_int);
    assert_int_equal(a->has_sum, b->has_sum);
    assert_int_equal(a->has_min, b->has_min);
    assert_int_equal(a->has_max, b->has_max);
    assert_int_equal(a->integer, b->integer);
    same_bits(a->number, b->number);
    assert_int_equal(a->count, b->count);
    same_bits(a->sum, b->sum);
    same_bits(a->min, b->min);
    same_bits(a->max, b->max);
    assert_int_equal(a->bound_count, b->bound_count);
    same_numbers(a->bounds, b->bounds, a->bound_count, sizeof *a->bounds);
    assert_int_equal(a->bucket_count, b->bucket_count);
    same_numbers(a->buckets, b->buckets, a->bucket_count, sizeof *a->buckets);
    assert_int_equal(a->quantile_values != NULL, b->quantile_values != NULL);
    if (a->quantile_values)
        same_numbers(a->quantile_values, b->quantile_values, a->bound_count, sizeof *a->bounds);
    assert_int_equal(a->scale, b->scale);
    assert_int_equal(a->positive_offset, b->positive_offset);
    assert_int_equal(a->negative_offset, b->negative_offset);
    assert_int_equal(a->zero_count, b->zero_count);
    same_bits(a->zero_threshold, b->zero_threshold);
    assert_int_equal(a->negative_bucket_count, b->negative_bucket_count);
    same_numbers(a->negative_buckets, b->negative_buckets, a->negative_bucket_count,
                 sizeof *a->buckets);
    assert_int_equal(a->exemplar_count, b->exemplar_count);
    for (size_t i = 0; i < a->exemplar_count; i++) {
        assert_int_equal(a->exemplars[i].time_ns, b->exemplars[i].time_ns);
        same_bits(a->exemplars[i].value, b->exemplars[i].value);
        assert_memory_equal(a->exemplars[i].trace_id, b->exemplars[i].trace_id, TRACE_ID_BYTES);
        assert_memory_equal(a->exemplars[i].span_id, b->exemplars[i].span_id, SPAN_ID_BYTES);
        same_attributes(journal, &a->exemplars[i].attributes, &b->exemplars[i].attributes);
    }
}

static inline void same_score(struct journal *journal, const struct score *a, const struct score *b)
{
    same_str(a->id, b->id);
    same_str(a->name, b->name);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->source, b->source);
    assert_int_equal(a->deleted, b->deleted);
    if (a->number == a->number)
        same_bits(a->number, b->number);
    else
        assert_true(b->number != b->number);
    same_str(a->text, b->text);
    assert_memory_equal(a->trace_id, b->trace_id, TRACE_ID_BYTES);
    assert_memory_equal(a->span_id, b->span_id, SPAN_ID_BYTES);
    same_str(a->session, b->session);
    same_str(a->dataset_run, b->dataset_run);
    same_str(a->config_id, b->config_id);
    same_str(a->author, b->author);
    same_str(a->environment, b->environment);
    assert_int_equal(a->time_ns, b->time_ns);
    same_value(journal, &a->comment, &b->comment);
    same_value(journal, &a->metadata, &b->metadata);
    same_attributes(journal, &a->attributes, &b->attributes);
}

static inline void same_batch(struct journal *journal, const struct batch *a, const struct batch *b)
{
    assert_int_equal(a->project_id, b->project_id);
    same_str(a->receiver, b->receiver);
    assert_int_equal(a->arrival_ns, b->arrival_ns);
    assert_int_equal(a->rejected_count, b->rejected_count);
    assert_int_equal(a->rejected.status, b->rejected.status);
    assert_string_equal(a->rejected.text, b->rejected.text);
    assert_int_equal(a->repaired_texts, b->repaired_texts);
    assert_int_equal(a->resource_count, b->resource_count);
    assert_int_equal(a->scope_count, b->scope_count);
    assert_int_equal(a->metric_count, b->metric_count);
    assert_int_equal(a->span_count, b->span_count);
    assert_int_equal(a->log_count, b->log_count);
    assert_int_equal(a->point_count, b->point_count);
    assert_int_equal(a->score_count, b->score_count);
    assert_int_equal(a->is_partial, b->is_partial);
    for (size_t i = 0; i < a->resource_count; i++)
        same_resource(journal, &a->resources[i], &b->resources[i]);
    for (size_t i = 0; i < a->scope_count; i++)
        same_scope(journal, &a->scopes[i], &b->scopes[i]);
    for (size_t i = 0; i < a->metric_count; i++) {
        same_metric(journal, &a->metrics[i], &b->metrics[i]);
        assert_int_equal(a->metrics[i].resource, b->metrics[i].resource);
        assert_int_equal(a->metrics[i].scope, b->metrics[i].scope);
    }
    for (size_t i = 0; i < a->span_count; i++) {
        same_span(journal, &a->spans[i], &b->spans[i]);
        assert_int_equal(a->spans[i].resource, b->spans[i].resource);
        assert_int_equal(a->spans[i].scope, b->spans[i].scope);
    }
    for (size_t i = 0; i < a->log_count; i++) {
        same_log(journal, &a->logs[i], &b->logs[i]);
        assert_int_equal(a->logs[i].resource, b->logs[i].resource);
        assert_int_equal(a->logs[i].scope, b->logs[i].scope);
    }
    for (size_t i = 0; i < a->point_count; i++) {
        same_point(journal, &a->points[i], &b->points[i]);
        assert_int_equal(a->points[i].metric, b->points[i].metric);
    }
    for (size_t i = 0; i < a->score_count; i++)
        same_score(journal, &a->scores[i], &b->scores[i]);
}

/* --- files */

static inline void segment_path(const char *directory, unsigned id, char out[128])
{
    snprintf(out, 128, "%s/%010u.journal", directory, id);
}

static inline char *read_file(const char *path, size_t *out_size)
{
    struct stat stat_of;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &stat_of) == 0);
    char *bytes = malloc((size_t)stat_of.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)stat_of.st_size), stat_of.st_size);
    close(fd);
    *out_size = (size_t)stat_of.st_size;
    return bytes;
}

static inline void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}
