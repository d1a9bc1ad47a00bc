/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: the server's life, and the ports. The first loop accepts; each connection goes to the
 * loop that has the fewest. Past connections_max the caller hears 503 in HTTP/1.1, whatever it
 * speaks. TLS, when it comes, stands between accept() and the loop's first look at the bytes.
 */
#define _GNU_SOURCE
#include "net/net_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { ACCEPTS_A_ROUND = 64 };

#define CONNECTIONS(id, protocol)                                                                  \
    COUNTER(id, "vitrine_connections_total", "protocol=\"" protocol "\"", "Connections opened")
CONNECTIONS(http1_connections, "http1");
CONNECTIONS(http2_connections, "http2");
GAUGE(open_connections, "vitrine_connections", "", "Connections open now");
COUNTER(bytes_in, "vitrine_received_bytes_total", "", "Bytes of request bodies, as sent");
COUNTER(bytes_out, "vitrine_sent_bytes_total", "", "Bytes of answers' bodies");
#define REFUSAL(id, reason)                                                                        \
    COUNTER(id, "vitrine_refused_total", "reason=\"" reason "\"",                                  \
            "Requests and connections refused by net, by reason")
REFUSAL(refused_head, "headers_too_large");
REFUSAL(refused_body, "body_too_large");
REFUSAL(refused_inflated, "inflated_too_large");
REFUSAL(refused_encoding, "bad_encoding");
REFUSAL(refused_memory, "bodies_memory");
REFUSAL(refused_busy, "queue_full");
REFUSAL(refused_slow, "too_slow");
REFUSAL(refused_connections, "too_many_connections");
REFUSAL(refused_host, "host_name");
REFUSAL(refused_flood, "flood");

void net__count_refusal(enum refusal refusal)
{
    static struct counter *const counters[] = {
        [REFUSED_HEAD] = &refused_head,         [REFUSED_BODY] = &refused_body,
        [REFUSED_INFLATED] = &refused_inflated, [REFUSED_ENCODING] = &refused_encoding,
        [REFUSED_MEMORY] = &refused_memory,     [REFUSED_BUSY] = &refused_busy,
        [REFUSED_SLOW] = &refused_slow,         [REFUSED_CONNECTIONS] = &refused_connections,
        [REFUSED_HOST] = &refused_host,         [REFUSED_FLOOD] = &refused_flood,
    };
    counter_add(counters[refusal], 1);
}

void net__count_bytes(size_t in, size_t out)
{
    counter_add(&bytes_in, (int64_t)in);
    counter_add(&bytes_out, (int64_t)out);
}

void net__count_connection(enum protocol protocol)
{
    counter_add(protocol == PROTOCOL_HTTP1 ? &http1_connections : &http2_connections, 1);
}

void net__count_open(int change)
{
    counter_add(&open_connections, change);
}

/* --- accepting --------------------------------------------------------------------------- */

static bool address_is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        uint32_t ip = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
        return ip >> 24 == 127;
    }
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(ip) || (IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == 127);
}

static void address_text(const struct sockaddr_storage *address, char out[64])
{
    char ip[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, ip, sizeof ip);
        snprintf(out, 64, "%s:%u", ip, ntohs(in->sin_port));
        return;
    }
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
    if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr)) {
        inet_ntop(AF_INET, &in->sin6_addr.s6_addr[12], ip, sizeof ip);
        snprintf(out, 64, "%s:%u", ip, ntohs(in->sin6_port));
    } else {
        inet_ntop(AF_INET6, &in->sin6_addr, ip, sizeof ip);
        snprintf(out, 64, "[%s]:%u", ip, ntohs(in->sin6_port));
    }
}

static void turn_away(int fd)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Content-Length: 71\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
        "{\"error\":{\"status\":\"busy\",\"message\":\"too many connections; try again\"}}";
    net__count_refusal(REFUSED_CONNECTIONS);
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static struct loop *least_busy(struct server *server)
{
    struct loop *best = &server->loops[0];
    for (size_t i = 1; i < server->loop_count; i++) {
        if (atomic_load(&server->loops[i].connection_count) < atomic_load(&best->connection_count))
            best = &server->loops[i];
    }
    return best;
}

