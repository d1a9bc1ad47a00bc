/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_net: what a request costs before anybody looks at it. A server in this process, clients in
 * threads, bodies discarded; server CPU is what its net threads used.
 *
 *   bench_net [--seconds N] [--connections N] [get] [post] [grpc] [grpc-fat] [async]
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "net/server.h"
#include "wire/grpc.h"

enum { FAT_BYTES = 567 * 1024, THIN_BYTES = 400, STREAMS = 16 };

static int port, connections = 8;
static double seconds = 2;
static atomic_bool over;
static atomic_long answered;
static char *fat;

static void reply_ok(struct request *request, void *context)
{
    struct response response = {.status = STATUS_OK, .static_body = STR("{}")};
    (void)context;
    request_reply(request, &response);
}

/* Many hand their batch to another thread: the cost of coming back is measured with one that only
 * does that. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *waiting[4096];
static size_t waiting_count;
static bool ended;

static void reply_later(struct request *request, void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    waiting[waiting_count++] = request;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void *answer(void *context)
{
    struct request *taken[4096];
    (void)context;
    for (bool more = true; more;) {
        pthread_mutex_lock(&lock);
        while (waiting_count == 0 && !ended)
            pthread_cond_wait(&changed, &lock);
        size_t count = waiting_count;
        memcpy(taken, waiting, count * sizeof taken[0]);
        waiting_count = 0;
        more = !ended;
        pthread_mutex_unlock(&lock);
        for (size_t i = 0; i < count; i++)
            reply_ok(taken[i], NULL);
    }
    return NULL;
}

/* --- clients ----------------------------------------------------------------------------- */

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    must(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void push(int fd, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t sent = send(fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);
        must(sent > 0);
        at += (size_t)sent;
    }
}

struct load {
    const char *method, *path;
    size_t body_len;
    bool grpc;
};

/* The answers are short and come in one piece. */
static void *http1_client(void *context)
{
    const struct load *load = context;
    char head[256], reply[1024];
    int fd = dial();
    int head_len = snprintf(head, sizeof head,
                            "%s %s HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Type: application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
                            load->method, load->path, load->body_len);
    while (!atomic_load(&over)) {
        push(fd, head, (size_t)head_len);
        if (load->body_len)
            push(fd, fat, load->body_len);
        ssize_t got = recv(fd, reply, sizeof reply, 0);
        must(got > 12 && memcmp(reply, "HTTP/1.1 200", 12) == 0);
        atomic_fetch_add(&answered, 1);
    }
    close(fd);
    return NULL;
}

struct stream {
    size_t sent;
};
struct h2_client {
    const struct load *load;
    nghttp2_session *session;
    struct buf message;
};

static ssize_t read_message(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct h2_client *client = context;
    struct stream *stream = source->ptr;
    size_t left = client->message.len - stream->sent;
    size_t len = left < room ? left : room;
    (void)session;
    (void)id;
    memcpy(out, client->message.ptr + stream->sent, len);
    stream->sent += len;
    if (stream->sent == client->message.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static void call(struct h2_client *client)
{
#define NV(name, value)                                                                            \
    {(uint8_t *)(name), (uint8_t *)(uintptr_t)(value), strlen(name), strlen(value), 0}
    nghttp2_nv headers[] = {NV(":method", "POST"),
                            NV(":scheme", "http"),
                            NV(":path", client->load->path),
                            NV(":authority", "localhost"),
                            NV("content-type", "application/grpc"),
                            NV("te", "trailers")};
    struct stream *stream = calloc(1, sizeof *stream);
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_message};
    must(nghttp2_submit_request(client->session, NULL, headers, 6, &provider, stream) > 0);
}

static int on_closed(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    must(code == 0);
    free(nghttp2_session_get_stream_user_data(session, id));
    atomic_fetch_add(&answered, 1);
    if (!atomic_load(&over))
        call(context);
    return 0;
}

static void *h2_client(void *context)
{
    struct h2_client client = {.load = context};
    nghttp2_session_callbacks *callbacks;
    static _Thread_local uint8_t bytes[65536];
    int fd = dial();
    grpc_frame_write(&client.message, (struct str){fat, client.load->body_len});
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_closed);
    nghttp2_session_client_new(&client.session, callbacks, &client);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client.session, 0, NULL, 0);
    for (int i = 0; i < (client.load->body_len > 10000 ? 2 : STREAMS); i++)
        call(&client);
    while (nghttp2_session_want_read(client.session)) {
        const uint8_t *out;
        static _Thread_local char gathered[1 << 18];
        size_t len = 0;
        for (ssize_t got; (got = nghttp2_session_mem_send(client.session, &out)) > 0;) {
            if (len + (size_t)got > sizeof gathered) {
                push(fd, gathered, len);
                len = 0;
            }
            memcpy(gathered + len, out, (size_t)got);
            len += (size_t)got;
        }
        push(fd, gathered, len);
        if (atomic_load(&over))
            break;
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        must(got > 0 && nghttp2_session_mem_recv(client.session, bytes, (size_t)got) == got);
    }
    nghttp2_session_del(client.session);
    buf_done(&client.message);
    close(fd);
    return NULL;
}

