/* SPDX-License-Identifier: Apache-2.0 */
/* client: waits for net/outbound's callback under a lock. */
#define _GNU_SOURCE
#include "cli/client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/clock.h"
#include "net/outbound.h"
#include "wire/json.h"
#include "wire/protobuf.h"

enum {
    URL_BYTES = 2048,
    ADDRESS_BYTES = 8192, /* of storage that signs what it gives away */
    KEY_BYTES = 200,
    TRIES = 8,
    TIMEOUT_MS = 60000,
    PATIENCE_S = 120,
};

struct client {
    struct outbound *outbound;
    char url[URL_BYTES], key[KEY_BYTES], authorization[2 * KEY_BYTES];
    char project[128];
    size_t answer_bytes_max;
    bool patient;
    /* The one answer we wait for. */
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    bool done;
    enum status status;
    struct error error;
    int http_status, retry_after_s;
    struct buf body;
};

static enum status copy_option(char *out, size_t size, const char *text, const char *name,
                               struct error *error)
{
    if (!text)
        return STATUS_OK;
    if (strlen(text) >= size)
        return fail(error, STATUS_INVALID, "%s: longer than %zu bytes", name, size - 1);
    strcpy(out, text);
    return STATUS_OK;
}

static enum status read_key(struct client *client, const char *key, struct error *error)
{
    enum status status = copy_option(client->key, KEY_BYTES, key, "key", error);
    if (status != STATUS_OK || !key)
        return status;
    if (!strchr(key, ':'))
        return fail(error, STATUS_INVALID, "key: expected PUBLIC:SECRET");
    strcpy(client->authorization, "Basic ");
    sodium_bin2base64(client->authorization + 6, sizeof client->authorization - 6,
                      (const unsigned char *)key, strlen(key), sodium_base64_VARIANT_ORIGINAL);
    return STATUS_OK;
}

enum status client_open(const struct client_options *options, struct client **out_client,
                        struct error *error)
{
    if (strncmp(options->url, "http://", 7) && strncmp(options->url, "https://", 8))
        return fail(error, STATUS_INVALID, "url: expected http://HOST:PORT, got '%.200s'",
                    options->url);
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return fail(error, STATUS_INTERNAL, "no memory");
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->arrived, NULL);
    client->answer_bytes_max = options->answer_bytes_max;
    client->patient = options->patient;
    enum status status;
    if ((status = copy_option(client->url, URL_BYTES - 200, options->url, "url", error)) ||
        (status = copy_option(client->project, sizeof client->project, options->project, "project",
                              error)) ||
        (status = read_key(client, options->key, error)) ||
        (status = outbound_start(&(struct outbound_options){0}, &client->outbound, error))) {
        client_close(client);
        return status;
    }
    for (size_t len = strlen(client->url); len && client->url[len - 1] == '/'; len--)
        client->url[len - 1] = 0;
    *out_client = client;
    return STATUS_OK;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    outbound_stop(client->outbound);
    buf_done(&client->body);
    pthread_cond_destroy(&client->arrived);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

static void on_answer(void *context, const struct outbound_response *response)
{
    struct client *client = context;
    pthread_mutex_lock(&client->lock);
    client->status = response->status;
    client->error = response->error;
    client->http_status = response->http_status;
    client->retry_after_s = response->retry_after_s;
    buf_clear(&client->body);
    buf_add_str(&client->body, response->body);
    client->done = true;
    pthread_cond_signal(&client->arrived);
    pthread_mutex_unlock(&client->lock);
}

static bool is_address(const char *path)
{
    return !strncmp(path, "http://", 7) || !strncmp(path, "https://", 8);
}

/* As it may be shown: what follows a whole address's '?' may be its permission. */
static void name_of(const struct client *client, const char *path, char *out, size_t size)
{
    if (is_address(path))
        snprintf(out, size, "%.*s", (int)strcspn(path, "?"), path);
    else
        snprintf(out, size, "%.300s%.250s", client->url, path);
}

