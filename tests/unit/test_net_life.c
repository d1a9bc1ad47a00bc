/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server's life: listening, idling, stopping; and of requests we make ourselves. */
#define _GNU_SOURCE
#include "net_http2_client.h"

#include "base/counter.h"
#include "net/outbound.h"

static struct fixture fixture;

#define HOST "Host: localhost\r\n"

/* --- stopping ---------------------------------------------------------------------------- */

static void *stop_patiently(void *context)
{
    (void)context;
    server_stop(fixture.server, 20000);
    return NULL;
}

static void requests_in_flight_are_answered_before_the_end(void **state)
{
    struct client client;
    struct call call = {0};
    pthread_t stopper;
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    int idle = client_connect(&fixture), busy = client_connect(&fixture);
    client_text(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_answer(idle).status, 200);
    client_text(busy, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "GET", "/gate", NULL, STR_NONE);
    h2_write(&client);
    fixture_await(&fixture, &fixture.gate.entered, 2);
    assert_int_equal(pthread_create(&stopper, NULL, stop_patiently, NULL), 0);
    while (!client.goaway) /* by now the server is stopping */
        h2_turn(&client);
    fixture_open_gate(&fixture);
    h2_wait(&client, &call);
    assert_int_equal(call.status, 200);
    struct answer answer = client_answer(busy);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "\"opened\"");
    assert_non_null(strcasestr(answer.head, "\r\nConnection: close\r\n"));
    assert_int_equal(pthread_join(stopper, NULL), 0);
    assert_true(client_is_closed(idle));
    pool_stop(fixture.pool);
    call_done(&call);
    h2_end(&client);
    close(idle);
    close(busy);
}

