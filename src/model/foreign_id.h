/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign_id: other people's ids of traces and spans -> our 16 and 8 bytes, decided here and only
 * here, so that a trace, its spans and its scores meet whichever way they came.
 *
 *   trace   32 hex digits (not all zero)      those bytes
 *           a UUID, 8-4-4-4-12                its bytes, without the dashes
 *           anything else                     128 bits of BLAKE2b of the text
 *   span    16 hex digits (not all zero)      those bytes
 *           anything else                     64 bits of BLAKE2b of the text
 *
 * Hex of any case. Whoever reads an id whose own text is not our lower-case hex keeps that text as
 * an attribute (FOREIGN_TRACE_KEY, FOREIGN_SPAN_KEY); the index finds it again as an alias.
 */
#pragma once

#include "base/str.h"

#define FOREIGN_TRACE_KEY STR("vitrine.foreign.trace_id")
#define FOREIGN_SPAN_KEY  STR("vitrine.foreign.span_id")

enum { FOREIGN_ID_BYTES_MAX = 800 };

/* Each returns whether the text is exactly our hex: if not, it is worth keeping. */
bool foreign_trace_id(struct str text, uint8_t out[16]);
bool foreign_span_id(struct str text, uint8_t out[8]);
/* The span that stands for a trace which was told of by itself. */
void foreign_root_id(const uint8_t trace_id[16], uint8_t out[8]);
