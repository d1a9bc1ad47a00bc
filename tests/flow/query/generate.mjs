// SPDX-License-Identifier: Apache-2.0
// Random rows, and random queries over them as a tree and as text. All from one seed.
//
// The queries keep to what the documentation settles: rows are in a known order before anything is cut off, nothing is
// divided by zero, and numbers are multiples of a quarter, exact in any order.
import { span, spanHex, traceHex } from './ask.mjs';

const words = ['ada', 'bob', 'Ünï', '東京', 'a1', 'a10', 'a9', 'A', '', 'x y', '😀', "o'k", 'q"t', '10%', 'nan', ' 7', 'back\\slash', 'null'];
const mixed = [1, '1', 2.5, '2.5', -3, '-3', 'b12', 'b9', 'inf', null, 'zz', 100, '0100'];

// What the sources' rows are made of: name, kind of value, how often it is there, and how it is made.
const schemas = {
    logs: {
        fields: [
            ['id', 'num', 1], ['n', 'num', 0.85], ['f', 'num', 0.8], ['s', 'text', 0.9], ['m', 'any', 0.8], ['deep.x', 'num', 0.7], ['deep.y', 'text', 0.8],
            ['flag', 'bool', 0.8], ['big', 'big', 0.6], ['line', 'line', 0.9], ['absent', 'text', 0],
        ],
    },
    spans: {
        fields: [
            ['attributes.app.id', 'num', 1], ['duration', 'num', 1], ['name', 'text', 1], ['model', 'text', 0.7], ['usage.input_tokens', 'num', 0.6],
            ['usage.output_tokens', 'num', 0.5], ['service', 'text', 1], ['user', 'text', 0.6], ['attributes.app.n', 'num', 0.8], ['attributes.app.s', 'text', 0.8],
            ['attributes.app.flag', 'bool', 0.7], ['attributes.app.big', 'big', 0.5], ['attributes.app.line', 'line', 0.8], ['attributes.absent', 'text', 0],
        ],
    },
};

export class Maker {
    constructor(random, source) {
        Object.assign(this, { random, source, names: 0 });
        this.id = schemas[source].fields[0][0];
    }

    below(n) { return this.random.below(n); }
    chance(p) { return this.random.next() < p; }
    pick(list) { return list[this.below(list.length)]; }

    // --- rows --------------------------------------------------------------------------------

    make(kind, i) {
        if (kind === 'num') return this.chance(0.6) ? this.below(20) - 5 : (this.below(80) - 20) / 4;
        if (kind === 'text') return this.pick(words);
        if (kind === 'any') return this.pick(mixed);
        if (kind === 'bool') return this.chance(0.5);
        if (kind === 'big') return 9007199254740992n + BigInt(this.below(4)) * (this.chance(0.5) ? 1n : 1000000007n);
        return this.chance(0.2) ? `free text ${i}` : `k=${this.pick(['ada', 'bob', 'x y', 'é'])} v=${this.below(30)};${this.pick(['', 'rest', '* [z] (w)'])}`;
    }

    // { time, values: Map, … as ask.mjs sends it }
    rows(count, from, length) {
        const times = new Set();
        while (times.size < count) times.add(from + span('1m') * BigInt(this.below(Number(length / span('1m')))) + BigInt(this.below(60000)) * 1000000n);
        return [...times].map((time, i) => {
            const values = new Map();
            for (const [name, kind, there] of schemas[this.source].fields) if (this.chance(there)) values.set(name, this.make(kind, i));
            values.set(this.id, i);
            return this.source === 'logs' ? this.log(time, values) : this.span(time, values, i);
        });
    }

    log(time, values) {
        const members = [], deep = [];
        for (const [name, one] of values)
            (name.startsWith('deep.') ? deep : members).push(`${JSON.stringify(name.replace('deep.', ''))}:${typeof one === 'bigint' ? one : JSON.stringify(one)}`);
        if (deep.length) members.splice(this.below(members.length), 0, `"deep":{${deep.join(',')}}`);
        return this.row(time, values, { body: `{${members.join(',')}}` });
    }

