/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail: see tail.h. Followers stand in a list: handlers add to its head, and only the tail's thread
 * takes out, so it may walk the list without the lock.
 */
#define _GNU_SOURCE
#include "serve/tail.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/counter.h"
#include "serve/logs.h"

enum {
    QUEUE_BYTES = 1 << 20,
    ROUND_BYTES = 512 * 1024, /* so much room before a round is asked for */
    COUNT_MOST = 1000000,
    ARENA_BYTES_MAX = 64 << 20,
};

GAUGE(followers_now, "vitrine_tail_followers", "", "Those who follow what comes in");
COUNTER(rows_told, "vitrine_tail_rows_total", "result=\"told\"", "Rows of the live tail");
COUNTER(rows_skipped, "vitrine_tail_rows_total", "result=\"skipped\"", "Rows of the live tail");

struct follower {
    struct follower *next;
    struct stream *stream;
    struct arena arena; /* of the texts below */
    uint32_t project_id;
    bool wants_spans, wants_logs;
    struct filters filters;
    struct log_question logs;
    struct journalled part; /* what it is told next: from where it stands to the newest */
    size_t limit;
    int64_t since_ns, spoke_ns; /* monotonic */
};

struct tail {
    struct tail_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t news;
    bool stopping, changed;
    struct journal_position end;
    struct follower *followers;
};

/* --- a round ----------------------------------------------------------------------------- */

struct round {
    struct buf text;
    size_t spans, logs;
    int64_t skipped;
};

static void event_begin(struct buf *text, const char *name)
{
    buf_printf(text, "event: %s\ndata: ", name);
}

static void event_end(struct buf *text)
{
    buf_add_str(text, STR("\n\n"));
}

static struct invocation_question span_question(const struct follower *follower)
{
    return (struct invocation_question){
        .project_id = follower->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .filters = &follower->filters,
        .any_kind = true,
        .journalled = &follower->part,
        .sort = INVOCATION_START,
        .limit = follower->limit,
    };
}

static enum status tell_spans(const struct follower *follower, const struct query *query,
                              struct arena *arena, struct round *round, struct error *error)
{
    const struct invocation_question question = span_question(follower);
    struct invocation_list list;
    int64_t count = 0;
    enum status status = query_invocation_count(query, &question, COUNT_MOST, &count, error);
    if (status != STATUS_OK || count == 0)
        return status;
    status = query_invocations(query, &question, arena, &list, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = list.count; i-- > 0;) { /* the newest last */
        struct json_out out = json_out(&round->text);
        event_begin(&round->text, "span");
        out_invocation(&out, &list.items[i]);
        event_end(&round->text);
    }
    round->spans = list.count;
    round->skipped += count > (int64_t)list.count ? count - (int64_t)list.count : 0;
    return STATUS_OK;
}

static enum status tell_logs(const struct follower *follower, const struct query *query,
                             struct arena *arena, struct round *round, struct error *error)
{
    struct log_question question = follower->logs;
    struct log_list list;
    int64_t count = 0;
    question.journalled = &follower->part;
    enum status status = query_log_count(query, &question, COUNT_MOST, &count, error);
    if (status != STATUS_OK || count == 0)
        return status;
    status = query_logs(query, &question, arena, &list, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = list.count; i-- > 0;) {
        struct json_out out = json_out(&round->text);
        event_begin(&round->text, "log");
        out_log(&out, &list.items[i]);
        event_end(&round->text);
    }
    round->logs = list.count;
    round->skipped += count > (int64_t)list.count ? count - (int64_t)list.count : 0;
    return STATUS_OK;
}

/* Ends a round: from here a reader that comes again goes on. */
static void write_mark(struct round *round, struct journal_position at)
{
    struct json_out out = json_out(&round->text);
    buf_printf(&round->text, "id: %u.%llu\n", at.segment, (unsigned long long)at.offset);
    event_begin(&round->text, "mark");
    json_out_object(&out, NULL);
    json_out_int(&out, "spans", (int64_t)round->spans);
    json_out_int(&out, "logs", (int64_t)round->logs);
    json_out_int(&out, "skipped", round->skipped);
    json_out_end_object(&out);
    event_end(&round->text);
}

