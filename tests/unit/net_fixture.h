/* SPDX-License-Identifier: Apache-2.0 */
/* net_fixture: a server with routes of every kind, and a client that sends raw bytes, for the tests
 * of net. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/server.h"

#include <cmocka.h>
#undef fail /* its macro; ours is meant */

/* How long a test waits before it says that something never happened: only one that fails waits. */
enum { PATIENCE_SECONDS = 60 };

/* A handler can be held at a gate until the test opens it. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int entered, left;
    struct request *request; /* of the last who entered */
    bool saw_cancelled;
};

struct fixture {
    struct server *server;
    struct pool *pool;
    struct server_options options;
    struct gate gate;
    pthread_t answerer;
    struct stream *stream; /* of the last request for /stream */
    struct request *streamed;
    int stream_file; /* of the last request for /stream/file, or -1 */
    char address[64];
    int port;
};

static struct fixture *the_fixture;

static void handle_hello(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK, .static_body = STR("{\"hello\":true}")};
    (void)context;
    request_reply(request, &response);
}

static void handle_echo(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK, .content_type = "application/x-echo"};
    struct str query = request_param(request, STR("q"));
    (void)context;
    if (query.ptr)
        response_header(&response, STR("X-Query"), query);
    buf_add_str(&response.body, request->body);
    request_reply(request, &response);
}

static void handle_take(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK};
    void *body = request_take_body(request);
    (void)context;
    assert_non_null(body);
    buf_printf(&response.body, "%zu", request->body.len);
    free(body);
    request_reply(request, &response);
}

static void handle_path(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK, .content_type = "text/plain"};
    (void)context;
    buf_printf(&response.body, "id=%.*s rest=%.*s", STR_ARGS(request_path_part(request, STR("id"))),
               STR_ARGS(request_path_part(request, STR("rest"))));
    request_reply(request, &response);
}

static void handle_busy(struct request *request, void *context)
{
    struct error error;
    (void)context;
    fail(&error, STATUS_BUSY, "the queue is full: 100%% \xC3\xBC");
    request_reply_error(request, &error);
}

static void handle_big(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK};
    (void)context;
    for (int i = 0; i < 20000; i++)
        buf_add_str(&response.body, STR("0123456789"));
    request_reply(request, &response);
}

static void handle_gate(struct request *request, void *context)
{
    struct gate *gate = &the_fixture->gate;
    struct response response = {.status = STATUS_OK, .static_body = STR("\"opened\"")};
    (void)context;
    pthread_mutex_lock(&gate->lock);
    gate->entered++;
    gate->request = request;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->saw_cancelled = request->cancelled;
    gate->left++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
    request_reply(request, &response);
}

static void *answer_later(void *context)
{
    struct request *request = context;
    struct response response = {.status = STATUS_OK};
    buf_printf(&response.body, "\"later %zu\"", request->body.len);
    request_reply(request, &response);
    return NULL;
}

static void handle_async(struct request *request, void *context)
{
    pthread_t thread;
    (void)context;
    assert_int_equal(pthread_create(&thread, NULL, answer_later, request), 0);
    pthread_detach(thread);
}

enum { STREAM_QUEUE_BYTES = 64 * 1024 };

