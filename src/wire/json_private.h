/* SPDX-License-Identifier: Apache-2.0 */
/* json_private: shared by the files of json only. */
#pragma once

#include "base/str.h"

struct json_fault {
    size_t offset;        /* first byte that cannot be */
    const char *expected; /* what could have stood there */
};

/*
 * A strict second reading of text that the fast parser refused. Mends in place, without moving a
 * byte, what is not worth losing a document for: escaped halves of a surrogate pair become \ufffd,
 * and whole numbers of more than 64 bits get an exponent. False with *out_fault when it is not
 * JSON.
 */
bool json__mend(char *text, size_t len, struct json_fault *out_fault);

/* The shortest text of a finite number that reads back as the same; not terminated. Returns its
 * length. */
enum { JSON_DOUBLE_TEXT = 32 };
size_t json__double_text(double number, char out_text[JSON_DOUBLE_TEXT]);