static enum status ask(const struct follower *follower, const struct query *query,
                       struct round *round, struct error *error)
{
    struct arena arena;
    enum status status = STATUS_OK;
    arena_init(&arena, ARENA_BYTES_MAX);
    if (follower->wants_spans)
        status = tell_spans(follower, query, &arena, round, error);
    if (status == STATUS_OK && follower->wants_logs)
        status = tell_logs(follower, query, &arena, round, error);
    arena_done(&arena);
    return status;
}

/* Sends the round, or, when its rows are too long for what the reader may have waiting, how many
 * they were. */
static void send_round(struct follower *follower, struct round *round)
{
    write_mark(round, follower->part.to);
    if (round->text.failed || round->text.len > stream_room(follower->stream)) {
        round->skipped += (int64_t)(round->spans + round->logs);
        round->spans = round->logs = 0;
        buf_done(&round->text);
        write_mark(round, follower->part.to);
    }
    if (stream_write(follower->stream, buf_str(&round->text)) != STATUS_OK)
        return; /* told with the next round */
    counter_add(&rows_told, (int64_t)(round->spans + round->logs));
    counter_add(&rows_skipped, round->skipped);
    follower->part.from = follower->part.to;
    follower->spoke_ns = clock_mono_ns();
}

static void serve_follower(struct tail *tail, struct follower *follower,
                           struct journal_position end)
{
    const struct query *query = tail->options.query(tail->options.context);
    bool is_due = clock_mono_ns() - follower->spoke_ns >= TAIL_HEARTBEAT_SECONDS * NS_PER_SEC;
    struct round round = {0};
    struct error error;
    if (stream_room(follower->stream) < ROUND_BYTES)
        return;
    follower->part.to = end;
    if (journal_position_compare(follower->part.from, end) >= 0)
        follower->part.to = follower->part.from;
    else if (ask(follower, query, &round, &error) != STATUS_OK)
        goto done; /* the rows stay where they are: asked for again with the next ones */
    if (round.spans || round.logs || is_due)
        send_round(follower, &round);
done:
    buf_done(&round.text);
}

/* --- the thread -------------------------------------------------------------------------- */

static void free_follower(struct follower *follower)
{
    arena_done(&follower->arena);
    free(follower);
    counter_add(&followers_now, -1);
}

/* Says goodbye when there is room for it; the stream ends in any case. */
static void let_go(struct tail *tail, struct follower *follower)
{
    pthread_mutex_lock(&tail->lock);
    struct follower **at = &tail->followers;
    while (*at != follower)
        at = &(*at)->next;
    *at = follower->next;
    pthread_mutex_unlock(&tail->lock);
    stream_write(follower->stream, STR("event: end\ndata: {}\n\n"));
    stream_end(follower->stream);
    free_follower(follower);
}

static bool is_over(const struct follower *follower)
{
    return !stream_is_open(follower->stream) ||
           clock_mono_ns() - follower->since_ns > TAIL_SECONDS_MAX * NS_PER_SEC;
}

/* True: there is something to do, or a second is over. False: the end. */
static bool wait_for_news(struct tail *tail, struct journal_position *out_end)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&tail->lock);
    while (!tail->stopping && !tail->followers)
        pthread_cond_wait(&tail->news, &tail->lock);
    while (!tail->stopping && !tail->changed &&
           pthread_cond_timedwait(&tail->news, &tail->lock, &until) == 0)
        ;
    tail->changed = false;
    *out_end = tail->end;
    bool goes_on = !tail->stopping;
    pthread_mutex_unlock(&tail->lock);
    return goes_on;
}

