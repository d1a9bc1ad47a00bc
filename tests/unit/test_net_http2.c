/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server over HTTP/2 and gRPC, with nghttp2 as the client. */
#define _GNU_SOURCE
#include "net_http2_client.h"

#include "wire/compress.h"
#include "wire/grpc.h"

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_start(&fixture, (struct server_options){.body_bytes_max = 2 << 20,
                                                    .inflated_bytes_max = 1 << 20});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_stop(&fixture);
    return 0;
}

static const char *const grpc[] = {"content-type", "application/grpc", "te", "trailers", NULL};
static const char *const grpc_gzip[] = {
    "content-type", "application/grpc+proto", "te", "trailers", "grpc-encoding", "gzip", NULL};
#define ECHO "/test.Service/Echo"

static void plain_requests_work_over_http2(void **state)
{
    struct client client;
    (void)state;
    h2_start(&client, &fixture);
    struct call call = h2_ask(&client, "GET", "/hello", NULL, STR_NONE);
    assert_int_equal(call.status, 200);
    assert_true(str_equal(buf_str(&call.body), STR("{\"hello\":true}")));
    assert_int_equal(client.window, 16 << 20);
    assert_int_equal(client.streams_max, 256);
    call_done(&call);
    call = h2_ask(&client, "HEAD", "/hello", NULL, STR_NONE);
    assert_int_equal(call.status, 200);
    assert_int_equal(call.body.len, 0);
    assert_true(call_has(&call, "content-length: 14\n"));
    call_done(&call);
    call = h2_ask(&client, "POST", "/echo?q=1", NULL, STR("some text"));
    assert_true(str_equal(buf_str(&call.body), STR("some text")));
    assert_true(call_has(&call, "x-query: 1\n"));
    call_done(&call);
    call = h2_ask(&client, "DELETE", "/hello", NULL, STR_NONE);
    assert_int_equal(call.status, 405);
    assert_true(call_has(&call, "allow: GET, HEAD, OPTIONS\n"));
    call_done(&call);
    call = h2_ask(&client, "GET", "/big", NULL, STR_NONE);
    assert_int_equal(call.body.len, 200000);
    call_done(&call);
    call = h2_ask(&client, "GET", "/items/7", NULL, STR_NONE);
    assert_true(str_equal(buf_str(&call.body), STR("id=7 rest=")));
    call_done(&call);
    h2_end(&client);
}

static void many_streams_at_once(void **state)
{
    enum { COUNT = 200, SIZE = 50000 };
    static struct call calls[COUNT];
    struct client client;
    char *body = malloc(SIZE);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', SIZE);
    h2_start(&client, &fixture);
    for (int i = 0; i < COUNT; i++)
        h2_submit(&client, &calls[i], "POST", i % 2 ? "/echo" : "/async", NULL,
                  (struct str){body, SIZE});
    for (int i = 0; i < COUNT; i++) {
        h2_wait(&client, &calls[i]);
        assert_int_equal(calls[i].status, 200);
        assert_int_equal(calls[i].body.len, i % 2 ? SIZE : 13);
        call_done(&calls[i]);
    }
    h2_end(&client);
    free(body);
}

static struct call grpc_call(struct client *client, const char *path, const char *const *headers,
                             struct str body)
{
    struct call call = h2_ask(client, "POST", path, headers, body);
    assert_int_equal(call.status, 200);
    assert_true(call_has(&call, "content-type: application/grpc\n"));
    return call;
}

static void expect_grpc(const char *path, const char *const *headers, struct str body, int status,
                        const char *text)
{
    struct client client;
    h2_start(&client, &fixture);
    struct call call = grpc_call(&client, path, headers, body);
    assert_int_equal(call.grpc_status, status);
    if (text && !call_has(&call, text))
        print_error("%.*s", STR_ARGS(buf_str(&call.headers)));
    assert_true(!text || call_has(&call, text));
    call_done(&call);
    h2_end(&client);
}

static struct buf framed(uint8_t flag, struct str message)
{
    struct buf buf = {0};
    grpc_frame_write(&buf, message);
    buf.ptr[0] = (char)flag;
    return buf;
}

static void a_grpc_message_is_answered_with_one(void **state)
{
    struct client client;
    struct buf message = framed(0, STR("a message")), packed = {0};
    (void)state;
    h2_start(&client, &fixture);
    for (int i = 0; i < 3; i++) {
        struct call call = grpc_call(&client, ECHO, grpc, buf_str(&message));
        assert_int_equal(call.grpc_status, 0);
        assert_true(str_equal(buf_str(&call.body), buf_str(&message)));
        assert_true(call_has(&call, "grpc-accept-encoding: identity,gzip,deflate,zstd\n"));
        call_done(&call);
    }
    compress_gzip(STR("a message"), &packed, NULL);
    struct buf compressed = framed(1, buf_str(&packed));
    struct call call = grpc_call(&client, ECHO, grpc_gzip, buf_str(&compressed));
    assert_int_equal(call.grpc_status, 0);
    assert_true(str_equal(buf_str(&call.body), buf_str(&message)));
    call_done(&call);
    /* The flag decides, not the header: an uncompressed message among compressed ones. */
    call = grpc_call(&client, ECHO, grpc_gzip, buf_str(&message));
    assert_true(str_equal(buf_str(&call.body), buf_str(&message)));
    call_done(&call);
    /* An empty message is a message. */
    call = grpc_call(&client, ECHO, grpc, STR("\0\0\0\0\0"));
    assert_int_equal(call.grpc_status, 0);
    assert_int_equal(call.body.len, 5);
    call_done(&call);
    h2_end(&client);
    buf_done(&message);
    buf_done(&packed);
    buf_done(&compressed);
}