static void take_in(struct listener *listener, int fd, const struct sockaddr_storage *peer)
{
    struct server *server = listener->server;
    struct connection *connection = NULL;
    int on = 1;
    if (atomic_load(&server->connection_count) < server->options.connections_max)
        connection = calloc(1, sizeof *connection);
    if (!connection) {
        turn_away(fd);
        return;
    }
    atomic_fetch_add(&server->connection_count, 1);
    net__count_open(1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->fd = fd;
    connection->on_loopback = listener->on_loopback;
    connection->peer_is_loopback = address_is_loopback(peer);
    address_text(peer, connection->peer);
    net__loop_give(least_busy(server), connection);
}

static void pause_accepting(struct server *server, int reason)
{
    if (!server->accept_paused)
        log_warn("net", "cannot accept, pausing for a second", "reason=%s", strerror(reason));
    server->accept_paused = true;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++)
        net__loop_watch(server->loops, server->listeners[i].fd, NULL, 0, EPOLL_CTL_DEL);
    pthread_mutex_unlock(&server->lock);
}

static void on_accept(struct watch *watch, uint32_t events)
{
    (void)events;
    struct listener *listener = (struct listener *)watch;
    for (int i = 0; i < ACCEPTS_A_ROUND && listener->fd >= 0; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof peer;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_in(listener, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(listener->server, errno);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

void net__accept_resume(struct server *server)
{
    server->accept_paused = false;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++)
        net__loop_watch(server->loops, server->listeners[i].fd, &server->listeners[i].watch,
                        EPOLLIN, EPOLL_CTL_ADD);
    pthread_mutex_unlock(&server->lock);
}

void net__listeners_close(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++) {
        close(server->listeners[i].fd);
        server->listeners[i].fd = -1;
    }
    server->listener_count = 0;
    server->accept_paused = false;
    pthread_mutex_unlock(&server->lock);
}

/* --- listening --------------------------------------------------------------------------- */

static bool split_address(struct str address, char host[128], char port[8])
{
    size_t colon = str_rfind_byte(address, ':');
    if (colon >= address.len || address.len - colon - 1 > 5 || address.len - colon < 2)
        return false;
    struct str name = str_sub(address, 0, colon), number = str_sub(address, colon + 1, 5);
    uint64_t parsed;
    if (!str_to_u64(number, &parsed) || parsed > 65535)
        return false;
    if (name.len > 1 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = str_sub(name, 1, name.len - 2);
    if (name.len >= 128)
        return false;
    snprintf(host, 128, "%.*s", STR_ARGS(name));
    snprintf(port, 8, "%u", (unsigned)parsed);
    return true;
}

static int open_socket(const struct addrinfo *info, int *out_errno)
{
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *out_errno = errno;
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) /* "[::]" and ":port" take IPv4 as well */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    *out_errno = errno;
    close(fd);
    return -1;
}

static enum status bind_address(struct str address, int *out_fd, struct error *error)
{
    char host[128], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *infos;
    if (!split_address(address, host, port))
        return fail(error, STATUS_INVALID,
                    "'%.*s' is not an address to listen on: expected HOST:PORT, [IPv6]:PORT or "
                    ":PORT",
                    STR_ARGS(str_sub(address, 0, 100)));
    const char *name = host[0] ? host : "::";
    int failed = getaddrinfo(name, port, &hints, &infos), reason = 0;
    if (failed)
        return fail(error, STATUS_INVALID, "cannot listen on %.*s: %s", STR_ARGS(address),
                    gai_strerror(failed));
    int fd = open_socket(infos, &reason);
    freeaddrinfo(infos);
    if (fd < 0 && !host[0]) { /* a machine without IPv6 */
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
        struct addrinfo info = {
            .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&any, .ai_addrlen = sizeof any};
        fd = open_socket(&info, &reason);
    }
    if (fd < 0)
        return fail(error, STATUS_IO, "cannot listen on %.*s: %s", STR_ARGS(address),
                    strerror(reason));
    *out_fd = fd;
    return STATUS_OK;
}

enum status server_listen(struct server *server, struct str address, struct error *error,
                          char out_bound[64])
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    int fd = -1;
    enum status status = bind_address(address, &fd, error);
    if (status != STATUS_OK)
        return status;
    getsockname(fd, (struct sockaddr *)&bound, &len);
    address_text(&bound, out_bound);
    pthread_mutex_lock(&server->lock);
    if (server->listener_count == LISTENERS_MAX) {
        close(fd);
        status =
            fail(error, STATUS_INVALID, "at most %d addresses can be listened on", LISTENERS_MAX);
    } else {
        struct listener *listener = &server->listeners[server->listener_count++];
        *listener = (struct listener){.watch.ready = on_accept,
                                      .server = server,
                                      .fd = fd,
                                      .on_loopback = address_is_loopback(&bound)};
        must(net__loop_watch(server->loops, fd, &listener->watch, EPOLLIN, EPOLL_CTL_ADD));
    }
    pthread_mutex_unlock(&server->lock);
    return status;
}

