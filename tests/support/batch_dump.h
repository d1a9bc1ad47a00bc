/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_dump: a batch as readable lines, for tests to compare. Two batches with the same dump hold
 * the same records; only the project, the arrival and what was refused are left out.
 */
#pragma once

#include "base/buf.h"
#include "model/batch.h"

void batch_dump(const struct batch *batch, struct buf *out);
void value_dump(const struct value *value, struct buf *out);
