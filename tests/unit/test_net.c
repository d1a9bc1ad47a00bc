/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server over HTTP/1.1, on real sockets. */
#define _GNU_SOURCE
#include "net_fixture.h"

#include <poll.h>
#include <zlib.h>

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_start(&fixture, (struct server_options){.body_bytes_max = 2 << 20,
                                                    .inflated_bytes_max = 1 << 20,
                                                    .bodies_bytes_max = 6 << 20,
                                                    .connections_max = 40});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_stop(&fixture);
    return 0;
}

#define HOST "Host: localhost\r\n"

static void a_connection_carries_many_requests(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    for (int i = 0; i < 20; i++) {
        client_text(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        struct answer answer = client_answer(fd);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "{\"hello\":true}");
        client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
        answer = client_answer(fd);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "hello");
        client_text(fd, "POST /none HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
        assert_int_equal(client_answer(fd).status, 404);
    }
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    char text[64 * 100] = "";
    (void)state;
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "POST /%s HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n%02d",
                i % 3 ? "echo" : "async", i);
    int fd = client_connect(&fixture);
    client_text(fd, text);
    for (int i = 0; i < 100; i++) {
        char wanted[16];
        sprintf(wanted, i % 3 ? "%02d" : "\"later 2\"", i);
        struct answer answer = client_answer(fd);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, wanted);
    }
    close(fd);
}

static void bodies_come_in_chunks_and_in_drops(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n");
    assert_string_equal(client_answer(fd).body, "abcd");
    const char *slow = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nxyz";
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (const char *at = slow; *at; at++)
        client_send(fd, at, 1);
    assert_string_equal(client_answer(fd).body, "xyz");
    close(fd);
}

static void a_large_body_arrives_whole(void **state)
{
    enum { SIZE = 1900000 };
    char head[200], *body = malloc(SIZE);
    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)(i * 2654435761u >> 13);
    sprintf(head, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", SIZE);
    int fd = client_connect(&fixture);
    assert_true(client_text(fd, head) && client_send(fd, body, SIZE));
    struct answer answer = client_answer(fd);
    assert_int_equal(answer.body_len, SIZE);
    assert_memory_equal(answer.body, body, SIZE);
    sprintf(head, "POST /take HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", SIZE);
    assert_true(client_text(fd, head) && client_send(fd, body, SIZE));
    assert_string_equal(client_answer(fd).body, "1900000");
    close(fd);
    free(body);
}