    span(time, values, i) {
        const count = (name) => { if (values.has(name)) values.set(name, Math.abs(Math.round(values.get(name)))); };
        for (const name of ['usage.input_tokens', 'usage.output_tokens']) count(name);
        values.set('duration', Math.abs(values.get('duration')) * 250);
        values.set('service', this.pick(['web', 'api', 'Ünï']));
        for (const name of ['name', 'model', 'user']) if (values.get(name)?.trim() === '') values.set(name, `${name} 1`);
        const attributes = {};
        for (const [name, one] of values) if (name.startsWith('attributes.')) attributes[name.slice(11)] = one;
        const known = { model: 'gen_ai.request.model', user: 'user.id', 'usage.input_tokens': 'gen_ai.usage.input_tokens', 'usage.output_tokens': 'gen_ai.usage.output_tokens' };
        for (const [name, theirs] of Object.entries(known)) if (values.has(name)) attributes[theirs] = values.get(name);
        return this.row(time, values, { name: values.get('name'), trace: traceHex(`t${time}`), span: spanHex(`s${i} ${time}`), duration: BigInt(values.get('duration') * 1000000),
            resource: { 'service.name': values.get('service') }, attributes });
    }

    row(time, values, sent) {
        return { time, values, ...sent, get: (name) => values.get(name) ?? null };
    }

    // --- expressions -------------------------------------------------------------------------

    fieldOf(...kinds) {
        const found = this.scope.filter((one) => kinds.includes(one.kind));
        return found.length ? { k: 'field', name: this.pick(found).name } : null;
    }

    num(depth) {
        const choice = depth > 0 ? this.below(12) : this.below(4);
        if (choice < 3) return this.fieldOf('num', ...(this.chance(0.3) ? ['any'] : [])) ?? { k: 'num', v: this.below(9) };
        if (choice === 3) return { k: 'num', v: this.chance(0.7) ? this.below(20) : this.below(80) / 4 };
        if (choice < 7) return { k: 'op', op: this.pick(['+', '-', '*']), a: this.num(depth - 1), b: this.num(depth - 1) };
        if (choice === 7) return { k: 'op', op: this.pick(['/', '%']), a: this.num(depth - 1), b: { k: 'num', v: this.pick([1, 2, 4, 8]) } };
        if (choice === 8) return call(this.pick(['abs', 'ceil', 'floor', 'round']), this.num(depth - 1));
        if (choice === 9) return call(this.pick(['greatest', 'least', 'coalesce']), this.num(depth - 1), this.num(depth - 1), ...(this.chance(0.3) ? [this.num(0)] : []));
        if (choice === 10) return this.chance(0.5) ? call('strlen', this.text(depth - 1)) : { k: 'neg', a: this.num(depth - 1) };
        return call('if', this.bool(depth - 1), this.num(depth - 1), this.num(depth - 1));
    }

    // Which of a number and a text is the smaller is left open: what may be a text is made a number.
    sure(e) {
        return e.k === 'field' && this.scope.find((one) => one.name === e.name)?.kind === 'any' ? { k: 'op', op: '+', a: e, b: { k: 'num', v: 0 } } : e;
    }

