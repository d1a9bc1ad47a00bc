/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbound: a libcurl multi handle and the thread that turns it. Senders prepare an easy handle on
 * their own thread and leave it in a list; only the outbound thread touches the multi handle.
 */
#include "net/outbound.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"

enum { WAIT_MS = 1000, TIMEOUT_MS = 30000, RESPONSE_BYTES_MAX = 16 << 20 };

struct transfer {
    struct transfer *next, *previous;
    struct outbound *outbound;
    CURL *easy;
    struct curl_slist *headers;
    struct buf body;
    void (*done)(void *context, const struct outbound_response *response);
    void *context;
    int64_t started_ns;
    char reason[CURL_ERROR_SIZE];
};

struct outbound {
    struct outbound_options options;
    CURLM *multi;
    pthread_t thread;
    struct transfer *running; /* the thread's own */
    pthread_mutex_t lock;     /* guards what follows */
    struct transfer *waiting;
    size_t in_flight;
    bool stopping;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    buf_add(&transfer->body, bytes, size * count);
    return transfer->body.failed ? CURL_WRITEFUNC_ERROR : size * count;
}

static void transfer_free(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buf_done(&transfer->body);
    free(transfer);
}

static bool add_headers(struct transfer *transfer, const struct outbound_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct buf line = {0};
        buf_add_str(&line, request->headers[i].name);
        buf_add_str(&line, STR(": "));
        buf_add_str(&line, request->headers[i].value);
        buf_add_byte(&line, 0);
        struct curl_slist *longer =
            line.failed ? NULL : curl_slist_append(transfer->headers, line.ptr);
        buf_done(&line);
        if (!longer)
            return false;
        transfer->headers = longer;
    }
    /* We do not wait for 100 Continue: most receivers of telemetry never send it. */
    struct curl_slist *longer = curl_slist_append(transfer->headers, "Expect:");
    transfer->headers = longer ? longer : transfer->headers;
    return longer != NULL;
}