/* --- the server's life ------------------------------------------------------------------- */

static void set_defaults(struct server_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads <= 0)
        options->threads = cores < 1 ? 1 : cores > 4 ? 4 : (int)cores;
    if (options->threads > LOOPS_MAX)
        options->threads = LOOPS_MAX;
    if (!options->header_bytes_max)
        options->header_bytes_max = 64 << 10;
    if (!options->body_bytes_max)
        options->body_bytes_max = 64 << 20;
    if (!options->inflated_bytes_max)
        options->inflated_bytes_max = 64 << 20;
    if (!options->bodies_bytes_max)
        options->bodies_bytes_max = 256 << 20;
    if (!options->connections_max)
        options->connections_max = 1024;
    if (options->idle_seconds <= 0)
        options->idle_seconds = 120;
}

/* The usual soft limit of 1024 descriptors is less than the connections we promise. */
static void raise_descriptor_limit(size_t connections)
{
    struct rlimit limit;
    rlim_t need = connections + 512;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < need)
        log_warn("net", "few file descriptors allowed", "limit=%llu connections_max=%zu",
                 (unsigned long long)limit.rlim_cur, connections);
}

enum status server_start(const struct server_options *options, struct server **out_server,
                         struct error *error)
{
    struct error local;
    struct server *server = calloc(1, sizeof *server);
    error = error ? error : &local;
    if (!server)
        return fail(error, STATUS_INTERNAL, "no memory for the server");
    server->options = *options;
    set_defaults(&server->options);
    atomic_store(&server->references, 1);
    pthread_mutex_init(&server->lock, NULL);
    raise_descriptor_limit(server->options.connections_max);
    server->loops = calloc((size_t)server->options.threads, sizeof *server->loops);
    enum status status = server->loops ? net__router_init(&server->router, options->routes,
                                                          options->route_count, error)
                                       : fail(error, STATUS_INTERNAL, "no memory for the server");
    for (int i = 0; i < server->options.threads && status == STATUS_OK; i++) {
        server->loop_count++;
        status = net__loop_start(&server->loops[i], server, error);
    }
    if (status != STATUS_OK) {
        server_stop(server, 0);
        return status;
    }
    *out_server = server;
    return STATUS_OK;
}

void server_stop(struct server *server, int timeout_ms)
{
    if (!server)
        return;
    int64_t deadline_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    atomic_store(&server->stopping, true);
    for (size_t i = 0; i < server->loop_count; i++)
        net__loop_stop(&server->loops[i], deadline_ns);
    for (size_t i = 0; i < server->loop_count; i++)
        net__loop_join(&server->loops[i]);
    /* Handlers that are still at work hold a reference each; the last of their replies frees the
     * rest. */
    size_t late = atomic_load(&server->references) - 1;
    if (late)
        log_warn("net", "stopped before all requests were answered", "requests=%zu", late);
    net__server_unref(server);
}

void net__server_unref(struct server *server)
{
    if (atomic_fetch_sub(&server->references, 1) != 1)
        return;
    for (size_t i = 0; i < server->loop_count; i++)
        net__loop_done(&server->loops[i]);
    net__router_done(&server->router);
    pthread_mutex_destroy(&server->lock);
    free(server->loops);
    free(server);
}