    text(depth) {
        const choice = depth > 0 ? this.below(9) : this.below(3);
        if (choice < 2) return this.fieldOf('text') ?? { k: 'str', v: 'none' };
        if (choice === 2) return { k: 'str', v: this.pick(words) };
        if (choice === 3) return call(this.pick(['toupper', 'tolower']), this.text(depth - 1));
        if (choice === 4) return call('trim', this.text(depth - 1));
        if (choice === 5) return call('substr', this.text(depth - 1), { k: 'num', v: this.below(3) }, ...(this.chance(0.5) ? [{ k: 'num', v: 1 + this.below(3) }] : []));
        if (choice === 6) return call('replace', this.text(depth - 1), { k: 'str', v: this.pick(['a', 'b', '1', '京', ' ']) }, { k: 'str', v: this.pick(['', '_', 'é']) });
        if (choice === 7) return call('concat', call('coalesce', this.text(depth - 1), { k: 'str', v: '-' }), { k: 'str', v: this.pick(words) });
        return call('coalesce', this.text(depth - 1), this.text(depth - 1));
    }

    caseOf(depth) {
        const args = [];
        for (let i = 1 + this.below(3); i > 0; i--) args.push(this.bool(depth - 1), this.text(depth - 1));
        if (this.chance(0.6)) args.push(this.text(depth - 1));
        return call('case', ...args);
    }

    anyField() {
        return this.fieldOf('num', 'text', 'any', 'bool', 'big') ?? { k: 'num', v: 1 };
    }

    bool(depth) {
        const choice = depth > 0 ? this.below(16) : 6 + this.below(10);
        if (choice < 4) return { k: this.pick(['and', 'or']), a: this.bool(depth - 1), b: this.bool(depth - 1) };
        if (choice < 6) return { k: 'not', a: this.bool(depth - 1) };
        if (choice < 9) return { k: 'cmp', op: this.pick(['=', '!=', '<', '<=', '>', '>=']), a: this.sure(this.num(depth - 1)), b: this.sure(this.num(0)) };
        if (choice < 11) return { k: 'cmp', op: this.pick(['=', '!=']), a: this.text(depth - 1), b: { k: 'str', v: this.pick(words) } };
        if (choice === 11) return this.special();
        if (choice === 12) return { k: 'in', not: this.chance(0.4), a: this.anyField(), list: Array.from({ length: 1 + this.below(4) }, () => this.literal()) };
        if (choice === 13) return this.like(depth);
        if (choice === 14) return call(this.pick(['ispresent', 'isempty', 'isblank']), this.fieldOf('text', 'num', 'any', 'bool') ?? { k: 'num', v: 1 });
        return call(this.pick(['strcontains', 'startsWith', 'endsWith']), this.text(depth - 1), { k: 'str', v: this.pick(['a', '1', 'Ü', '京', '%', "'"]) });
    }

    // Comparisons of kinds that do not fit, or only just.
    special() {
        const any = this.fieldOf('any'), flag = this.fieldOf('bool'), big = this.fieldOf('big');
        const [a, b] = this.pick([[any, this.literal()], [flag, { k: 'num', v: this.below(2) }], [big, { k: 'num', v: 9007199254740992n + BigInt(this.below(4)) }]]);
        return a ? { k: 'cmp', op: this.pick(b.k === 'str' || a === any ? ['=', '!='] : ['=', '!=', '<', '>=']), a, b } : { k: 'cmp', op: '=', a: this.num(0), b: this.num(0) };
    }

    literal() {
        const one = this.chance(0.5) ? this.pick(mixed) : this.pick(words);
        return one === null ? { k: 'num', v: 5 } : typeof one === 'number' ? { k: 'num', v: one } : { k: 'str', v: one };
    }

    like(depth) {
        const a = this.text(depth - 1), not = this.chance(0.4);
        if (this.chance(0.5)) return { k: 'like', not, a, part: this.pick(['a', '1', '%', 'ï', '京', "o'", '"', '\\']) };
        const [regex, ignore_case] = this.pick([['^a'], ['[0-9]+$'], ['^(ada|bob)$'], ['A', true], ['^.$'], ['x\\s+y'], ['^$'], ['\\\\'], ['\\d{2}%'], ['[\u00c0-\u024f]']]);
        return { k: 'like', not, a, regex, ignore_case };
    }

    // --- commands ----------------------------------------------------------------------------

