/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_metrics: shared by the two files that read metrics from protobuf. */
#pragma once

#include "receive/otlp_protobuf.h"

/* One data point of each kind, into a cleared point. */
bool otlp_number_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_histogram_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_exponential_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_summary_point(struct otlp *otlp, struct str message, struct metric_point *point);
