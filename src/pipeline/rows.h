/* SPDX-License-Identifier: Apache-2.0 */
/* rows: one batch from the journal -> rows of the index. */
#pragma once

#include "journal/journal.h"
#include "media/media.h"
#include "price/price.h"
#include "store/store.h"

struct rows_context {
    struct store *store;
    struct price_book *prices;
    struct media *media; /* NULL: files of deleted traces stay */
    struct content_source contents;
    struct journal_position frame;
};

/* `first_record` numbers the batch's first span, log and point within the frame. */
enum status rows_add_batch(const struct rows_context *context, const struct batch *batch,
                           const uint32_t first_record[SIGNAL_COUNT], struct error *error);