    alias(kind) {
        const shadow = this.chance(0.12) && this.scope.find((one) => one.kind === kind && one.name !== this.id && !one.name.includes('.'));
        const name = shadow ? shadow.name : `c${++this.names}`;
        this.scope = [...this.scope.filter((one) => one.name !== name), { name, kind }];
        return name;
    }

    newItem() {
        const kind = this.pick(['num', 'num', 'text', 'text', 'bool', 'case']);
        const e = kind === 'num' ? this.num(2) : kind === 'text' ? this.text(2) : kind === 'bool' ? this.bool(1) : this.caseOf(2);
        return { e, as: this.alias(kind === 'case' ? 'text' : kind) };
    }

    items(count) {
        return Array.from({ length: count }, () => this.newItem());
    }

    parse() {
        const from = this.scope.find((one) => one.kind === 'line');
        const [p, q] = [`p${++this.names}`, `p${++this.names}`];
        this.scope = [...this.scope, { name: p, kind: 'text' }, { name: q, kind: 'num' }];
        const made = { c: 'parse', from: { k: 'field', name: from.name }, names: [p, q] };
        const shape = this.below(3);
        if (shape === 0) return { ...made, glob: 'k=* v=*;' };
        return { ...made, regex: shape === 1 ? `k=(?<${p}>\\w+) v=(?<${q}>\\d+)` : `^k=(?<${p}>[^=]*) v=(?<${q}>1?[0-9]);` };
    }

    sort(total) {
        const keys = Array.from({ length: 1 + this.below(2) }, () => ({ e: this.chance(0.7) ? this.fieldOf('num', 'text', 'any', 'big') ?? this.num(1) : this.num(1), direction: this.pick(['asc', 'desc', '']) }));
        return { c: 'sort', keys: [...keys, ...total.map((name) => ({ e: { k: 'field', name }, direction: this.pick(['asc', 'desc']) }))] };
    }

    // What looks at more than one row: in the order in which they come.
    rowCommand() {
        const field = this.fieldOf('num', 'text', 'any', 'big') ?? { k: 'field', name: this.id }, what = this.below(3), as = `r${++this.names}`;
        if (what === 0) return { c: 'filldown', field };
        this.scope = [...this.scope, { name: as, kind: what === 1 ? 'inexact' : this.scope.find((one) => one.name === field.name).kind }];
        return what === 1 ? { c: 'accum', field, as } : { c: 'autoregress', field, as, p: 1 + this.below(4) };
    }

    aggregateItem() {
        const choice = this.below(14), as = `a${++this.names}`;
        const field = () => this.fieldOf('num', 'text', 'any') ?? { k: 'field', name: this.scope[0].name };
        const e = choice < 3 ? call('count', { k: 'star' }) : choice === 3 ? call('count', field()) : choice < 6 ? call(this.pick(['sum', 'avg']), this.num(1))
            : choice < 7 ? call('pct', this.num(1), { k: 'num', v: this.pick([0, 25, 50, 90, 99, 100]) }) : choice < 8 ? call(this.pick(['min', 'max']), this.fieldOf('num', 'big') ?? this.num(1)) : choice === 8 ? call('count_distinct', field())
            : choice === 9 ? call('sum', this.bool(1)) : choice === 10 ? call(this.pick(['earliest', 'latest']), field())
            : choice === 11 ? call(this.pick(['sortsFirst', 'sortsLast']), field()) : choice === 12 ? call(this.pick(['variance', 'stddev']), this.num(0))
            : { k: 'op', op: this.pick(['+', '-', '/']), a: call('sum', this.num(1)), b: call('count', { k: 'star' }) };
        // What is not exact is not sorted or grouped by.
        return { e, as, kind: /^(earliest|latest|sorts)/.test(e.f ?? '') ? 'any' : this.isBig(e.args?.[0]) ? 'big' : /^(avg|pct|variance|stddev)$/.test(e.f ?? '') || e.op === '/' ? 'inexact' : 'num' };
    }