static void *run(void *argument)
{
    struct tail *tail = argument;
    struct journal_position end;
    while (wait_for_news(tail, &end)) {
        pthread_mutex_lock(&tail->lock);
        struct follower *follower = tail->followers, *next;
        pthread_mutex_unlock(&tail->lock);
        for (; follower; follower = next) {
            next = follower->next;
            if (is_over(follower))
                let_go(tail, follower);
            else
                serve_follower(tail, follower, end);
        }
    }
    while (tail->followers)
        let_go(tail, tail->followers);
    return NULL;
}

enum status tail_start(const struct tail_options *options, struct tail **out_tail,
                       struct error *error)
{
    struct tail *tail = calloc(1, sizeof *tail);
    pthread_condattr_t monotonic;
    if (!tail)
        return fail(error, STATUS_INTERNAL, "no memory for the live tail");
    tail->options = *options;
    pthread_mutex_init(&tail->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&tail->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&tail->thread, NULL, run, tail) != 0) {
        free(tail);
        return fail(error, STATUS_INTERNAL, "cannot start the thread of the live tail");
    }
    pthread_setname_np(tail->thread, "tail");
    *out_tail = tail;
    return STATUS_OK;
}

static void tell(struct tail *tail, bool stop, const struct journal_position *end)
{
    pthread_mutex_lock(&tail->lock);
    tail->stopping |= stop;
    tail->changed = true;
    if (end)
        tail->end = *end;
    pthread_cond_signal(&tail->news);
    pthread_mutex_unlock(&tail->lock);
}

void tail_stop(struct tail *tail)
{
    if (!tail)
        return;
    tell(tail, true, NULL);
    pthread_join(tail->thread, NULL);
    pthread_cond_destroy(&tail->news);
    pthread_mutex_destroy(&tail->lock);
    free(tail);
}

void tail_committed(struct tail *tail, struct journal_position end)
{
    tell(tail, false, &end);
}

/* --- GET /api/v1/tail -------------------------------------------------------------------- */

/* "<segment>.<offset>": the id of the last mark, in the header that browsers send by themselves or
 * as `after`. A position that is not reached yet is of another life of the data: it means now. */
static enum status read_position(struct call *call, struct journal_position end,
                                 struct journal_position *out_from)
{
    struct str text = request_header(call->request, STR("last-event-id"));
    uint64_t segment, offset;
    if (text.len == 0)
        text = request_param(call->request, STR("after"));
    *out_from = end;
    if (text.len == 0)
        return STATUS_OK;
    size_t dot = str_find_byte(text, '.');
    if (dot == text.len || !str_to_u64(str_sub(text, 0, dot), &segment) || segment > UINT32_MAX ||
        !str_to_u64(str_sub(text, dot + 1, text.len), &offset) || offset > INT64_MAX)
        return fail(&call->error, STATUS_INVALID, "after: expected the id of a mark");
    struct journal_position from = {(uint32_t)segment, offset};
    if (journal_position_compare(from, end) < 0)
        *out_from = from;
    return STATUS_OK;
}

static enum status read_source(struct call *call, struct follower *follower)
{
    struct str source = request_param(call->request, STR("source"));
    follower->wants_spans = source.len == 0 || str_equal(source, STR("spans"));
    follower->wants_logs = str_equal(source, STR("logs"));
    if (str_equal(source, STR("all")))
        follower->wants_spans = follower->wants_logs = true;
    if (follower->wants_spans || follower->wants_logs)
        return STATUS_OK;
    return fail(&call->error, STATUS_INVALID, "source: expected spans, logs or all");
}

