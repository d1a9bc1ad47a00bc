/* SPDX-License-Identifier: Apache-2.0 */
/* http2_private: the state of one HTTP/2 connection, for http2.c and the fuzzer that feeds a
 * session without a socket. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "net/net_private.h"

struct bucket {
    double spent;
    int64_t last_ns;
};

struct h2 {
    nghttp2_session *session;
    struct connection *next_flushing;
    bool is_flushing, waits_writable;
    bool leaving; /* GOAWAY is sent: close when the last stream ends */
    bool doomed;  /* close after this round */
    bool broken;  /* the socket, or no memory */
    bool peer_closed;
    uint8_t *pending; /* what the socket did not take */
    size_t pending_at, pending_len, pending_capacity;
    struct bucket resets, controls;
};

nghttp2_session *net__h2_session_new(struct connection *connection);
/* Something is to be written: flush at the end of the round. */
void net__h2_mark(struct connection *connection);