static void broken_frames_are_refused_in_words(void **state)
{
    (void)state;
    expect_grpc(ECHO, grpc, STR(""), 3, "grpc-message: the request has no message\n");
    expect_grpc(ECHO, grpc, STR("\0\0\0"), 3, "the message ends early");
    expect_grpc(ECHO, grpc, STR("\0\0\0\0\5abc"), 3, "3 of its 5 bytes arrived");
    expect_grpc(ECHO, grpc, STR("\0\0\0\0\3abcd"), 3, "bytes follow the message");
    expect_grpc(ECHO, grpc, STR("\0\0\0\0\1a\0\0\0\0\1b"), 3, "takes exactly one");
    expect_grpc(ECHO, grpc, STR("\7\0\0\0\1a"), 3, "this one is 7\n");
    expect_grpc(ECHO, grpc, STR("\1\0\0\0\1a"), 3, "names no compression");
    expect_grpc(ECHO, grpc, STR("\0\xFF\xFF\xFF\xFFy"), 3, "4294967295 bytes; at most 2097152");
    expect_grpc(ECHO, grpc_gzip, STR("\1\0\0\0\3abc"), 3, "the compressed body is broken");
    expect_grpc("/no.Such/Method", grpc, STR("\0\0\0\0\0"), 12, NULL);
    expect_grpc("/hello", grpc, STR("\0\0\0\0\0"), 12, NULL);
    const char *const strange[] = {"content-type", "application/grpc", "grpc-encoding", "lz77",
                                   NULL};
    expect_grpc(ECHO, strange, STR("\0\0\0\0\0"), 12, "gzip, deflate, zstd");
    const char *const timeless[] = {"content-type", "application/grpc", "grpc-timeout", "soon",
                                    NULL};
    expect_grpc(ECHO, timeless, STR("\0\0\0\0\0"), 3, "grpc-timeout must be");
    const char *const unknown[] = {"content-type", "application/grpc", "authorization", "wrong",
                                   NULL};
    expect_grpc(ECHO, unknown, STR("\0\0\0\0\0"), 16, "this key is not known");
}

static void a_bomb_in_a_message_is_defused(void **state)
{
    enum { SIZE = 64 << 20 };
    struct str zeros = {calloc(1, SIZE), SIZE};
    struct buf packed = {0};
    (void)state;
    compress_gzip(zeros, &packed, NULL);
    struct buf message = framed(1, buf_str(&packed));
    expect_grpc(ECHO, grpc_gzip, buf_str(&message), 3,
                "larger than 1048576 bytes when decompressed\n");
    free((void *)(uintptr_t)zeros.ptr);
    buf_done(&packed);
    buf_done(&message);
}

static void being_busy_carries_retry_info(void **state)
{
    (void)state;
    /* google.rpc.Status {8, text, RetryInfo {1 s}} */
    expect_grpc("/busy", grpc, STR("\0\0\0\0\0"), 8,
                "grpc-message: the queue is full: 100%25 %C3%BC\n");
    expect_grpc(
        "/busy", grpc, STR("\0\0\0\0\0"), 8,
        "grpc-status-details-bin: CAgSGnRoZSBxdWV1ZSBpcyBmdWxsOiAxMDAlIMO8GjAKKHR5cGUuZ29vZ2xl"
        "YXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SBAoCCAE\n");
}

static void a_call_that_takes_too_long_is_given_up(void **state)
{
    struct client client;
    const char *const hurried[] = {"content-type", "application/grpc", "grpc-timeout", "50m", NULL};
    const char *const patient[] = {"content-type", "application/grpc", "grpc-timeout", "60S", NULL};
    (void)state;
    h2_start(&client, &fixture);
    struct call call = grpc_call(&client, "/gate", hurried, STR("\0\0\0\0\0"));
    assert_int_equal(call.grpc_status, 4);
    call_done(&call);
    fixture_await(&fixture, &fixture.gate.entered, 1);
    fixture_open_gate(&fixture);
    fixture_await(&fixture, &fixture.gate.left, 1);
    assert_true(fixture.gate.saw_cancelled);
    call = grpc_call(&client, ECHO, patient, STR("\0\0\0\0\0"));
    assert_int_equal(call.grpc_status, 0);
    call_done(&call);
    h2_end(&client);
}