static void paths_choose_the_most_specific_route(void **state)
{
    (void)state;
    assert_string_equal(ask(&fixture, "GET /items/a%2Fb HTTP/1.1\r\n" HOST "\r\n").body,
                        "id=a/b rest=");
    assert_string_equal(ask(&fixture, "GET /items/special HTTP/1.1\r\n" HOST "\r\n").body,
                        "{\"hello\":true}");
    assert_string_equal(ask(&fixture, "GET /items/7/x/y/z%20w HTTP/1.1\r\n" HOST "\r\n").body,
                        "id=7 rest=y/z w");
    assert_string_equal(ask(&fixture, "GET /items/7/x HTTP/1.1\r\n" HOST "\r\n").body,
                        "id=7 rest=");
    assert_int_equal(ask(&fixture, "GET /hello/ HTTP/1.1\r\n" HOST "\r\n").status, 200);
    assert_int_equal(ask(&fixture, "GET / HTTP/1.1\r\n" HOST "\r\n").status, 200);
    assert_int_equal(ask(&fixture, "GET //hello HTTP/1.1\r\n" HOST "\r\n").status, 404);
    assert_int_equal(ask(&fixture, "GET /items HTTP/1.1\r\n" HOST "\r\n").status, 404);
    assert_int_equal(ask(&fixture, "GET http://localhost/hello HTTP/1.1\r\n" HOST "\r\n").status,
                     200);
    assert_int_equal(ask(&fixture, "GET /items/%zz HTTP/1.1\r\n" HOST "\r\n").status, 400);
    assert_int_equal(ask(&fixture, "GET /items/%00 HTTP/1.1\r\n" HOST "\r\n").status, 400);
    const char *const broken[] = {"q=%", "q=%4", "q=%zz", "q=1&p=%00", "q=100%&p=1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char head[128];
        snprintf(head, sizeof head, "GET /hello?%s HTTP/1.1\r\n" HOST "\r\n", broken[i]);
        assert_int_equal(ask(&fixture, head).status, 400);
    }
    struct answer answer =
        ask(&fixture, "POST /echo?p=1&q=a%26b+c&q=d HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    assert_non_null(strstr(answer.head, "X-Query: a&b c\r\n"));
}

static void other_methods_are_told_which_there_are(void **state)
{
    (void)state;
    struct answer answer = ask(&fixture, "DELETE /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 405);
    assert_non_null(strcasestr(answer.head, "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
    assert_string_equal(answer.body, "{\"error\":{\"status\":\"method_not_allowed\",\"message\":"
                                     "\"this path answers to GET, HEAD, OPTIONS\"}}");
    answer = ask(&fixture, "HEAD /big HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    assert_int_equal(header_number(answer.head, "\r\nContent-Length: "), 200000);
    answer = ask(&fixture, "OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: https://app.example\r\n"
                           "Access-Control-Request-Headers: authorization,x-trace\r\n\r\n");
    assert_int_equal(answer.status, 204);
    assert_non_null(strcasestr(answer.head, "access-control-allow-origin: *\r\n"));
    assert_non_null(
        strcasestr(answer.head, "access-control-allow-headers: authorization,x-trace\r\n"));
    assert_non_null(strcasestr(answer.head, "access-control-max-age: "));
    answer =
        ask(&fixture, "OPTIONS /hello HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n\r\n");
    assert_int_equal(answer.status, 204);
    assert_null(strcasestr(answer.head, "access-control"));
}

static void a_strange_host_name_reaches_only_ingest(void **state)
{
    (void)state;
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n").status,
                     403);
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n").status, 200);
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").status, 200);
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\n\r\n").status, 400);
    assert_int_equal(ask(&fixture, "POST /echo HTTP/1.1\r\nHost: collector\r\n"
                                   "Content-Length: 0\r\n\r\n")
                         .status,
                     200);
}

static void keys_are_checked_before_the_body(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Authorization: wrong\r\n"
                    "Content-Length: 1000000\r\n\r\n");
    struct answer answer = client_answer(fd); /* although not one byte of the body was sent */
    assert_int_equal(answer.status, 401);
    assert_non_null(strcasestr(answer.head, "www-authenticate: "));
    close(fd);
}

static void what_is_too_large_is_refused_early(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999\r\n\r\n");
    struct answer answer = client_answer(fd);
    assert_int_equal(answer.status, 413);
    assert_non_null(strstr(answer.body, "larger than 2097152 bytes"));
    assert_true(client_is_closed(fd));
    close(fd);
    /* The same with a body under way that nobody wants: the answer is still seen. */
    fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9000000\r\n\r\n");
    char *junk = calloc(1, 1 << 20);
    for (int i = 0; i < 5; i++)
        client_send(fd, junk, 1 << 20);
    assert_int_equal(client_answer(fd).status, 413);
    close(fd);
    /* Chunked: nobody said how much it would be. */
    fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4; i++)
        if (!client_text(fd, "100000\r\n") || !client_send(fd, junk, 1 << 20) ||
            !client_text(fd, "\r\n"))
            break;
    assert_int_equal(client_answer(fd).status, 413);
    close(fd);
    free(junk);
    /* A sender that asks first is told before it sends. */
    fd = client_connect(&fixture);
    client_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                    "Content-Length: 9000000\r\n\r\n");
    assert_int_equal(client_answer(fd).status, 413);
    close(fd);
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    char *text = malloc(300000);
    assert_non_null(text);
    strcpy(text, "GET /hello HTTP/1.1\r\n" HOST);
    memset(text + strlen(text), 'X', 70000);
    strcpy(text + 70000, ": 1\r\n\r\n");
    struct answer answer = ask(&fixture, text);
    assert_int_equal(answer.status, 431);
    assert_non_null(strstr(answer.body, "more than 65536 bytes"));
    strcpy(text, "GET /hello HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 400; i++) /* 400 are fine */
        sprintf(text + strlen(text), "X-%d: %0100d\r\n", i, i);
    strcat(text, "\r\n");
    assert_int_equal(ask(&fixture, text).status, 200);
    text[strlen(text) - 2] = 0;
    for (int i = 0; i < 1600; i++)
        sprintf(text + strlen(text), "X-%d: %0100d\r\n", i, i);
    strcat(text, "\r\n");
    assert_int_equal(ask(&fixture, text).status, 431);
    memset(text, 'a', 299999);
    memcpy(text, "GET /", 5);
    text[299999] = 0;
    int fd = client_connect(&fixture);
    client_text(fd, text);
    int status = client_answer(fd).status;
    assert_true(status == 414 || status == 431 || status == 0);
    close(fd);
    free(text);
}

static struct buf gzip_of(const void *bytes, size_t len)
{
    struct buf out = {0};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
    deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    size_t room = deflateBound(&stream, len);
    buf_reserve(&out, room);
    stream.next_out = (Bytef *)out.ptr;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    out.len = room - stream.avail_out;
    deflateEnd(&stream);
    return out;
}

static struct answer post_encoded(const char *encoding, const void *bytes, size_t len)
{
    char head[200];
    int fd = client_connect(&fixture);
    sprintf(head,
            "POST /echo HTTP/1.1\r\n" HOST "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
            encoding, len);
    client_text(fd, head);
    client_send(fd, bytes, len);
    struct answer answer = client_answer(fd);
    close(fd);
    return answer;
}

static void compressed_bodies_are_opened(void **state)
{
    (void)state;
    struct buf packed = gzip_of("the text", 8);
    assert_string_equal(post_encoded("gzip", packed.ptr, packed.len).body, "the text");
    assert_string_equal(post_encoded("identity", "plain", 5).body, "plain");
    struct answer answer = post_encoded("gzip", packed.ptr, packed.len - 5);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.body, "ends early"));
    assert_int_equal(post_encoded("gzip", "no gzip at all", 14).status, 400);
    assert_int_equal(post_encoded("zstd", "no zstd at all", 14).status, 400);
    answer = post_encoded("br", "x", 1);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.body, "gzip, deflate, zstd"));
    buf_done(&packed);
}