enum status client_call(struct client *client, const char *method, const char *path,
                        const char *content_type, struct str body, int *out_http_status,
                        struct buf *out_body, struct error *error)
{
    char url[ADDRESS_BYTES];
    struct header headers[3];
    size_t count = 0;
    bool is_ours = !is_address(path);
    if (snprintf(url, sizeof url, "%s%s", is_ours ? client->url : "", path) >= (int)sizeof url)
        return fail(error, STATUS_INVALID, "url: too long");
    if (content_type)
        headers[count++] = (struct header){STR("content-type"), str_from(content_type)};
    if (is_ours && client->authorization[0])
        headers[count++] = (struct header){STR("authorization"), str_from(client->authorization)};
    if (is_ours && client->project[0])
        headers[count++] = (struct header){STR("x-vitrine-project"), str_from(client->project)};
    const struct outbound_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = count,
        .body = body,
        .timeout_ms = TIMEOUT_MS,
        .response_bytes_max = client->answer_bytes_max,
        .done = on_answer,
        .context = client,
    };
    client->done = false;
    enum status status = outbound_send(client->outbound, &request, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&client->lock);
    while (!client->done)
        pthread_cond_wait(&client->arrived, &client->lock);
    pthread_mutex_unlock(&client->lock);
    if (client->status != STATUS_OK) {
        name_of(client, is_ours ? "" : path, url, 300);
        return fail(error, client->status, "%.299s does not answer: %.300s", url,
                    client->error.text);
    }
    *out_http_status = client->http_status;
    if (out_body) {
        buf_clear(out_body);
        buf_add_str(out_body, buf_str(&client->body));
    }
    return STATUS_OK;
}

static void pause_ms(int64_t milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * NS_PER_MS};
    nanosleep(&time, NULL);
}

/* google.rpc.Status in protobuf: 2 is the message. */
static struct str protobuf_words(struct str body)
{
    struct protobuf_reader reader = protobuf_reader(body);
    struct protobuf_field field;
    struct str words = {0};
    while (protobuf_next(&reader, &field))
        if (field.number == 2 && field.wire == PROTOBUF_BYTES)
            words = field.bytes;
    return reader.failed ? STR_NONE : words;
}

/* The server's own words: {"error":{"message":…}}, or google.rpc.Status in either form, or else the
 * first bytes. */
static struct str words_of(struct str body, struct arena *arena)
{
    struct json reply;
    if (body.len && json_parse(body, arena, &reply, NULL) == STATUS_OK) {
        const struct json *words = json_path(&reply, STR("error.message"));
        return json_string(words ? words : json_get(&reply, STR("message")));
    }
    struct str words = protobuf_words(body);
    return words.len || !body.len || body.ptr[0] <= ' ' ? words : str_sub(body, 0, 200);
}

enum status client_refused(struct client *client, const char *path, int http_status,
                           struct error *error)
{
    struct arena arena;
    char name[600];
    arena_init(&arena, 1 << 20);
    struct str said = str_trim(words_of(buf_str(&client->body), &arena));
    enum status status = http_status == 401   ? STATUS_UNAUTHENTICATED
                         : http_status == 403 ? STATUS_FORBIDDEN
                         : http_status == 404 ? STATUS_NOT_FOUND
                         : http_status == 409 ? STATUS_CONFLICT
                         : http_status == 413 ? STATUS_TOO_LARGE
                         : http_status == 503 ? STATUS_BUSY
                         : http_status >= 500 ? STATUS_IO
                                              : STATUS_INVALID;
    name_of(client, path, name, sizeof name);
    fail(error, status, "%s answered %d%s%.*s", name, http_status, said.len ? ": " : "",
         (int)(said.len > 300 ? 300 : said.len), said.ptr);
    arena_done(&arena);
    return status;
}

enum status client_post(struct client *client, const char *path, const char *content_type,
                        struct str body, struct buf *out_body, struct error *error)
{
    return client_ask(client, "POST", path, content_type, body, out_body, error);
}

/* No answer came; one that is too large would be so again. */
static bool may_come_back(enum status status)
{
    return status != STATUS_TOO_LARGE && status != STATUS_INVALID;
}

