/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of replies that go on: piece by piece, bounded, ended by either side or by the server. */
#define _GNU_SOURCE
#include "net_http2_client.h"

static struct fixture fixture;

#define HOST "Host: localhost\r\n"

static int setup(void **state)
{
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_stop(&fixture);
    return 0;
}

static struct stream *opened(int count)
{
    fixture_await(&fixture, &fixture.gate.entered, count);
    return fixture.stream;
}

/* Reads until `text` has come. */
static void expect_text(int fd, const char *text)
{
    struct buf got = {0};
    char bytes[4096];
    while (!str_contains(buf_str(&got), str_from(text))) {
        ssize_t len = recv(fd, bytes, sizeof bytes, 0);
        assert_true(len > 0);
        buf_add(&got, bytes, (size_t)len);
    }
    buf_done(&got);
}

static void await_gone(struct stream *stream)
{
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    while (stream_is_open(stream)) {
        assert_true(clock_mono_ns() < deadline_ns);
        usleep(1000);
    }
}

static void await_closed(struct stream *stream)
{
    await_gone(stream);
    assert_int_equal(stream_write(stream, STR("x")), STATUS_CANCELLED);
    assert_int_equal(stream_room(stream), 0);
}

static void pieces_arrive_as_they_are_written(void **state)
{
    static const char *const paths[] = {"/stream", "/stream/inline"};
    char text[100];
    (void)state;
    for (int i = 0; i < 2; i++) {
        int fd = client_connect(&fixture);
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        client_text(fd, text);
        struct stream *stream = opened(i + 1);
        expect_text(fd, "Transfer-Encoding: chunked\r\n\r\n");
        for (int n = 0; n < 50; n++) {
            snprintf(text, sizeof text, "<piece %d of %s>", n, paths[i]);
            assert_int_equal(stream_write(stream, str_from(text)), STATUS_OK);
            expect_text(fd, text);
        }
        assert_int_equal(stream_room(stream), STREAM_QUEUE_BYTES);
        stream_write(stream, STR("the last"));
        stream_end(stream);
        expect_text(fd, "the last\r\n0\r\n\r\n");
        client_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n"); /* the connection lives on */
        assert_int_equal(client_answer(fd).status, 200);
        close(fd);
    }
}

static void http2_carries_a_stream_beside_other_requests(void **state)
{
    struct client client;
    struct call call = {0};
    (void)state;
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "GET", "/stream", NULL, STR_NONE);
    h2_write(&client);
    struct stream *stream = opened(1);
    for (int n = 0; n < 50; n++) {
        struct buf piece = {0};
        buf_printf(&piece, "<piece %d>", n);
        assert_int_equal(stream_write(stream, buf_str(&piece)), STATUS_OK);
        while (!str_contains(buf_str(&call.body), buf_str(&piece)))
            h2_turn(&client);
        buf_done(&piece);
        struct call hello = h2_ask(&client, "GET", "/hello", NULL, STR_NONE);
        assert_int_equal(hello.status, 200);
        call_done(&hello);
    }
    assert_false(call_has(&call, "content-length"));
    stream_end(stream);
    h2_wait(&client, &call);
    assert_int_equal(call.status, 200);
    assert_int_equal(call.error_code, 0);
    call_done(&call);
    h2_end(&client);
}

static void a_reader_who_takes_nothing_never_holds_up_the_writer(void **state)
{
    static char block[8192];
    enum status status = STATUS_OK;
    size_t written = 0;
    (void)state;
    memset(block, 'x', sizeof block);
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    while (status == STATUS_OK) { /* until the socket's buffers and the queue are full */
        status = stream_write(stream, (struct str){block, sizeof block});
        written += sizeof block;
        assert_true(written < 256u << 20);
        if (stream_room(stream) < sizeof block)
            usleep(20000); /* the net thread's turn, should it still find room */
    }
    assert_int_equal(status, STATUS_BUSY);
    assert_true(stream_is_open(stream));
    close(fd);
    await_closed(stream);
    stream_end(stream);
}

static void whoever_leaves_is_noticed(void **state)
{
    struct client client;
    struct call call = {0};
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    expect_text(fd, "chunked\r\n\r\n");
    close(fd);
    await_closed(stream); /* though nothing is written */
    stream_end(stream);
    h2_start(&client, &fixture);
    int32_t id = h2_submit(&client, &call, "GET", "/stream", NULL, STR_NONE);
    h2_write(&client);
    stream = opened(2);
    nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    h2_write(&client);
    await_closed(stream);
    stream_end(stream);
    call_done(&call);
    h2_end(&client);
}

static void a_head_request_has_no_stream(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "HEAD /stream HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    await_closed(stream);
    stream_end(stream);
    client_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    expect_text(fd, "{\"hello\":true}");
    close(fd);
}

