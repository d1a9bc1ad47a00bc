/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_metrics: shared by the files that read metrics from protobuf. */
#pragma once

#include "receive/otlp_protobuf.h"

/* One data point of each kind, into a cleared point. */
bool otlp_number_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_histogram_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_exponential_point(struct otlp *otlp, struct str message, struct metric_point *point);
bool otlp_summary_point(struct otlp *otlp, struct str message, struct metric_point *point);

/* What the kinds of points share; otlp_protobuf_points.c. */

/* Room for attributes and exemplars, by the numbers these fields have in this kind of point (0:
 * none). */
bool otlp_point_room(struct otlp *otlp, struct str message, struct metric_point *point,
                     int attributes, int exemplars);
bool otlp_exemplar(struct otlp *otlp, struct str message, struct metric_point *point);
/* A packed field must hold whole numbers. */
bool otlp_check_packed(struct otlp *otlp, const struct protobuf_field *field,
                       enum protobuf_wire wire, const char *name);
/* All numbers of a field, packed or not, as an array of uint64_t or double: eight bytes each. */
bool otlp_numbers(struct otlp *otlp, struct str message, uint32_t number, enum protobuf_wire wire,
                  const char *name, void *out_numbers, size_t *out_count);
static inline void otlp_set_double(uint64_t bits, double *out, bool *out_has)
{
    *out = protobuf_double(bits);
    *out_has = true;
}