    isBig(e) {
        return e?.k === 'field' && this.scope.find((one) => one.name === e.name)?.kind === 'big';
    }

    stats(has_time) {
        const by = [], items = [];
        for (let i = this.below(3); i > 0; i--) {
            const what = this.below(has_time ? 5 : 3), as = `k${++this.names}`;
            if (what < 2) by.push({ e: this.fieldOf('text', 'any') ?? { k: 'num', v: 1 }, as, kind: 'text' });
            else if (what === 2) by.push({ e: this.bool(1), as, kind: 'bool' });
            else by.push({ e: call('bin', this.pick([period('5m'), period('1h'), period('10m'), period('30m')])), as, kind: 'time' });
        }
        for (let i = 1 + this.below(3); i > 0; i--) items.push(this.aggregateItem());
        // Earliest and latest need a time in the rows.
        for (const one of items) if (!has_time && /^(earliest|latest)$/.test(one.e.f ?? '')) one.e.f = 'sortsFirst';
        this.scope = [...by, ...items].map(({ as, kind }) => ({ name: as, kind }));
        return { c: 'stats', by: by.map(({ e, as }) => ({ e, as })), items: items.map(({ e, as }) => ({ e, as })) };
    }

    query() {
        this.names = 0;
        this.scope = schemas[this.source].fields.map(([name, kind]) => ({ name, kind }));
        const commands = [];
        for (let i = this.below(4); i > 0; i--) {
            const what = this.below(6);
            if (what < 3) commands.push({ c: 'filter', e: this.bool(2) });
            else if (what < 5) commands.push({ c: 'fields', items: this.items(1 + this.below(3)) });
            else commands.push(this.parse());
        }
        if (this.chance(0.55)) this.grouped(commands);
        else this.plain(commands);
        return commands;
    }

    grouped(commands) {
        commands.push(this.stats(true));
        if (this.chance(0.3)) commands.push({ c: 'filter', e: { k: 'cmp', op: this.pick(['>', '<=', '!=']), a: this.fieldOf('num') ?? { k: 'num', v: 1 }, b: { k: 'num', v: this.below(8) } } });
        if (this.chance(0.2)) commands.push(this.stats(false));
        const keys = commands.findLast((one) => one.c === 'stats').by.map((one) => one.as);
        if (this.chance(0.5)) {
            commands.push(this.sort(keys));
            if (this.chance(0.5)) commands.push({ c: 'limit', n: 1 + this.below(6) });
        }
    }

    plain(commands) {
        if (this.chance(0.25)) commands.push(this.sort([this.id]), { c: 'limit', n: 10 + this.below(40) }); // neither may stand before stats
        if (this.chance(0.1)) commands.push({ c: 'fields', items: this.items(1) });
        const names = this.scope.filter((one) => one.kind !== 'line').map((one) => one.name);
        const shown = [...new Set([this.id, ...this.random.shuffle(names).slice(0, 1 + this.below(5))])];
        commands.push({ c: 'display', items: shown.map((as) => ({ e: { k: 'field', name: as }, as })) });
        this.scope = this.scope.filter((one) => shown.includes(one.name));
        if (this.chance(0.7)) commands.push(this.sort([this.id]));
        if (this.chance(0.3)) commands.push(this.rowCommand());
        if (this.chance(0.3)) commands.push({ c: 'dedup', fields: [this.fieldOf('text', 'num', 'any') ?? { k: 'field', name: this.id }] });
        if (this.chance(0.6)) commands.push({ c: 'limit', n: 1 + this.below(30) });
    }
}

const call = (f, ...args) => ({ k: 'call', f, args });
const period = (written) => ({ k: 'period', written, ns: span(written) });

// --- text --------------------------------------------------------------------------------------