static void set_body(CURL *easy, const struct outbound_request *request)
{
    bool has_body = request->body.ptr != NULL;
    const char *method = request->method ? request->method : has_body ? "POST" : "GET";
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (has_body || strcmp(method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, has_body ? request->body.ptr : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_options(struct transfer *transfer, const struct outbound_request *request)
{
    CURL *easy = transfer->easy;
    long timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set_body(easy, request);
}

enum status outbound_send(struct outbound *outbound, const struct outbound_request *request,
                          struct error *error)
{
    must(request->url && request->done);
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return fail(error, STATUS_BUSY, "no memory for a request to %s", request->url);
    *transfer = (struct transfer){.outbound = outbound,
                                  .done = request->done,
                                  .context = request->context,
                                  .started_ns = clock_mono_ns()};
    transfer->body.limit_bytes =
        request->response_bytes_max ? request->response_bytes_max : RESPONSE_BYTES_MAX;
    transfer->easy = curl_easy_init();
    if (!transfer->easy || !add_headers(transfer, request)) {
        transfer_free(transfer);
        return fail(error, STATUS_BUSY, "no memory for a request to %s", request->url);
    }
    set_options(transfer, request);
    pthread_mutex_lock(&outbound->lock);
    bool room = outbound->in_flight < outbound->options.in_flight_max && !outbound->stopping;
    if (room) {
        transfer->next = outbound->waiting;
        outbound->waiting = transfer;
        outbound->in_flight++;
    }
    pthread_mutex_unlock(&outbound->lock);
    if (!room) {
        transfer_free(transfer);
        return fail(error, STATUS_BUSY, "%zu requests are on their way already",
                    outbound->options.in_flight_max);
    }
    curl_multi_wakeup(outbound->multi);
    return STATUS_OK;
}

static enum status word_failure(struct transfer *transfer, CURLcode result, struct error *error)
{
    const char *reason = transfer->reason[0] ? transfer->reason : curl_easy_strerror(result);
    const char *url = "";
    curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (transfer->body.failed)
        return fail(error, STATUS_TOO_LARGE, "%.200s answered with more than %zu bytes", url,
                    transfer->body.limit_bytes);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return fail(error, STATUS_TIMEOUT, "%.200s: %s", url, reason);
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return fail(error, STATUS_INVALID, "'%.200s' is not an http:// or https:// URL", url);
    return fail(error, STATUS_IO, "%.200s: %s", url, reason);
}

/* Takes the transfer off the thread's list and tells its sender. */
static void finish(struct transfer *transfer, const struct error *cancelled, CURLcode result)
{
    struct outbound *outbound = transfer->outbound;
    struct outbound_response response = {.body = buf_str(&transfer->body),
                                         .elapsed_ns = clock_mono_ns() - transfer->started_ns};
    if (cancelled) {
        response.error = *cancelled;
        response.status = cancelled->status;
    } else if (result != CURLE_OK) {
        response.status = word_failure(transfer, result, &response.error);
    } else {
        long code = 0;
        curl_off_t retry_after = 0;
        const char *type = NULL;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &code);
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
        response.http_status = (int)code;
        response.retry_after_s = retry_after > 3600 ? 3600 : (int)retry_after;
        response.content_type = str_from(type);
    }
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else if (outbound->running == transfer)
        outbound->running = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    curl_multi_remove_handle(outbound->multi, transfer->easy);
    pthread_mutex_lock(&outbound->lock);
    outbound->in_flight--;
    pthread_mutex_unlock(&outbound->lock);
    transfer->done(transfer->context, &response);
    transfer_free(transfer);
}

static bool take_waiting(struct outbound *outbound)
{
    pthread_mutex_lock(&outbound->lock);
    struct transfer *waiting = outbound->waiting, *next;
    bool stopping = outbound->stopping;
    outbound->waiting = NULL;
    pthread_mutex_unlock(&outbound->lock);
    for (; waiting; waiting = next) {
        next = waiting->next;
        waiting->previous = NULL;
        waiting->next = outbound->running;
        if (waiting->next)
            waiting->next->previous = waiting;
        outbound->running = waiting;
        curl_multi_add_handle(outbound->multi, waiting->easy);
    }
    return !stopping;
}

static void *run(void *argument)
{
    struct outbound *outbound = argument;
    struct error cancelled;
    while (take_waiting(outbound)) {
        int running = 0, left;
        curl_multi_perform(outbound->multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(outbound->multi, &left));) {
            CURL *easy = message->easy_handle;
            CURLcode result = message->data.result;
            struct transfer *transfer = NULL;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
            finish(transfer, NULL, result);
        }
        curl_multi_poll(outbound->multi, NULL, 0, WAIT_MS, NULL);
    }
    fail(&cancelled, STATUS_CANCELLED, "stopped before the answer came");
    while (outbound->running)
        finish(outbound->running, &cancelled, CURLE_OK);
    return NULL;
}

static void global_init(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

enum status outbound_start(const struct outbound_options *options, struct outbound **out_outbound,
                           struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init);
    struct outbound *outbound = calloc(1, sizeof *outbound);
    if (outbound)
        outbound->multi = curl_multi_init();
    if (!outbound || !outbound->multi) {
        free(outbound);
        return fail(error, STATUS_INTERNAL, "no memory for outbound requests");
    }
    if (options)
        outbound->options = *options;
    if (!outbound->options.in_flight_max)
        outbound->options.in_flight_max = 64;
    if (outbound->options.connections_per_host <= 0)
        outbound->options.connections_per_host = 8;
    curl_multi_setopt(outbound->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)outbound->options.connections_per_host);
    pthread_mutex_init(&outbound->lock, NULL);
    if (pthread_create(&outbound->thread, NULL, run, outbound) != 0) {
        curl_multi_cleanup(outbound->multi);
        free(outbound);
        return fail(error, STATUS_INTERNAL, "cannot start the outbound thread");
    }
    *out_outbound = outbound;
    return STATUS_OK;
}

void outbound_stop(struct outbound *outbound)
{
    if (!outbound)
        return;
    pthread_mutex_lock(&outbound->lock);
    outbound->stopping = true;
    pthread_mutex_unlock(&outbound->lock);
    curl_multi_wakeup(outbound->multi);
    pthread_join(outbound->thread, NULL);
    curl_multi_cleanup(outbound->multi);
    pthread_mutex_destroy(&outbound->lock);
    free(outbound);
}
