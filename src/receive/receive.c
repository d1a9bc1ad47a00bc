/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive: the joint between net, a receiver and whatever keeps batches.
 *
 *   request -> decode -> append -> (later, another thread) durable -> reply
 *
 * Between append and durable only a small note of the batch stays, in the request's arena: the
 * records and the body are freed as soon as append has encoded them. After append took the batch
 * nothing here may touch the request, for its answer may already be on the way.
 */
#include "receive/receive.h"

#include <string.h>

#include "base/counter.h"
#include "base/log.h"
#include "base/must.h"

COUNTER(accepted_spans, "vitrine_accepted_records_total", "signal=\"spans\"",
        "Records acknowledged as durable");
COUNTER(accepted_logs, "vitrine_accepted_records_total", "signal=\"logs\"",
        "Records acknowledged as durable");
COUNTER(accepted_points, "vitrine_accepted_records_total", "signal=\"points\"",
        "Records acknowledged as durable");
COUNTER(accepted_scores, "vitrine_accepted_records_total", "signal=\"scores\"",
        "Records acknowledged as durable");
static struct counter *const accepted[SIGNAL_COUNT] = {&accepted_spans, &accepted_logs,
                                                       &accepted_points, &accepted_scores};

#define REJECTED(signal, reason)                                                                   \
    COUNTER(rejected_##signal##_##reason, "vitrine_rejected_records_total",                        \
            "signal=\"" #signal "\",reason=\"" #reason "\"", "Records refused by name")
REJECTED(spans, shape);
REJECTED(spans, id);
REJECTED(spans, value);
REJECTED(spans, limit);
REJECTED(logs, shape);
REJECTED(logs, id);
REJECTED(logs, value);
REJECTED(logs, limit);
REJECTED(points, shape);
REJECTED(points, id);
REJECTED(points, value);
REJECTED(points, limit);
REJECTED(scores, shape);
REJECTED(scores, id);
REJECTED(scores, value);
REJECTED(scores, limit);
static struct counter *const rejected[SIGNAL_COUNT][REJECT_REASON_COUNT] = {
    [SIGNAL_SPANS] = {&rejected_spans_shape, &rejected_spans_id, &rejected_spans_value,
                      &rejected_spans_limit},
    [SIGNAL_LOGS] = {&rejected_logs_shape, &rejected_logs_id, &rejected_logs_value,
                     &rejected_logs_limit},
    [SIGNAL_POINTS] = {&rejected_points_shape, &rejected_points_id, &rejected_points_value,
                       &rejected_points_limit},
    [SIGNAL_SCORES] = {&rejected_scores_shape, &rejected_scores_id, &rejected_scores_value,
                       &rejected_scores_limit},
};

#define REQUESTS(outcome)                                                                          \
    COUNTER(requests_##outcome, "vitrine_ingest_requests_total", "outcome=\"" #outcome "\"",       \
            "Requests that brought records, by what became of them")
REQUESTS(ok);
REQUESTS(partial);
REQUESTS(invalid);
REQUESTS(too_large);
REQUESTS(unsupported);
REQUESTS(overload);
REQUESTS(failed);

COUNTER(texts_repaired, "vitrine_repaired_texts_total", "",
        "Texts that were not UTF-8 and were repaired");

/* What is left of a batch while it becomes durable. */
struct receipt {
    const struct receive_options *options;
    const struct receiver *receiver;
    struct request *request;
    struct batch left; /* counts and reasons; no record, no memory */
};

static struct counter *outcome(enum status status, const struct batch *left)
{
    switch (status) {
    case STATUS_OK:
        return left->rejected_count ? &requests_partial : &requests_ok;
    case STATUS_INVALID:
        return &requests_invalid;
    case STATUS_TOO_LARGE:
        return &requests_too_large;
    case STATUS_UNSUPPORTED:
        return &requests_unsupported;
    case STATUS_BUSY:
    case STATUS_FULL:
        return &requests_overload;
    default:
        return &requests_failed;
    }
}

static void count(enum status status, const struct batch *left)
{
    counter_add(outcome(status, left), 1);
    if (status != STATUS_OK)
        return;
    counter_add(accepted[SIGNAL_SPANS], (int64_t)left->span_count);
    counter_add(accepted[SIGNAL_LOGS], (int64_t)left->log_count);
    counter_add(accepted[SIGNAL_POINTS], (int64_t)left->point_count);
    counter_add(accepted[SIGNAL_SCORES], (int64_t)left->score_count);
    counter_add(&texts_repaired, (int64_t)left->repaired_texts);
}

static void answer(const struct receipt *receipt, enum status status, const struct error *error)
{
    static const struct error none;
    struct response response = {.status = status};
    if (!error)
        error = &none;
    if (status != STATUS_OK) {
        char quoted[LOG_QUOTE_BYTES];
        log_debug("receive", "refused", "receiver=%s status=%s error=%s", receipt->receiver->name,
                  status_name(status), log_quote(str_from(error->text), quoted));
        response.error = *error;
        response.error.status = status;
    }
    count(status, &receipt->left);
    if (receipt->receiver->reply)
        receipt->receiver->reply(receipt->request, &receipt->left, status, error, &response);
    else if (status == STATUS_OK)
        response.static_body = STR("{}");
    if (receipt->options->reply)
        receipt->options->reply(receipt->request, &response);
    else
        request_reply(receipt->request, &response);
}

static void durable(void *context, enum status status, const struct error *error)
{
    answer(context, status, error);
}

/* The body moves from the request into the batch, whose strings will point into it. */
static enum status take_body(const struct receive_options *options, struct request *request,
                             struct batch *batch, struct error *error)
{
    batch->body = options->take_body ? options->take_body(request) : request_take_body(request);
    if (batch->body || request->body.len == 0)
        return STATUS_OK;
    request->body = arena_copy(&batch->arena, request->body);
    if (!request->body.ptr)
        return fail(error, STATUS_TOO_LARGE, "the body takes more than %zu bytes",
                    batch->arena.limit_bytes);
    return STATUS_OK;
}

static void make_receipt(struct receipt *receipt, const struct batch *batch)
{
    receipt->left = (struct batch){
        .project_id = batch->project_id,
        .receiver = batch->receiver,
        .arrival_ns = batch->arrival_ns,
        .resource_count = batch->resource_count,
        .scope_count = batch->scope_count,
        .span_count = batch->span_count,
        .log_count = batch->log_count,
        .metric_count = batch->metric_count,
        .point_count = batch->point_count,
        .score_count = batch->score_count,
        .rejected_count = batch->rejected_count,
        .rejected = batch->rejected,
        .repaired_texts = batch->repaired_texts,
    };
}

static enum status decode(const struct receipt *receipt, struct batch *batch, struct error *error)
{
    struct request *request = receipt->request;
    batch->project_id = request->project_id;
    batch->receiver = str_from(receipt->receiver->name);
    batch->arrival_ns = request->arrival_ns;
    batch->score_configs = receipt->options->score_configs;
    enum status status = take_body(receipt->options, request, batch, error);
    return status == STATUS_OK ? receipt->receiver->decode(request, batch, error) : status;
}

static void handle(const struct receiver *receiver, struct request *request, void *context)
{
    const struct receive_options *options = context;
    struct receipt unfinished = {.options = options, .receiver = receiver, .request = request};
    struct error error = {0};
    size_t limit = options->batch_bytes_max ? options->batch_bytes_max : (size_t)256 << 20;
    struct receipt *receipt = arena_new(&request->arena, struct receipt);
    struct batch *batch = receipt ? batch_new(limit) : NULL;
    if (!batch) {
        answer(&unfinished, fail(&error, STATUS_BUSY, "no memory for a batch"), &error);
        return;
    }
    *receipt = unfinished;
    enum status status = decode(receipt, batch, &error);
    make_receipt(receipt, batch);
    request->body = STR_NONE; /* goes away with the batch */
    if (status != STATUS_OK || batch_record_count(batch) == 0) {
        batch_free(batch);
        answer(receipt, status, &error);
        return;
    }
    status = options->append(options->context, batch, durable, receipt, &error);
    batch_free(batch);
    if (status != STATUS_OK)
        answer(receipt, status, &error);
}

void receive_reject(struct batch *batch, enum signal signal, enum reject_reason reason,
                    size_t records, const char *words)
{
    must(records > 0);
    batch_reject(batch, "%s", words);
    batch->rejected_count += records - 1;
    counter_add(rejected[signal][reason], (int64_t)records);
}

#define RECEIVER(name_)                                                                            \
    extern const struct receiver receiver_##name_;                                                 \
    static void handle_##name_(struct request *request, void *context)                             \
    {                                                                                              \
        handle(&receiver_##name_, request, context);                                               \
    }
#include "receive/receivers.def"
#undef RECEIVER

static const struct {
    const struct receiver *receiver;
    void (*handle)(struct request *request, void *context);
} receivers[] = {
#define RECEIVER(name) {&receiver_##name, handle_##name},
#include "receive/receivers.def"
#undef RECEIVER
};

static struct route route_of(const char *pattern, size_t index,
                             const struct receive_options *options)
{
    static const char *const methods[] = {"POST", "PATCH", "DELETE"};
    const char *space = strchr(pattern, ' '), *method = NULL;
    must(space);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_equal((struct str){pattern, (size_t)(space - pattern)}, str_from(methods[i])))
            method = methods[i];
    must(method);
    bool is_post = method == methods[0];
    return (struct route){.method = method,
                          .pattern = space + 1,
                          .handle = receivers[index].handle,
                          .context = (void *)(uintptr_t)options,
                          .inline_ = true,
                          .takes_public_key =
                              is_post && receivers[index].receiver->takes_public_key,
                          .is_ingest = is_post};
}

size_t receive_routes(const struct receive_options *options, struct route *out_routes, size_t max)
{
    size_t made = 0;
    for (size_t i = 0; i < sizeof receivers / sizeof *receivers; i++)
        for (const char *const *pattern = receivers[i].receiver->patterns; *pattern; pattern++) {
            must(made < max);
            out_routes[made++] = route_of(*pattern, i, options);
        }
    return made;
}