/* What it asks outlives the request, so it is read again from texts of its own. */
static enum status read_filters(struct call *call, struct follower *follower)
{
    struct str text;
    for (size_t n = 0; (text = request_param_at(call->request, STR("f"), n)).ptr; n++) {
        enum status status = filter_parse(&follower->filters, arena_copy(&follower->arena, text),
                                          &follower->arena, &call->error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_logs(struct call *call, struct follower *follower)
{
    enum status status = param_log_question(call, &follower->logs);
    if (status != STATUS_OK)
        return status;
    struct str *const texts[] = {&follower->logs.service, &follower->logs.environment,
                                 &follower->logs.event};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]->len)
            *texts[i] = arena_copy(&follower->arena, *texts[i]);
    follower->logs.range = (struct time_range){INT64_MIN, INT64_MAX};
    follower->logs.limit = follower->limit;
    follower->logs.has_cursor = false;
    follower->logs.cancelled = NULL;
    return STATUS_OK;
}

static enum status read_follower(struct call *call, struct follower *follower)
{
    struct round nothing = {0};
    int64_t limit = 0;
    enum status status = read_source(call, follower);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 100, 1, TAIL_ROWS_MAX, &limit);
    follower->limit = (size_t)limit;
    if (status == STATUS_OK && follower->wants_spans)
        status = read_filters(call, follower);
    if (status == STATUS_OK && follower->wants_logs)
        status = read_logs(call, follower);
    /* A question about nothing: what is wrong with it is said now, not in every round. */
    follower->part.to = follower->part.from;
    if (status == STATUS_OK)
        status = ask(follower, call->query, &nothing, &call->error);
    buf_done(&nothing.text);
    return status;
}

static enum status admit(struct tail *tail, uint32_t project_id, struct error *error)
{
    size_t all = 0, own = 0;
    for (struct follower *each = tail->followers; each; each = each->next) {
        all++;
        own += each->project_id == project_id;
    }
    if (all < TAIL_FOLLOWERS_MAX && own < TAIL_PROJECT_MAX)
        return STATUS_OK;
    return fail(error, STATUS_BUSY, "%zu follow already; at most %d of a project, %d altogether",
                own < TAIL_PROJECT_MAX ? all : own, TAIL_PROJECT_MAX, TAIL_FOLLOWERS_MAX);
}

/* From here the request is the net's. The list's lock keeps the follower from being served before
 * it is complete. */
static enum status follow(struct call *call, struct tail *tail, struct follower *follower)
{
    struct buf hello = {0};
    call->response.content_type = "text/event-stream";
    response_header(&call->response, STR("cache-control"), STR("no-store"));
    response_header(&call->response, STR("x-accel-buffering"), STR("no"));
    pthread_mutex_lock(&tail->lock);
    enum status status = admit(tail, follower->project_id, &call->error);
    if (status == STATUS_OK)
        status = request_stream(call->request, &call->response, QUEUE_BYTES, &follower->stream,
                                &call->error);
    if (status == STATUS_OK) {
        follower->next = tail->followers;
        tail->followers = follower;
        tail->changed = true;
        pthread_cond_signal(&tail->news);
        counter_add(&followers_now, 1);
        buf_printf(&hello, "id: %u.%llu\nevent: open\ndata: {}\n\n", follower->part.from.segment,
                   (unsigned long long)follower->part.from.offset);
        stream_write(follower->stream, buf_str(&hello));
    }
    pthread_mutex_unlock(&tail->lock);
    buf_done(&hello);
    return status;
}

void serve__tail(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    struct tail *tail = call.options->tail;
    struct follower *follower = calloc(1, sizeof *follower);
    if (!follower) {
        call_end(&call, fail(&call.error, STATUS_BUSY, "no memory for one more follower"));
        return;
    }
    arena_init(&follower->arena, 1 << 20);
    follower->project_id = request->project_id;
    follower->since_ns = follower->spoke_ns = clock_mono_ns();
    pthread_mutex_lock(&tail->lock);
    struct journal_position end = tail->end;
    pthread_mutex_unlock(&tail->lock);
    enum status status = read_position(&call, end, &follower->part.from);
    if (status == STATUS_OK)
        status = read_follower(&call, follower);
    if (status == STATUS_OK)
        status = follow(&call, tail, follower);
    if (status != STATUS_OK) {
        arena_done(&follower->arena);
        free(follower);
        call.response.header_count = 0;
        call.response.content_type = NULL;
        call_end(&call, status);
    }
}
