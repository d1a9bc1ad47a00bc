/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_datasets: what the handlers about datasets and runs share. */
#pragma once

#include "control/datasets.h"
#include "serve/datasets.h"
#include "serve/langfuse_private.h"

/* By name. Python's SDK v2 encodes names twice: what is not found is looked for decoded. */
enum status langfuse__dataset(struct call *call, struct str name, struct dataset *out_dataset);
/* With each %XX as its byte. */
struct str langfuse__decoded(struct call *call, struct str text);
enum status langfuse__dataset_page(struct call *call, struct langfuse_page *out_page,
                                   struct dataset_page *out_rows);
void langfuse__write_item(struct call *call, const struct dataset_item *item);
/* "mediaReferences": the files that texts of the item's payloads name, and where they are. */
void langfuse__write_references(struct call *call, const struct dataset_item *item);
/* {"message": …} */
void langfuse__reply_message(struct call *call, const char *message);
