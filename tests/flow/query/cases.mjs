// SPDX-License-Identifier: Apache-2.0
// Reads tests/cases/query/*.case; how they are written stands in the README there.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dayStart, span } from './ask.mjs';

const folder = resolve(fileURLToPath(import.meta.url), '../../../cases/query');

export function readQueryCases() {
    return readdirSync(folder).filter((name) => name.endsWith('.case')).sort().flatMap((file) => {
        const text = readFileSync(join(folder, file), 'utf8');
        return text.split(/^== /m).slice(1).map((part) => {
            const title = part.slice(0, part.indexOf('\n')).trim();
            try {
                return { file, title, ...readCase(part.slice(part.indexOf('\n') + 1).split('\n')) };
            } catch (error) {
                throw new Error(`${file}: ${title}: ${error.message}`);
            }
        });
    });
}

const heading = /^(?:(source|window|table) (.*)|(rows)|(query)(?: (.*))?|(answer)( in any order)?|(refused))$/;

function readCase(lines) {
    const one = { source: 'logs', from: dayStart(1), to: dayStart(0), rows: [], tables: {}, asks: [] };
    let part = 'head', ask;
    for (const line of lines) {
        const found = heading.exec(line);
        if (found && !(part === 'query' && !/^(answer|refused)/.test(line))) {
            const [, option, text, , query, title, answer, any_order, refused] = found;
            if (option === 'source') one.source = text.trim();
            else if (option === 'window') readWindow(one, text);
            else if (option === 'table') one.tables[(one.table = text.trim())] = '';
            else if (query) one.asks.push((ask = { title: title ?? '', lines: [] }));
            else if (answer) ask.answer = { any_order: !!any_order, columns: undefined, rows: [], warns: [] };
            else if (refused) ask.refused = { says: [] };
            part = query ? 'query' : answer ? 'answer' : refused ? 'refused' : option === 'table' ? 'table' : option ? 'head' : 'rows';
        } else if (part === 'query') ask.lines.push(line);
        else if (part === 'table') one.tables[one.table] += `${line}\n`;
        else if (line.trim() && !line.startsWith('#')) readLine(one, ask, part, line);
    }
    for (const each of one.asks) {
        each.query = each.lines.join('\n').trim();
        if (!each.answer && !each.refused) throw new Error(`expected an answer to ${each.query}`);
        if (each.answer && !each.answer.columns) throw new Error(`expected the columns of the answer to ${each.query}`);
    }
    if (!one.asks.length) throw new Error('expected a query');
    return one;
}

// `window 2026-03-02T10:00:00Z 3h`, or `window now-6h 6h`.
function readWindow(one, text) {
    const [start, length] = text.trim().split(/\s+/);
    one.from = start.startsWith('now-') ? BigInt(Date.now()) * 1000000n - span(start.slice(4)) : BigInt(Date.parse(start)) * 1000000n;
    one.to = one.from + span(length);
}

function readLine(one, ask, part, line) {
    if (part === 'rows') one.rows.push(readRow(one, line));
    else if (part === 'refused') {
        const [, word, text] = /^(at|says) (.*)$/.exec(line) ?? [];
        if (!word) throw new Error(`expected at … or says …, got ${line}`);
        if (word === 'at') ask.refused.at = text;
        else ask.refused.says.push(text);
    } else if (part === 'answer') {
        if (line.startsWith('warns ')) ask.answer.warns.push(line.slice(6));
        else if (!ask.answer.columns) ask.answer.columns = JSON.parse(line);
        else ask.answer.rows.push(JSON.parse(line));
    } else throw new Error(`did not expect ${line}`);
}

function readRow(one, line) {
    const row = { number: one.rows.length };
    const [, sign, offset, rest] = /^([+-])(\S+) ?(.*)$/s.exec(line) ?? [];
    if (!sign) throw new Error(`expected +OFFSET and the row, got ${line}`);
    row.time = sign === '+' ? one.from + span(offset) : one.from - span(offset);
    if (one.source === 'spans' || one.source === 'traces') {
        const [, duration, json] = /^(\S+) (\{.*)$/s.exec(rest);
        return Object.assign(row, { duration: span(duration) }, readJson(json));
    }
    const [, options, body] = /^(?:\(([^)]*)\) )?(.*)$/s.exec(rest);
    for (const option of (options ?? '').split(/\s+/).filter(Boolean)) {
        const [, name, text] = /^([\w.]+)=(.*)$/.exec(option);
        if (['trace', 'span', 'severity', 'event'].includes(name)) row[name] = text;
        else if (name === 'service') row.resource = { ...row.resource, 'service.name': text };
        else if (name.startsWith('resource.')) row.resource = { ...row.resource, [name.slice(9)]: text };
        else row.attributes = { ...row.attributes, [name]: text };
    }
    row.body = body;
    return row;
}

// JSON in which an integer that a double cannot hold stays exact.
function readJson(text) {
    return JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g, '$1{"\u0001":"$2"}'), (_, one) => (one?.['\u0001'] ? BigInt(one['\u0001']) : one));
}