const levels = { or: 1, and: 2, not: 3, cmp: 4, in: 4, like: 4, '+': 5, '-': 5, '*': 6, '/': 6, '%': 6, neg: 8 };
const quote = (one) => `"${one.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
const single = (one) => `'${one.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
const name = (one) => (/^[A-Za-z_@][\w.@]*$/.test(one) ? one : `\`${one}\``);

export function expressionText(e, random, level = 0) {
    const inner = (one, at) => expressionText(one, random, at);
    const mine = levels[e.k === 'op' ? e.op : e.k] ?? 9;
    const written = () => {
        switch (e.k) {
        case 'num': return String(e.v);
        case 'str': return random.next() < 0.5 ? quote(e.v) : single(e.v);
        case 'field': return name(e.name);
        case 'star': return '*';
        case 'period': return e.written;
        case 'neg': return `-${inner(e.a, 9)}`;
        case 'not': return `${random.next() < 0.3 ? '!' : 'not '}${inner(e.a, random.next() < 0.3 ? 9 : 3) }`;
        case 'and': case 'or': return `${inner(e.a, mine)} ${random.next() < 0.2 ? e.k.toUpperCase() : e.k} ${inner(e.b, mine + 1)}`;
        case 'cmp': return `${inner(e.a, 5)}${random.next() < 0.2 && e.op === '=' ? e.op : ` ${e.op} `}${inner(e.b, 5)}`;
        case 'op': return `${inner(e.a, mine)} ${e.op} ${inner(e.b, mine + 1)}`;
        case 'in': return `${inner(e.a, 5)} ${e.not ? 'not in' : 'in'} [${e.list.map((one) => inner(one, 0)).join(', ')}]`;
        case 'like': {
            const right = e.regex !== undefined ? `/${e.ignore_case ? '(?i)' : ''}${e.regex.replaceAll('/', '\\/')}/` : quote(e.part);
            return `${inner(e.a, 5)} ${e.not ? 'not like' : e.regex !== undefined && random.next() < 0.3 ? '=~' : 'like'} ${right}`;
        }
        }
        const f = random.next() < 0.2 ? e.f.toUpperCase() : e.f;
        return `${f}(${e.args.map((one) => inner(one, 0)).join(', ')})`;
    };
    // `not` and `!` differ in what they take: always in parentheses unless alone.
    const own = e.k === 'not' && level > 0 ? 0 : mine;
    const text = written();
    return own < level || (e.k === 'num' && e.v < 0 && level > 4) ? `(${text})` : text;
}

export function queryText(commands, random) {
    const e = (one, level = 0) => expressionText(one, random, level);
    const item = (one) => (one.e.k === 'field' && one.e.name === one.as ? name(one.as) : `${e(one.e)} as ${name(one.as)}`);
    const list = (items) => items.map(item).join(', ');
    const line = (one) => {
        switch (one.c) {
        case 'filter': return `filter ${e(one.e)}`;
        case 'fields': case 'display': return `${one.c} ${list(one.items)}`;
        case 'parse': return one.glob ? `parse ${e(one.from)} ${quote(one.glob)} as ${one.names.join(', ')}` : `parse ${e(one.from)} /${one.regex}/`;
        case 'sort': return `sort ${one.keys.map((key) => `${e(key.e)} ${key.direction}`.trim()).join(', ')}`;
        case 'limit': return `limit ${one.n}`;
        case 'accum': return `accum ${e(one.field)} as ${one.as}`;
        case 'autoregress': return `autoregress ${e(one.field)} as ${one.as} p=${one.p}`;
        case 'filldown': return `filldown ${e(one.field)}`;
        case 'dedup': return `dedup ${one.fields.map((field) => e(field)).join(', ')}`;
        }
        return `stats ${list(one.items)}${one.by.length ? ` by ${list(one.by)}` : ''}`;
    };
    return commands.map(line).join(random.next() < 0.5 ? ' | ' : '\n| ');
}