static void a_bomb_is_defused(void **state)
{
    enum { PIECE = 1 << 20, PIECES = 1024 };
    (void)state;
    /* A gigabyte of zeros, made of members so that it can be built quickly. */
    char *zeros = calloc(1, PIECE);
    struct buf piece = gzip_of(zeros, PIECE), bomb = {0};
    for (int i = 0; i < PIECES; i++)
        buf_add_str(&bomb, buf_str(&piece));
    assert_true(bomb.len < 2 << 20);
    struct answer answer = post_encoded("gzip", bomb.ptr, bomb.len);
    assert_int_equal(answer.status, 413);
    assert_non_null(strstr(answer.body, "larger than 1048576 bytes when decompressed"));
    buf_done(&bomb);
    buf_done(&piece);
    free(zeros);
}

static void broken_requests_get_an_answer_or_an_end(void **state)
{
    static const struct {
        const char *text;
        int status; /* 0: closed */
    } cases[] = {
        {"GET\r\n\r\n", 0},
        {"\r\n\r\n\r\n", 0},
        {"GET /hello HTTP/9.9\r\n" HOST "\r\n", 505},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1x\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
         413},
        {"POST /echo HTTP/1.1\r\n" HOST
         "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
        {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", 505},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nshort", 0},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Le", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = client_connect(&fixture);
        client_text(fd, cases[i].text);
        shutdown(fd, SHUT_WR);
        int status = client_answer(fd).status;
        if (status != cases[i].status)
            print_error("case %zu: %d, expected %d\n", i, status, cases[i].status);
        assert_int_equal(status, cases[i].status);
        close(fd);
    }
    assert_int_equal(ask(&fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n").status, 200);
}

static void being_busy_is_said_with_a_time(void **state)
{
    (void)state;
    struct answer answer = ask(&fixture, "GET /busy HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 503);
    assert_non_null(strcasestr(answer.head, "\r\nRetry-After: 1\r\n"));
    assert_string_equal(answer.body, "{\"error\":{\"status\":\"busy\",\"message\":"
                                     "\"the queue is full: 100% \xC3\xBC\"}}");
    answer = ask(&fixture, "POST /busy HTTP/1.1\r\n" HOST "Content-Type: application/x-protobuf\r\n"
                           "Origin: http://app\r\nContent-Length: 0\r\n\r\n");
    assert_non_null(strcasestr(answer.head, "\r\nContent-Type: application/x-protobuf\r\n"));
    assert_non_null(strcasestr(answer.head, "access-control-allow-origin: *"));
    assert_memory_equal(answer.body, "\x08\x08\x12", 3);
}

static void large_texts_are_compressed_for_those_who_like_it(void **state)
{
    (void)state;
    struct answer answer =
        ask(&fixture, "GET /big HTTP/1.1\r\n" HOST "Accept-Encoding: br, gzip;q=0.5\r\n\r\n");
    assert_non_null(strcasestr(answer.head, "content-encoding: gzip"));
    assert_true(answer.body_len < 10000);
    answer = ask(&fixture, "GET /big HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0\r\n\r\n");
    assert_int_equal(answer.body_len, 200000);
    answer = ask(&fixture, "GET /hello HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    assert_string_equal(answer.body, "{\"hello\":true}");
}

/* Which of the connections has an answer first. */
static int first_answered(const int fds[], int count)
{
    struct pollfd polls[16];
    assert_true(count <= 16);
    for (int i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    assert_true(poll(polls, (nfds_t)count, PATIENCE_SECONDS * 1000) > 0);
    for (int i = 0; i < count; i++) {
        if (polls[i].revents)
            return i;
    }
    return -1;
}

/* Small ones, so that all of them are there long before anybody could call a sender slow. */
static void memory_of_all_bodies_is_bounded(void **state)
{
    enum { PARTS = 5, PART_BYTES = 64 << 10, ALL_BYTES = 3 * PART_BYTES };
    static const char junk[ALL_BYTES];
    int fds[PARTS];
    char head[200];
    (void)state;
    fixture_start(&fixture, (struct server_options){.body_bytes_max = ALL_BYTES,
                                                    .inflated_bytes_max = ALL_BYTES,
                                                    .bodies_bytes_max = ALL_BYTES});
    sprintf(head, "POST /gate HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", PART_BYTES);
    for (int i = 0; i < PARTS; i++) { /* all but the last byte: they stay in memory */
        fds[i] = client_connect(&fixture);
        client_text(fds[i], head);
        client_send(fds[i], junk, PART_BYTES - 1);
    }
    for (int left = PARTS; left > 3;) { /* there is room for three */
        int at = first_answered(fds, left);
        struct answer answer = client_answer(fds[at]);
        assert_int_equal(answer.status, 503);
        assert_non_null(strcasestr(answer.head, "\r\nRetry-After: 1\r\n"));
        close(fds[at]);
        fds[at] = fds[--left];
    }
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    /* And is given back, all of it. */
    sprintf(head, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", ALL_BYTES);
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    for (int status = 0; status != 200;) {
        int fd = client_connect(&fixture);
        client_text(fd, head);
        client_send(fd, junk, ALL_BYTES);
        status = client_answer(fd).status;
        assert_true(clock_mono_ns() < deadline_ns);
        close(fd);
    }
    fixture_stop(&fixture);
}

static void too_many_connections_are_turned_away(void **state)
{
    int fds[60];
    (void)state;
    for (int i = 0; i < 60; i++)
        fds[i] = client_connect(&fixture);
    struct answer answer = client_answer(fds[59]);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.body, "too many connections"));
    assert_int_equal(strlen(answer.body), answer.body_len);
    for (int i = 0; i < 60; i++)
        close(fds[i]);
    for (int i = 0, status = 0; status != 200; i++) {
        assert_true(i < 10000);
        status = ask(&fixture, "GET /hello HTTP/1.1\r\n" HOST "\r\n").status;
    }
}

static void a_question_whose_asker_left_is_told_so(void **state)
{
    (void)state;
    int fd = client_connect(&fixture);
    client_text(fd, "GET /gate HTTP/1.1\r\n" HOST "\r\n");
    fixture_await(&fixture, &fixture.gate.entered, 1);
    close(fd);
    fixture_await_cancelled(fixture.gate.request);
    fixture_open_gate(&fixture);
    fixture_await(&fixture, &fixture.gate.left, 1);
    assert_true(fixture.gate.saw_cancelled);
}

static void a_full_queue_of_questions_is_busy(void **state)
{
    int fds[12];
    (void)state;
    for (int i = 0; i < 12; i++) { /* two at work, two waiting, the rest refused */
        fds[i] = client_connect(&fixture);
        client_text(fds[i], "GET /gate HTTP/1.1\r\n" HOST "\r\n");
    }
    for (int left = 12; left > 4;) {
        int at = first_answered(fds, left);
        assert_int_equal(client_answer(fds[at]).status, 503);
        close(fds[at]);
        fds[at] = fds[--left];
    }
    fixture_open_gate(&fixture);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

#define NET_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TEST(a_connection_carries_many_requests),
        NET_TEST(pipelined_requests_are_answered_in_order),
        NET_TEST(bodies_come_in_chunks_and_in_drops),
        NET_TEST(a_large_body_arrives_whole),
        NET_TEST(paths_choose_the_most_specific_route),
        NET_TEST(other_methods_are_told_which_there_are),
        NET_TEST(a_strange_host_name_reaches_only_ingest),
        NET_TEST(keys_are_checked_before_the_body),
        NET_TEST(what_is_too_large_is_refused_early),
        NET_TEST(headers_have_a_limit),
        NET_TEST(compressed_bodies_are_opened),
        NET_TEST(a_bomb_is_defused),
        NET_TEST(broken_requests_get_an_answer_or_an_end),
        NET_TEST(being_busy_is_said_with_a_time),
        NET_TEST(large_texts_are_compressed_for_those_who_like_it),
        cmocka_unit_test(memory_of_all_bodies_is_bounded),
        NET_TEST(too_many_connections_are_turned_away),
        NET_TEST(a_question_whose_asker_left_is_told_so),
        NET_TEST(a_full_queue_of_questions_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