enum status client_ask(struct client *client, const char *method, const char *path,
                       const char *content_type, struct str body, struct buf *out_body,
                       struct error *error)
{
    bool persists = client->patient && !strcmp(method, "GET");
    for (int attempt = 1;; attempt++) {
        int http_status = 0, asked_s = 0;
        enum status status =
            client_call(client, method, path, content_type, body, &http_status, out_body, error);
        if (status == STATUS_OK && http_status >= 200 && http_status < 300)
            return STATUS_OK;
        bool again = status == STATUS_OK ? http_status == 503 || http_status == 429 ||
                                               (persists && http_status >= 500)
                                         : persists && may_come_back(status);
        if (!again || attempt == TRIES)
            return status == STATUS_OK ? client_refused(client, path, http_status, error) : status;
        if (status == STATUS_OK)
            asked_s = client->retry_after_s > PATIENCE_S ? PATIENCE_S : client->retry_after_s;
        pause_ms(asked_s > 0 ? (int64_t)asked_s * 1000 : 100 << (attempt > 5 ? 5 : attempt));
    }
}

/* A process that ended and was not waited for yet is gone too. */
static bool is_running(int pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    const char *end = strrchr(text, ')');
    return end && end[1] && end[2] != 'Z' && end[2] != 'X';
}

enum status client_wait_ready(struct client *client, int seconds, int pid, struct error *error)
{
    int64_t deadline = clock_mono_ns() + seconds * NS_PER_SEC;
    for (;;) {
        int http_status = 0;
        enum status status =
            client_call(client, "GET", "/readyz", NULL, STR_NONE, &http_status, NULL, error);
        if (status == STATUS_OK && http_status == 200)
            return STATUS_OK;
        if (pid && !is_running(pid))
            return fail(error, STATUS_IO, "the server has ended");
        if (clock_mono_ns() >= deadline)
            return status != STATUS_OK ? status
                                       : client_refused(client, "/readyz", http_status, error);
        pause_ms(50);
    }
}

enum status client_project(struct client *client, char *out, size_t size, struct error *error)
{
    if (!client->key[0]) {
        snprintf(out, size, "%s", client->project[0] ? client->project : "default");
        return STATUS_OK;
    }
    int http_status;
    struct buf body = {0};
    struct arena arena;
    struct json reply;
    arena_init(&arena, 16 << 20);
    enum status status =
        client_call(client, "GET", "/api/v1/projects", NULL, STR_NONE, &http_status, &body, error);
    if (status == STATUS_OK && http_status != 200)
        status = client_refused(client, "/api/v1/projects", http_status, error);
    if (status == STATUS_OK)
        status = json_parse(buf_str(&body), &arena, &reply, error);
    const struct json *list = status == STATUS_OK ? json_get(&reply, STR("projects")) : NULL;
    struct str public_key =
        str_sub(str_from(client->key), 0, str_find_byte(str_from(client->key), ':'));
    snprintf(out, size, "default");
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        if (str_equal(json_string(json_get(&list->items[i], STR("public_key"))), public_key)) {
            struct str name = json_string(json_get(&list->items[i], STR("name")));
            snprintf(out, size, "%.*s", STR_ARGS(name));
        }
    arena_done(&arena);
    buf_done(&body);
    return status;
}

enum status client_get_json(struct client *client, const char *path, struct arena *arena,
                            struct json *out_reply, struct error *error)
{
    struct buf body = {0};
    int http_status = 0;
    enum status status =
        client_call(client, "GET", path, NULL, STR_NONE, &http_status, &body, error);
    if (status == STATUS_OK && http_status != 200)
        status = fail(error, STATUS_INVALID, "%s answered %d", path, http_status);
    if (status == STATUS_OK) {
        struct str copy = arena_copy(arena, buf_str(&body));
        status = copy.ptr ? json_parse(copy, arena, out_reply, error)
                          : fail(error, STATUS_TOO_LARGE, "%s: the answer is too large", path);
    }
    buf_done(&body);
    return status;
}
