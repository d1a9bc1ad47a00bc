/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs: which contents the lists and records of a chunk refer to, as varints.
 *
 * Lists: how many numbers behind the list before (from 1), how many links, each as the distance
 * back. A zero ends them. Records: links * 8 + 4 (another frame: by how much its offset is larger
 * follows) + 2 (another project: follows) + 1 (a log record), then each link as the difference to
 * the one before. Records of a signal are numbered from 0 in each frame.
 */
#include <string.h>

#include "journal/coding.h"
#include "search/part.h"

enum { IS_LOG = 1, OTHER_PROJECT = 2, OTHER_FRAME = 4, COUNT_SHIFT = 3 };

void search_refs_start(struct ref_writer *writer, const struct journal_chunk *chunk)
{
    *writer =
        (struct ref_writer){.last_list = chunk->first_content, .last_ref = chunk->first_content};
}

static uint32_t number_at(const struct buf *numbers, size_t index)
{
    uint32_t number;
    memcpy(&number, numbers->ptr + index * sizeof number, sizeof number);
    return number;
}

static void end_list(struct ref_writer *writer)
{
    size_t count = writer->links.len / sizeof(uint32_t);
    if (count == 0)
        return;
    put_varint(&writer->lists, (uint64_t)(writer->list - writer->last_list) + 1);
    put_varint(&writer->lists, count);
    for (size_t i = 0; i < count; i++)
        put_varint(&writer->lists, writer->list - number_at(&writer->links, i));
    writer->last_list = writer->list + 1;
    buf_clear(&writer->links);
}

void search_refs_link(struct ref_writer *writer, uint32_t list, uint32_t ordinal)
{
    if (list != writer->list)
        end_list(writer);
    writer->list = list;
    buf_add(&writer->links, &ordinal, sizeof ordinal);
    if (writer->refers)
        writer->refers(writer->context, ordinal);
}

static void collect(const struct value *value, struct buf *out, int depth)
{
    if (value->type == VALUE_CONTENT)
        buf_add(out, &value->content.ordinal, sizeof value->content.ordinal);
    else if (value->type == VALUE_ARRAY && depth < VALUE_DEPTH_MAX)
        for (size_t i = 0; i < value->array.count; i++)
            collect(&value->array.items[i], out, depth + 1);
    else if (value->type == VALUE_MAP && depth < VALUE_DEPTH_MAX)
        for (size_t i = 0; i < value->map.count; i++)
            collect(&value->map.items[i].value, out, depth + 1);
}

static void collect_attributes(const struct attributes *attributes, struct buf *out)
{
    for (size_t i = 0; i < attributes->count; i++)
        collect(&attributes->items[i].value, out, 0);
}

static void collect_record(const struct batch *batch, enum signal signal, size_t index,
                           struct buf *out)
{
    if (signal == SIGNAL_LOGS) {
        collect(&batch->logs[index].body, out, 0);
        collect_attributes(&batch->logs[index].attributes, out);
        return;
    }
    const struct span *span = &batch->spans[index];
    collect_attributes(&span->attributes, out);
    for (size_t i = 0; i < span->event_count; i++)
        collect_attributes(&span->events[i].attributes, out);
}

void search_refs_record(struct ref_writer *writer, struct journal_location location,
                        const struct batch *batch, size_t index)
{
    if (location.signal != SIGNAL_SPANS && location.signal != SIGNAL_LOGS)
        return;
    end_list(writer);
    collect_record(batch, location.signal, index, &writer->links);
    size_t count = writer->links.len / sizeof(uint32_t);
    bool other_frame = location.frame.offset != writer->last_frame;
    bool other_project = batch->project_id != writer->project;
    put_varint(&writer->records, (uint64_t)count << COUNT_SHIFT | (other_frame ? OTHER_FRAME : 0) |
                                     (other_project ? OTHER_PROJECT : 0) |
                                     (location.signal == SIGNAL_LOGS ? IS_LOG : 0));
    if (other_frame)
        put_varint(&writer->records, location.frame.offset - writer->last_frame);
    if (other_project)
        put_varint(&writer->records, batch->project_id);
    for (size_t i = 0; i < count; i++) {
        uint32_t ordinal = number_at(&writer->links, i);
        put_signed(&writer->records, (int64_t)ordinal - writer->last_ref);
        writer->last_ref = ordinal;
        if (writer->refers)
            writer->refers(writer->context, ordinal);
    }
    buf_clear(&writer->links);
    writer->last_frame = location.frame.offset;
    writer->project = batch->project_id;
    writer->record_count++;
}

bool search_refs_end(struct ref_writer *writer, struct buf *out)
{
    end_list(writer);
    put_varint(&writer->lists, 0);
    buf_add_str(out, buf_str(&writer->lists));
    buf_add_str(out, buf_str(&writer->records));
    return !writer->lists.failed && !writer->records.failed && !writer->links.failed &&
           !out->failed;
}

void search_refs_done(struct ref_writer *writer)
{
    buf_done(&writer->lists);
    buf_done(&writer->records);
    buf_done(&writer->links);
}

/* --- reading; the file checked out, yet nothing here trusts it */

struct ref_reader search_refs_read(struct str refs, const struct journal_chunk *chunk)
{
    struct cursor in = cursor_of(refs);
    return (struct ref_reader){.at = in.at,
                               .end = in.end,
                               .segment = chunk->segment,
                               .list = chunk->first_content,
                               .ref = chunk->first_content};
}

static uint64_t take(struct ref_reader *reader)
{
    struct cursor in = {reader->at, reader->end, reader->bad};
    uint64_t number = get_varint(&in);
    reader->at = in.at;
    reader->bad = in.bad;
    return number;
}

bool search_refs_next_list(struct ref_reader *reader, struct ref_list *out)
{
    uint64_t gap = take(reader);
    if (gap == 0 || reader->bad)
        return false;
    out->ordinal = reader->list + (uint32_t)gap - 1;
    out->count = (uint32_t)take(reader);
    reader->list = out->ordinal + 1;
    return !reader->bad;
}

uint32_t search_refs_next_link(struct ref_reader *reader, const struct ref_list *list)
{
    return list->ordinal - (uint32_t)take(reader);
}

bool search_refs_next_record(struct ref_reader *reader, struct ref_record *out)
{
    if (reader->at == reader->end || reader->bad)
        return false;
    uint64_t head = take(reader);
    bool is_log = head & IS_LOG;
    if (head & OTHER_FRAME) {
        reader->frame += take(reader);
        reader->next_record[0] = reader->next_record[1] = 0;
    }
    if (head & OTHER_PROJECT)
        reader->project = (uint32_t)take(reader);
    *out = (struct ref_record){.location = {.frame = {reader->segment, reader->frame},
                                            .signal = is_log ? SIGNAL_LOGS : SIGNAL_SPANS,
                                            .record = reader->next_record[is_log]++},
                               .project = reader->project,
                               .count = (uint32_t)(head >> COUNT_SHIFT)};
    return !reader->bad;
}

uint32_t search_refs_next_ref(struct ref_reader *reader)
{
    uint64_t number = take(reader);
    reader->ref += (uint32_t)(number >> 1 ^ (0 - (number & 1)));
    return reader->ref;
}