static void streams_end_when_the_server_stops(void **state)
{
    struct client client;
    struct call call = {0};
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    struct stream *first = opened(1);
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "GET", "/stream", NULL, STR_NONE);
    h2_write(&client);
    struct stream *second = opened(2);
    stream_write(first, STR("what waits"));
    stream_write(second, STR("what waits"));
    int64_t began_ns = clock_mono_ns();
    server_stop(fixture.server, 2 * PATIENCE_SECONDS * 1000);
    assert_true(clock_mono_ns() - began_ns < PATIENCE_SECONDS * NS_PER_SEC); /* it still had some */
    expect_text(fd, "what waits\r\n0\r\n\r\n");
    h2_wait(&client, &call);
    assert_true(str_equal(buf_str(&call.body), STR("what waits")));
    await_closed(first);
    await_closed(second);
    stream_end(first); /* the server is gone; the writers may hold on */
    stream_end(second);
    pool_stop(fixture.pool);
    call_done(&call);
    h2_end(&client);
    close(fd);
}

/* --- bodies in a file ------------------------------------------------------------------------ */

static void add_to_file(const char *text, size_t *bytes)
{
    size_t len = strlen(text);
    assert_int_equal(pwrite(fixture.stream_file, text, len, (off_t)*bytes), (ssize_t)len);
    *bytes += len;
    assert_int_equal(stream_grow(fixture.stream, *bytes), STATUS_OK);
}

static const struct header two_trailers[] = {{STR_INIT("x-rows"), STR_INIT("50")},
                                             {STR_INIT("x-whole"), STR_INIT("true")}};

static void a_file_is_sent_while_it_grows(void **state)
{
    size_t bytes = 0;
    char text[100];
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream/file HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    expect_text(fd, "Transfer-Encoding: chunked\r\n\r\n");
    for (int n = 0; n < 50; n++) {
        snprintf(text, sizeof text, "<piece %d>", n);
        add_to_file(text, &bytes);
        expect_text(fd, text);
    }
    close(fixture.stream_file); /* the stream has its own */
    stream_end_with(stream, two_trailers, 2);
    expect_text(fd, "0\r\nx-rows: 50\r\nx-whole: true\r\n\r\n");
    client_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_answer(fd).status, 200);
    close(fd);
}

static void http2_sends_a_growing_file_with_trailers(void **state)
{
    struct client client;
    struct call call = {0};
    size_t bytes = 0;
    (void)state;
    h2_start(&client, &fixture);
    h2_submit(&client, &call, "GET", "/stream/file", NULL, STR_NONE);
    h2_write(&client);
    struct stream *stream = opened(1);
    for (int n = 0; n < 50; n++) {
        add_to_file("0123456789", &bytes);
        while (call.body.len < bytes)
            h2_turn(&client);
    }
    close(fixture.stream_file);
    stream_end_with(stream, two_trailers, 2);
    h2_wait(&client, &call);
    assert_int_equal(call.error_code, 0);
    assert_int_equal(call.body.len, 500);
    assert_true(call_has(&call, "x-rows"));
    assert_true(call_has(&call, "x-whole"));
    call_done(&call);
    h2_end(&client);
}

static void a_request_stays_until_its_stream_ends(void **state)
{
    size_t bytes = 0;
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream/file HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    add_to_file("something", &bytes);
    expect_text(fd, "something");
    close(fd);
    fixture_await_cancelled(fixture.streamed);
    assert_true(str_equal(fixture.streamed->path, STR("/stream/file")));
    await_gone(stream);
    assert_int_equal(stream_grow(stream, bytes), STATUS_CANCELLED);
    close(fixture.stream_file);
    stream_end(stream);
}

static void a_file_that_is_not_whole_does_not_look_like_it(void **state)
{
    char rest[100];
    size_t bytes = 0;
    (void)state;
    fixture_start(&fixture, (struct server_options){0});
    int fd = client_connect(&fixture);
    client_text(fd, "GET /stream/file HTTP/1.1\r\n" HOST "\r\n");
    struct stream *stream = opened(1);
    add_to_file("half of it", &bytes);
    expect_text(fd, "half of it\r\n");
    server_stop(fixture.server, 20000);
    assert_int_equal(recv(fd, rest, sizeof rest, 0), 0); /* no last chunk */
    assert_true(atomic_load(&fixture.streamed->cancelled));
    assert_int_equal(stream_grow(stream, bytes), STATUS_CANCELLED);
    close(fixture.stream_file);
    stream_end(stream);
    pool_stop(fixture.pool);
    close(fd);
}

#define STREAM_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(pieces_arrive_as_they_are_written),
        STREAM_TEST(http2_carries_a_stream_beside_other_requests),
        STREAM_TEST(a_reader_who_takes_nothing_never_holds_up_the_writer),
        STREAM_TEST(whoever_leaves_is_noticed),
        STREAM_TEST(a_head_request_has_no_stream),
        cmocka_unit_test(streams_end_when_the_server_stops),
        STREAM_TEST(a_file_is_sent_while_it_grows),
        STREAM_TEST(http2_sends_a_growing_file_with_trailers),
        STREAM_TEST(a_request_stays_until_its_stream_ends),
        cmocka_unit_test(a_file_that_is_not_whole_does_not_look_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