/* --- measuring --------------------------------------------------------------------------- */

/* Ticks of 10 ms are too coarse for one thread, but schedstat counts in nanoseconds. */
static double net_cpu_seconds(void)
{
    DIR *tasks = opendir("/proc/self/task");
    double sum = 0;
    must(tasks);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        char path[300], name[32] = "";
        double ns = 0;
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file) {
            must(fscanf(file, "%31s", name) == 1);
            fclose(file);
        }
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", entry->d_name);
        file = strcmp(name, "net") == 0 ? fopen(path, "r") : NULL;
        if (file) {
            must(fscanf(file, "%lf", &ns) == 1);
            fclose(file);
            sum += ns / 1e9;
        }
    }
    closedir(tasks);
    return sum;
}

static void measure(const char *name, const struct load *load)
{
    pthread_t threads[64];
    atomic_store(&over, false);
    atomic_store(&answered, 0);
    double cpu = net_cpu_seconds();
    int64_t start_ns = clock_mono_ns();
    for (int i = 0; i < connections; i++)
        pthread_create(&threads[i], NULL, load->grpc ? h2_client : http1_client,
                       (void *)(uintptr_t)load);
    struct timespec nap = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&nap, NULL);
    long count = atomic_load(&answered);
    double wall = (double)(clock_mono_ns() - start_ns) / 1e9;
    cpu = net_cpu_seconds() - cpu;
    atomic_store(&over, true);
    for (int i = 0; i < connections; i++)
        pthread_join(threads[i], NULL);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "%-10s %8.0f requests/s %8.1f MB/s   server %7.1f us/request %6.2f ns/byte   peak %ld MB\n",
        name, (double)count / wall, (double)count * (double)load->body_len / wall / 1e6,
        cpu / (double)count * 1e6,
        load->body_len ? cpu / (double)count / (double)load->body_len * 1e9 : 0,
        usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = {
        {"GET", "/hello", reply_ok, NULL, true, true, false, false},
        {"POST", "/v1/traces", reply_ok, NULL, true, false, false, true},
        {"POST", "/later", reply_later, NULL, true, false, false, true}};
    static const struct {
        const char *name;
        struct load load;
    } loads[] = {
        {"get", {"GET", "/hello", 0, false}},
        {"post", {"POST", "/v1/traces", FAT_BYTES, false}},
        {"async", {"POST", "/later", THIN_BYTES, false}},
        {"grpc", {"POST", "/v1/traces", THIN_BYTES, true}},
        {"grpc-fat", {"POST", "/v1/traces", FAT_BYTES, true}},
        {"grpc-async", {"POST", "/later", THIN_BYTES, true}},
    };
    struct error error;
    struct server *server;
    struct server_options options = {.routes = routes, .route_count = 3};
    char bound[64];
    pthread_t answerer;
    must(pool_start("query", 2, 64, &options.pool, &error) == STATUS_OK);
    must(server_start(&options, &server, &error) == STATUS_OK);
    must(server_listen(server, STR("127.0.0.1:0"), &error, bound) == STATUS_OK);
    port = atoi(strrchr(bound, ':') + 1);
    fat = calloc(1, FAT_BYTES);
    pthread_create(&answerer, NULL, answer, NULL);
    bool named = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc)
            connections = atoi(argv[++i]);
        else
            named = true;
    }
    must(connections >= 1 && connections <= 64);
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        bool wanted = !named;
        for (int k = 1; k < argc; k++)
            wanted |= strcmp(argv[k], loads[i].name) == 0;
        if (wanted)
            measure(loads[i].name, &loads[i].load);
    }
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(answerer, NULL);
    server_stop(server, 1000);
    pool_stop(options.pool);
    free(fat);
    return 0;
}