static void an_answer_after_the_end_does_no_harm(void **state)
{
    struct client client;
    struct call call = {0};
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    int fd = client_connect(&fixture);
    client_text(fd, "POST /gate HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "POST", "/gate", NULL, STR("abc"));
    h2_write(&client);
    fixture_await(&fixture, &fixture.gate.entered, 2);
    int64_t before_ns = clock_mono_ns();
    server_stop(fixture.server, 50);
    assert_true(clock_mono_ns() - before_ns < PATIENCE_SECONDS * NS_PER_SEC);
    fixture_open_gate(&fixture);
    pool_stop(fixture.pool);
    assert_int_equal(fixture.gate.left, 2);
    assert_true(fixture.gate.saw_cancelled);
    assert_true(client_is_closed(fd));
    call_done(&call);
    h2_end(&client);
    close(fd);
}

static void a_body_half_sent_does_not_hold_up_the_end(void **state)
{
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    int fd = client_connect(&fixture), silent = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc");
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n").status, 200);
    server_stop(fixture.server, 50);
    pool_stop(fixture.pool);
    assert_true(client_is_closed(fd));
    assert_true(client_is_closed(silent));
    close(fd);
    close(silent);
}

/* --- patience ---------------------------------------------------------------------------- */

static void the_idle_and_the_slow_are_sent_away(void **state)
{
    struct client client;
    (void)state;
    /* Long enough for a busy machine to make all of these before the first is sent away. */
    fixture_start(&fixture, (struct server_options){.idle_seconds = 2});
    int silent = client_connect(&fixture), idle = client_connect(&fixture),
        head = client_connect(&fixture), body = client_connect(&fixture);
    client_text(idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_answer(idle).status, 200);
    client_text(head, "GET /hello HTTP/1.1\r\nHos");
    client_text(body, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc");
    h2_start(&client, &fixture);
    struct call call = h2_ask(&client, "GET", "/hello", NULL, STR_NONE);
    assert_int_equal(call.status, 200);
    struct call slow = {.keep_open = true};
    struct client other;
    h2_start(&other, &fixture);
    h2_submit(&other, &slow, "POST", "/echo", NULL, STR("ab"));
    /* Every one of these waits for the server's clock, not for ours. */
    h2_wait(&other, &slow);
    assert_int_equal(slow.status, 408);
    while (!client.gone)
        h2_turn(&client);
    assert_true(client_is_closed(silent));
    assert_true(client_is_closed(idle));
    struct answer answer = client_answer(body);
    assert_int_equal(answer.status, 408);
    assert_non_null(strstr(answer.body, "too slowly"));
    assert_int_equal(client_answer(head).status, 408);
    assert_true(client_is_closed(head));
    close(silent);
    close(idle);
    close(head);
    close(body);
    call_done(&call);
    call_done(&slow);
    h2_end(&client);
    h2_end(&other);
    fixture_stop(&fixture);
}

/* --- listening --------------------------------------------------------------------------- */

static void addresses_are_checked(void **state)
{
    static const char *const wrong[] = {
        "",      "localhost",  "127.0.0.1:",      ":99999", "127.0.0.1:http",
        "[::1]", "1.2.3:4:5x", "nobody.invalid:1"};
    struct error error;
    char bound[64];
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(server_listen(fixture.server, str_from(wrong[i]), &error, bound),
                         STATUS_INVALID);
        assert_non_null(strstr(error.text, "listen on"));
    }
    assert_int_equal(server_listen(fixture.server, str_from(fixture.address), &error, bound),
                     STATUS_IO);
    assert_non_null(strstr(error.text, "in use"));
    /* Every port answers everything; a port on all addresses does not mind the host's name. */
    assert_int_equal(server_listen(fixture.server, STR(":0"), &error, bound), STATUS_OK);
    fixture.port = atoi(strrchr(bound, ':') + 1);
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\nHost: any.example\r\n\r\n").status, 200);
    fixture_stop(&fixture);
}

static int64_t counted;
static void add_refusals(const struct counter *counter, void *context)
{
    if (strcmp(counter->name, "vitrine_refused_total") == 0 &&
        strstr(counter->labels, (const char *)context))
        counted += counter_get(counter);
}

static void refusals_are_counted(void **state)
{
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    counter_visit(add_refusals, "body_too_large");
    int64_t before = counted;
    counted = 0;
    ask(&fixture, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999\r\n\r\n");
    counter_visit(add_refusals, "body_too_large");
    assert_int_equal(counted, before + 1);
    fixture_stop(&fixture);
}

/* --- outbound ---------------------------------------------------------------------------- */

struct outcome {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int count;
    struct outbound_response last;
    char body[64];
};

static void take(void *context, const struct outbound_response *response)
{
    struct outcome *outcome = context;
    pthread_mutex_lock(&outcome->lock);
    outcome->last = *response;
    snprintf(outcome->body, sizeof outcome->body, "%.*s", STR_ARGS(response->body));
    outcome->count++;
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
}

static void await(struct outcome *outcome, int least)
{
    pthread_mutex_lock(&outcome->lock);
    while (outcome->count < least)
        pthread_cond_wait(&outcome->changed, &outcome->lock);
    pthread_mutex_unlock(&outcome->lock);
}

static void our_own_requests_are_answered_or_explained(void **state)
{
    struct outcome outcome = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    struct outbound *outbound;
    struct error error;
    char url[128], refused[128];
    struct header header = {STR_INIT("X-Test"), STR_INIT("1")};
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    assert_int_equal(
        outbound_start(&(struct outbound_options){.in_flight_max = 2}, &outbound, &error),
        STATUS_OK);
    struct outbound_request request = {.url = url, .done = take, .context = &outcome};
    snprintf(url, sizeof url, "http://%s/hello", fixture.address);
    int done = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
        await(&outcome, ++done);
        assert_string_equal(outcome.last.error.text, "");
        assert_int_equal(outcome.last.status, STATUS_OK);
        assert_int_equal(outcome.last.http_status, 200);
        assert_string_equal(outcome.body, "{\"hello\":true}");
    }
    request.headers = &header;
    request.header_count = 1;
    request.body = STR("what I say");
    snprintf(url, sizeof url, "http://%s/echo", fixture.address);
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_string_equal(outcome.body, "what I say");
    request.body = STR_NONE;
    snprintf(url, sizeof url, "http://%s/busy", fixture.address);
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_int_equal(outcome.last.http_status, 503);
    assert_int_equal(outcome.last.retry_after_s, 1);
    snprintf(url, sizeof url, "http://%s/big", fixture.address);
    request.response_bytes_max = 1000;
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_int_equal(outcome.last.status, STATUS_TOO_LARGE);
    request.url = "file:///etc/passwd";
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_int_equal(outcome.last.status, STATUS_INVALID);
    snprintf(refused, sizeof refused, "http://127.0.0.1:1/");
    request.url = refused;
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_int_equal(outcome.last.status, STATUS_IO);
    request.url = url;
    snprintf(url, sizeof url, "http://%s/gate", fixture.address);
    request.timeout_ms = 50;
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    await(&outcome, ++done);
    assert_int_equal(outcome.last.status, STATUS_TIMEOUT);
    /* Two may wait; the third hears so; stopping calls the two back. */
    request.timeout_ms = 0;
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_OK);
    assert_int_equal(outbound_send(outbound, &request, &error), STATUS_BUSY);
    outbound_stop(outbound);
    assert_int_equal(outcome.count, done + 2);
    assert_int_equal(outcome.last.status, STATUS_CANCELLED);
    fixture_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_in_flight_are_answered_before_the_end),
        cmocka_unit_test(an_answer_after_the_end_does_no_harm),
        cmocka_unit_test(a_body_half_sent_does_not_hold_up_the_end),
        cmocka_unit_test(the_idle_and_the_slow_are_sent_away),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(refusals_are_counted),
        cmocka_unit_test(our_own_requests_are_answered_or_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