static void handle_stream(struct request *request, void *context)
{
    struct gate *gate = &the_fixture->gate;
    struct response response = {.status = STATUS_OK, .content_type = "text/event-stream"};
    struct stream *stream;
    struct error error;
    bool in_file = str_ends(request->path, STR("/file"));
    int file = in_file ? memfd_create("stream", MFD_CLOEXEC) : -1;
    (void)context;
    enum status status =
        in_file ? request_stream_file(request, &response, file, &stream, &error)
                : request_stream(request, &response, STREAM_QUEUE_BYTES, &stream, &error);
    if (status != STATUS_OK) {
        request_reply_error(request, &error);
        return;
    }
    pthread_mutex_lock(&gate->lock);
    the_fixture->stream = stream;
    the_fixture->streamed = request;
    the_fixture->stream_file = file;
    gate->entered++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static const struct route fixture_routes[] = {
    {"GET", "/hello", handle_hello, NULL, true, true, false, false},
    {"GET", "/", handle_hello, NULL, true, true, false, false},
    {"POST", "/echo", handle_echo, NULL, true, false, false, true},
    {"POST", "/take", handle_take, NULL, true, false, false, true},
    {"POST", "/async", handle_async, NULL, true, false, false, true},
    {"GET", "/items/{id}/x/{rest*}", handle_path, NULL, true, false, false, false},
    {"GET", "/items/{id}", handle_path, NULL, false, false, false, false},
    {"GET", "/items/special", handle_hello, NULL, true, false, false, false},
    {"GET", "/busy", handle_busy, NULL, true, false, false, false},
    {"POST", "/busy", handle_busy, NULL, true, false, false, true},
    {"GET", "/big", handle_big, NULL, false, false, false, false},
    {"GET", "/gate", handle_gate, NULL, false, false, false, false},
    {"GET", "/stream", handle_stream, NULL, false, false, false, false},
    {"GET", "/stream/inline", handle_stream, NULL, true, false, false, false},
    {"GET", "/stream/file", handle_stream, NULL, false, false, false, false},
    {"POST", "/gate", handle_gate, NULL, false, false, false, true},
    {"POST", "/test.Service/Echo", handle_echo, NULL, true, false, false, true},
};

static enum status fixture_authorise(void *context, struct request *request,
                                     const struct route *route, struct error *error)
{
    (void)context;
    (void)route;
    if (str_equal(request_header(request, STR("authorization")), STR("wrong")))
        return fail(error, STATUS_UNAUTHENTICATED, "this key is not known");
    request->project_id = 1;
    return STATUS_OK;
}

static void fixture_start(struct fixture *fixture, struct server_options options)
{
    struct error error = {0};
    *fixture = (struct fixture){.options = options};
    the_fixture = fixture;
    log_set_level(LOG_OFF);
    pthread_mutex_init(&fixture->gate.lock, NULL);
    pthread_cond_init(&fixture->gate.changed, NULL);
    assert_int_equal(pool_start("query", 2, 2, &fixture->pool, &error), STATUS_OK);
    options.routes = fixture_routes;
    options.route_count = sizeof fixture_routes / sizeof fixture_routes[0];
    options.pool = fixture->pool;
    options.threads = 2;
    options.authorise = fixture_authorise;
    assert_int_equal(server_start(&options, &fixture->server, &error), STATUS_OK);
    assert_int_equal(server_listen(fixture->server, STR("127.0.0.1:0"), &error, fixture->address),
                     STATUS_OK);
    fixture->port = atoi(strrchr(fixture->address, ':') + 1);
    assert_true(fixture->port > 0);
}

static void fixture_open_gate(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->gate.lock);
    fixture->gate.open = true;
    pthread_cond_broadcast(&fixture->gate.changed);
    pthread_mutex_unlock(&fixture->gate.lock);
}

static void fixture_await(struct fixture *fixture, const int *number, int least)
{
    pthread_mutex_lock(&fixture->gate.lock);
    while (*number < least)
        pthread_cond_wait(&fixture->gate.changed, &fixture->gate.lock);
    pthread_mutex_unlock(&fixture->gate.lock);
}

/* Waits until the server knows that nobody wants the answer any more. */
static inline void fixture_await_cancelled(const struct request *request)
{
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    while (!atomic_load(&request->cancelled)) {
        assert_true(clock_mono_ns() < deadline_ns);
        usleep(1000);
    }
}

static void fixture_stop(struct fixture *fixture)
{
    fixture_open_gate(fixture);
    server_stop(fixture->server, 2000);
    pool_stop(fixture->pool);
}

/* --- the raw client ---------------------------------------------------------------------- */

static int client_connect(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)fixture->port)};
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* False when the server has closed: for a test of refusals that is no surprise. */
static inline bool client_send(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static inline bool client_text(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

struct answer {
    int status; /* 0: the connection ended without one */
    char head[4096];
    char *body; /* zero-terminated; reused by the next answer */
    size_t body_len;
};

static inline size_t header_number(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static inline struct answer client_answer_to(int fd, bool is_head)
{
    static char *body;
    struct answer answer = {0};
    size_t len = 0;
    while (len < sizeof answer.head - 1 && !strstr(answer.head, "\r\n\r\n")) {
        ssize_t got = recv(fd, answer.head + len, 1, 0);
        if (got <= 0)
            return answer;
        len += (size_t)got;
        answer.head[len] = 0;
    }
    answer.status = atoi(answer.head + 9);
    if (answer.status == 100)
        return client_answer_to(fd, is_head);
    answer.body_len = is_head ? 0 : header_number(answer.head, "\r\nContent-Length: ");
    body = realloc(body, answer.body_len + 1);
    answer.body = body;
    for (size_t at = 0; at < answer.body_len;) {
        ssize_t got = recv(fd, body + at, answer.body_len - at, 0);
        assert_true(got > 0);
        at += (size_t)got;
    }
    body[answer.body_len] = 0;
    return answer;
}

static inline struct answer client_answer(int fd)
{
    return client_answer_to(fd, false);
}

static inline bool client_is_closed(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) <= 0;
}

/* One request on a connection of its own. */
static inline struct answer ask(const struct fixture *fixture, const char *text)
{
    int fd = client_connect(fixture);
    client_text(fd, text);
    struct answer answer = client_answer_to(fd, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    return answer;
}
