/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_protobuf: OTLP in protobuf. The first byte chooses the signal. */
#define _GNU_SOURCE
#include "fuzz/driver.h"
#include "fuzz/fuzz_receive.h"
#include "support/otlp_payload.c"

static int fuzz_one(const uint8_t *data, size_t size)
{
    if (size)
        fuzz_request(data[0], false, (struct str){(const char *)data + 1, size - 1});
    return 0;
}

static void fuzz_seeds(void)
{
    fuzz_case_files(false, fuzz_seed);
    for (int kind = OTLP_PAYLOAD_FAT; kind <= OTLP_PAYLOAD_THIN; kind++) {
        struct otlp_payload *payload = otlp_payload_new(kind, 1, 1);
        struct buf body = {0};
        buf_add_byte(&body, 0);
        otlp_payload_next(payload, 2, OTLP_PAYLOAD_PROTOBUF, &body);
        fuzz_seed(body.ptr, body.len);
        buf_done(&body);
        otlp_payload_free(payload);
    }
}