static void a_reset_stream_cancels_its_question(void **state)
{
    struct client client;
    struct call call = {0};
    (void)state;
    h2_start(&client, &fixture);
    int32_t id = h2_submit(&client, &call, "GET", "/gate", NULL, STR_NONE);
    h2_write(&client);
    fixture_await(&fixture, &fixture.gate.entered, 1);
    nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    struct call next = h2_ask(&client, "GET", "/hello", NULL, STR_NONE);
    assert_int_equal(next.status, 200);
    fixture_open_gate(&fixture);
    fixture_await(&fixture, &fixture.gate.left, 1);
    assert_true(fixture.gate.saw_cancelled);
    call_done(&call);
    call_done(&next);
    h2_end(&client);
}

static void what_is_too_large_is_refused_early(void **state)
{
    struct client client;
    struct call call = {.keep_open = true};
    const char *const large[] = {"content-length", "99999999", NULL};
    char *body = calloc(1, 3 << 20);
    (void)state;
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "POST", "/echo", large, STR_NONE);
    h2_wait(&client, &call); /* although the request never ends */
    assert_int_equal(call.status, 413);
    assert_int_equal(call.error_code, NGHTTP2_NO_ERROR);
    call_done(&call);
    call = (struct call){.keep_open = true};
    h2_submit(&client, &call, "POST", "/echo", NULL, (struct str){body, 3 << 20});
    h2_wait(&client, &call);
    assert_int_equal(call.status, 413);
    call_done(&call);
    call = h2_ask(&client, "GET", "/hello", NULL, STR_NONE); /* the connection lives on */
    assert_int_equal(call.status, 200);
    call_done(&call);
    h2_end(&client);
    free(body);
}

static void headers_have_a_limit(void **state)
{
    struct client client;
    char *text = malloc(40001);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', 40000);
    text[40000] = 0;
    const char *const large[] = {"x-one", text, "x-two", text, NULL};
    h2_start(&client, &fixture);
    struct call call = h2_ask(&client, "GET", "/hello", large, STR_NONE);
    assert_int_equal(call.status, 431);
    call_done(&call);
    h2_end(&client);
    free(text);
}

static void floods_end_the_connection(void **state)
{
    struct client client;
    (void)state;
    h2_start(&client, &fixture);
    for (int i = 0; i < 5000 && !client.gone; i++) { /* rapid reset */
        struct call call = {0};
        int32_t id = h2_submit(&client, &call, "GET", "/hello", NULL, STR_NONE);
        h2_write(&client);
        nghttp2_session_set_stream_user_data(client.session, id, NULL);
        nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
        h2_write(&client);
    }
    while (!client.gone)
        h2_turn(&client);
    h2_end(&client);
    h2_start(&client, &fixture);
    for (int i = 0; i < 200000 && !client.gone; i++) {
        nghttp2_submit_ping(client.session, NGHTTP2_FLAG_NONE, NULL);
        h2_write(&client);
    }
    while (!client.gone)
        h2_turn(&client);
    h2_end(&client);
    h2_start(&client, &fixture);
    struct call call = h2_ask(&client, "GET", "/hello", NULL, STR_NONE);
    assert_int_equal(call.status, 200);
    call_done(&call);
    h2_end(&client);
}

static void garbage_behind_the_preface_is_survived(void **state)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    uint32_t seed = 7;
    (void)state;
    for (int i = 0; i < 300; i++) {
        uint8_t junk[64];
        for (size_t k = 0; k < sizeof junk; k++) {
            seed = seed * 1664525 + 1013904223;
            junk[k] = (uint8_t)(seed >> 24);
        }
        junk[0] = junk[1] = 0; /* believable lengths */
        junk[3] %= 11;         /* and types */
        int fd = client_connect(&fixture);
        client_send(fd, preface, sizeof preface - 1);
        client_send(fd, "\0\0\0\4\0\0\0\0\0", 9);
        client_send(fd, junk, sizeof junk);
        close(fd);
    }
    /* The preface in two pieces. */
    int fd = client_connect(&fixture);
    client_send(fd, preface, 10);
    for (int i = 0; i < 4; i++)
        ask(&fixture, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_send(fd, preface + 10, sizeof preface - 11);
    client_send(fd, "\0\0\0\4\0\0\0\0\0", 9);
    uint8_t frame[9];
    assert_int_equal(recv(fd, frame, sizeof frame, MSG_WAITALL), 9);
    assert_int_equal(frame[3], NGHTTP2_SETTINGS);
    close(fd);
}

#define NET_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TEST(plain_requests_work_over_http2),
        NET_TEST(many_streams_at_once),
        NET_TEST(a_grpc_message_is_answered_with_one),
        NET_TEST(broken_frames_are_refused_in_words),
        NET_TEST(a_bomb_in_a_message_is_defused),
        NET_TEST(being_busy_carries_retry_info),
        NET_TEST(a_call_that_takes_too_long_is_given_up),
        NET_TEST(a_reset_stream_cancels_its_question),
        NET_TEST(what_is_too_large_is_refused_early),
        NET_TEST(headers_have_a_limit),
        NET_TEST(floods_end_the_connection),
        NET_TEST(garbage_behind_the_preface_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
