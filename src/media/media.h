/* SPDX-License-Identifier: Apache-2.0 */
/*
 * media: images, sound and other files that clients keep beside their traces. A file lies under
 * the hash of its content, so equal ones lie there once, and it is whole or not there: written
 * beside, synced, checked, then renamed.
 *
 * Owns     the directory and every file in it. What belongs to whom is control's (control/media.h).
 * Threads  any.
 * Limits   a file is at most what the caller has in memory.
 */
#pragma once

#include "control/media.h"

struct media;

/* Opens or creates; half-written files of an earlier life go. `control` must outlive it. */
enum status media_open(const char *directory, struct control *control, struct media **out_media,
                       struct error *error);
void media_close(struct media *media); /* NULL is fine */

/* The id that a hash gives. */
void media_id(const uint8_t hash[MEDIA_HASH_BYTES], char out_id[MEDIA_ID_BYTES + 1]);
/* As clients write it: base64. */
enum { MEDIA_HASH_TEXT_BYTES = 44 };
bool media_hash_parse(struct str text, uint8_t out_hash[MEDIA_HASH_BYTES]);
void media_hash_text(const uint8_t hash[MEDIA_HASH_BYTES],
                     char out_text[MEDIA_HASH_TEXT_BYTES + 1]);
/* Keeps the bytes of an announced file, durably. STATUS_INVALID: they are not the announced ones.
 */
enum status media_keep(struct media *media, uint32_t project_id, const struct media_item *item,
                       struct str bytes, struct error *error);
/* An open file, the caller's to close. */
enum status media_read(struct media *media, const struct media_item *item, int *out_file,
                       struct error *error);
/* The trace (its id as hex) is deleted: files that it used until then and nothing else uses go. */
enum status media_release(struct media *media, uint32_t project_id, struct str trace,
                          int64_t deleted_ns, struct error *error);
/* Retention. INT64_MIN: only what was announced and never came. */
enum status media_retain(struct media *media, int64_t before_ns, struct error *error);
/* Removes files that no project has: what a crash between forgetting and removing left. */
void media_sweep(struct media *media);
