/* SPDX-License-Identifier: Apache-2.0 */
/*
 * media: which files a project has, and which traces and dataset items they belong to. The bytes
 * are src/media's. A file is known by the hash of its content, so the same one is there once a
 * project, however often it is used.
 */
#pragma once

#include "control/control.h"

enum {
    MEDIA_ID_BYTES = 22, /* the first digits of the content's hash in URL-safe base64 */
    MEDIA_HASH_BYTES = 32,
    MEDIA_TYPE_BYTES_MAX = 200,
};

struct media_item {
    char id[MEDIA_ID_BYTES + 1];
    uint8_t hash[MEDIA_HASH_BYTES];
    struct str content_type;
    int64_t length_bytes;
    int64_t created_ns, uploaded_ns; /* uploaded_ns 0: only announced */
};

/* What a file is used by; empty where it does not apply. */
struct media_use {
    struct str trace, observation, dataset_item, field;
};

/* Announces a file, or a further use of it. *out_uploaded: its bytes are there already. */
enum status control_media_announce(struct control *control, uint32_t project_id,
                                   const struct media_item *item, const struct media_use *use,
                                   bool *out_uploaded, struct error *error);
enum status control_media_find(struct control *control, uint32_t project_id, struct str id,
                               struct arena *arena, struct media_item *out_item,
                               struct error *error);
enum status control_media_uploaded(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error);
/* Both below tell the files that left a project; another one may have them still. */
struct media_leaver {
    void (*left)(void *context, const uint8_t hash[MEDIA_HASH_BYTES]);
    void *context;
};
/* Forgets the uses by a trace until then, and files without a use. */
enum status control_media_release(struct control *control, uint32_t project_id, struct str trace,
                                  int64_t until_ns, const struct media_leaver *leaver,
                                  struct error *error);
/* Forgets uses from before `before_ns`, announcements of before `stale_ns` that brought nothing,
 * and files without a use. */
enum status control_media_expire(struct control *control, int64_t before_ns, int64_t stale_ns,
                                 const struct media_leaver *leaver, struct error *error);
/* Whether any project has it. An error counts as yes. */
bool control_media_wanted(struct control *control, const uint8_t hash[MEDIA_HASH_BYTES]);

/* A keyed hash of the text, the same until the control database is made anew: for addresses that
 * are their own permission. */
enum { SEAL_BYTES = 32 };
void control_seal(const struct control *control, struct str text, uint8_t out_seal[SEAL_BYTES]);
/* Constant time. */
bool control_seal_fits(const struct control *control, struct str text,
                       const uint8_t seal[SEAL_BYTES]);
