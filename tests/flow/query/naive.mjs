// SPDX-License-Identifier: Apache-2.0
// What a query means, as plainly as it can be said: a list of commands applied to a list of rows in memory, one after the
// other. Written from the language's documentation and independent of the server, which is tested against it.
//
// A value is null, a number, a BigInt (an integer no double holds), a string, a boolean or { t: BigInt ns } (a time).
// A row is { time, get(name) → value, set: Map of the names the query made }. Expressions are { k: kind, … } as
// generate.mjs makes them. A comparison with something missing is null; wherever a condition is asked for, that is not true.

const number_text = /^-?\d+(\.\d+)?$/;

// A number, what spells one and nothing else, or 1 and 0 for a boolean; else null.
export function number(value) {
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'string' && number_text.test(value)) return /^-?\d{16,}$/.test(value) ? BigInt(value) : Number(value);
    return null;
}

export const text = (value) => (value === null ? null : typeof value === 'boolean' ? (value ? '1' : '0') : value.t !== undefined ? `time ${value.t}` : String(value));

const points = (one) => [...one];
function byPoint(a, b) {
    const left = points(a), right = points(b);
    for (let i = 0; i < left.length && i < right.length; i++)
        if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
    return left.length - right.length;
}

const sign = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// Non-numbers before numbers; non-numbers chunk by chunk of digits and of other characters.
export function order(a, b) {
    if (a?.t !== undefined && b?.t !== undefined) return sign(a.t, b.t);
    const left = number(a), right = number(b);
    if (left !== null && right !== null) return sign(left, right) || byPoint(text(a), text(b)); // 01 before 1
    if (left !== null || right !== null) return left !== null ? 1 : -1;
    const one = text(a).match(/\d+|\D+/g) ?? [], other = text(b).match(/\d+|\D+/g) ?? [];
    for (let i = 0; i < one.length && i < other.length; i++) {
        const digits = /^\d/.test(one[i]) && /^\d/.test(other[i]);
        const differ = digits ? one[i].length - other[i].length || byPoint(one[i], other[i]) : byPoint(one[i], other[i]);
        if (differ) return differ;
    }
    return one.length - other.length;
}

// Nulls last in both directions.
function orderFor(direction) {
    return (a, b) => (a === null || b === null ? (a === null) - (b === null) : direction === 'desc' ? order(b, a) : order(a, b));
}

// A number and the text that spells it are one key of a group; which of the two it is afterwards, the language leaves open.
// It only matters where such a key is compared with a text that spells none.
const spelled_keys = new Set();
let compared_spelled = false;

function compare(op, a, b) {
    if (a === null || b === null) return null;
    const left = number(a), right = number(b);
    let differ;
    if ((left === null) !== (right === null) && spelled_keys.has(text(left === null ? b : a))) compared_spelled = true;
    if (left !== null && right !== null) differ = sign(left, right);
    else if (typeof a === 'string' && typeof b === 'string') differ = op === '=' || op === '!=' ? byPoint(a, b) : order(a, b);
    else return op === '!=' ? true : null; // a number and a text that is none do not compare, and so they differ
    return { '=': differ === 0, '!=': differ !== 0, '<': differ < 0, '<=': differ <= 0, '>': differ > 0, '>=': differ >= 0 }[op];
}

const truth = (value) => (typeof value === 'boolean' ? value : value !== null && number(value) !== null && number(value) != 0);

const arithmetic = {
    '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b,
};

const awayFromZero = (n, digits = 0) => { const f = 10 ** digits; return Math.sign(n) * Math.round(Math.abs(n) * f) / f + 0; };
const ofNumber = (fn) => (args) => { const n = args.map(number); return n.includes(null) ? null : fn(...n.map(Number)) + 0; };
const ofText = (fn) => (args) => { const s = args.map(text); return s.includes(null) ? null : fn(...s); };
const best = (better) => (args) => args.map(number).filter((n) => n !== null).map(Number).reduce((a, b) => (a === null || better(b, a) ? b : a), null);

const functions = {
    abs: ofNumber(Math.abs), ceil: ofNumber(Math.ceil), floor: ofNumber(Math.floor), round: ofNumber(awayFromZero),
    greatest: best((a, b) => a > b), least: best((a, b) => a < b),
    tonumber: (args) => number(args[0]),
    ispresent: (args) => args[0] !== null,
    isnumeric: (args) => args[0] !== null && number(args[0]) !== null,
    isempty: (args) => args[0] === null || args[0] === '',
    isblank: (args) => args[0] === null || (typeof args[0] === 'string' && args[0].trim() === ''),
    coalesce: (args) => args.find((one) => one !== null) ?? null,
    strlen: ofText((s) => points(s).length), toupper: ofText((s) => s.toUpperCase()), tolower: ofText((s) => s.toLowerCase()),
    trim: ofText((s) => s.replace(/^ +| +$/g, '')),
    concat: ofText((...all) => all.join('')),
    substr: ([s, start, length]) => (s === null ? null : points(text(s)).slice(number(start), length === undefined ? undefined : number(start) + number(length)).join('')),
    replace: ofText((s, from, to) => s.replaceAll(from, to)),
    strcontains: ofText((s, part) => s.includes(part)), startswith: ofText((s, part) => s.startsWith(part)), endswith: ofText((s, part) => s.endsWith(part)),
};

const lazily = {
    if: ([condition, a, b], row) => (truth(value(condition, row)) ? value(a, row) : value(b, row)),
    case: (args, row) => {
        for (let i = 0; i + 1 < args.length; i += 2) if (truth(value(args[i], row))) return value(args[i + 1], row);
        return args.length % 2 ? value(args.at(-1), row) : null;
    },
    bin: (args, row) => ({ t: row.time - (row.time % args.at(-1).ns) }),
    tomillis: (args, row) => Number(row.time / 1000000n),
};

// The value of an expression for one row.
export function value(e, row) {
    switch (e.k) {
    case 'num': case 'str': return e.v;
    case 'field': return row.set.has(e.name) ? row.set.get(e.name) : row.get(e.name);
    case 'neg': { const n = number(value(e.a, row)); return n === null ? null : -n + 0; }
    case 'not': return !truth(value(e.a, row));
    case 'and': return truth(value(e.a, row)) && truth(value(e.b, row));
    case 'or': return truth(value(e.a, row)) || truth(value(e.b, row));
    case 'cmp': return compare(e.op, value(e.a, row), value(e.b, row));
    case 'op': {
        const a = number(value(e.a, row)), b = number(value(e.b, row));
        return a === null || b === null ? null : arithmetic[e.op](Number(a), Number(b)) + 0;
    }
    case 'in': {
        const a = value(e.a, row);
        if (a === null) return null;
        const found = e.list.some((one) => compare('=', a, value(one, row)) === true);
        return e.not ? !found : found;
    }
    case 'like': {
        const a = text(value(e.a, row));
        if (a === null) return null;
        const found = e.regex !== undefined ? new RegExp(e.regex, `u${e.ignore_case ? 'i' : ''}`).test(a) : a.includes(e.part);
        return e.not ? !found : found;
    }
    case 'call':
        if (lazily[e.f.toLowerCase()]) return lazily[e.f.toLowerCase()](e.args, row);
        return functions[e.f.toLowerCase()](e.args.map((one) => value(one, row)));
    }
    throw new Error(`no such expression: ${e.k}`);
}

const present = (e, rows) => rows.map((row) => value(e, row)).filter((one) => one !== null);
const numbers = (e, rows) => present(e, rows).map(number).filter((one) => one !== null);
// The double nearest to the sum: whole numbers are added exactly, others with what each addition loses (Neumaier).
function total(list) {
    if (!list.length) return null;
    if (list.every((n) => Number.isInteger(Number(n)))) return Number(list.reduce((a, b) => a + BigInt(b), 0n));
    let sum = 0, lost = 0;
    for (const n of list.map(Number)) {
        const next = sum + n;
        lost += Math.abs(sum) >= Math.abs(n) ? sum - next + n : n - next + sum;
        sum = next;
    }
    return sum + lost;
}
const mean = (list) => (list.length ? total(list) / list.length : null);
const extreme = (list, better) => list.reduce((a, b) => (a === null || better(b, a) ? b : a), null);
const variance = (list) => (list.length ? mean(list.map((one) => (Number(one) - mean(list)) ** 2)) : null);
const atTime = (e, rows, better) => extreme(rows.filter((row) => value(e, row) !== null), (a, b) => better(a.time, b.time));

const aggregates = {
    count: ([e], rows) => (!e || e.k === 'star' ? rows.length : present(e, rows).length),
    count_distinct: ([e], rows) => new Set(present(e, rows).map(text)).size,
    sum: ([e], rows) => total(numbers(e, rows)), avg: ([e], rows) => mean(numbers(e, rows)),
    min: ([e], rows) => extreme(numbers(e, rows), (a, b) => a < b), max: ([e], rows) => extreme(numbers(e, rows), (a, b) => a > b),
    variance: ([e], rows) => variance(numbers(e, rows)),
    pct: ([e, percent], rows) => {
        const list = numbers(e, rows).map(Number).sort((a, b) => a - b), at = (list.length - 1) * percent.v / 100;
        return list.length ? list[Math.floor(at)] + (list[Math.ceil(at)] - list[Math.floor(at)]) * (at % 1) : null;
    },
    stddev: ([e], rows) => { const v = variance(numbers(e, rows)); return v === null ? null : Math.sqrt(v); },
    earliest: ([e], rows) => { const row = atTime(e, rows, (a, b) => a < b); return row && value(e, row); },
    latest: ([e], rows) => { const row = atTime(e, rows, (a, b) => a > b); return row && value(e, row); },
    sortsfirst: ([e], rows) => extreme(present(e, rows), (a, b) => order(a, b) < 0),
    sortslast: ([e], rows) => extreme(present(e, rows), (a, b) => order(a, b) > 0),
};
const isAggregate = (e) => e.k === 'call' && e.f.toLowerCase() in aggregates;

// An expression over aggregates, and over names of the same stats that came before.
function aggregate(e, rows, row) {
    if (isAggregate(e)) return aggregates[e.f.toLowerCase()](e.args, rows);
    if (e.k === 'op') {
        const a = number(aggregate(e.a, rows, row)), b = number(aggregate(e.b, rows, row));
        return a === null || b === null ? null : arithmetic[e.op](Number(a), Number(b)) + 0;
    }
    return value(e, row);
}

const only = (map) => ({ get: () => null, set: map });

function stats(command, rows) {
    const groups = new Map();
    for (const row of rows) {
        const keys = command.by.map(({ e }) => value(e, row));
        const key = JSON.stringify(keys.map(text));
        for (const one of keys) if (typeof one === 'string' && number(one) !== null) spelled_keys.add(one);
        if (!groups.has(key)) groups.set(key, { keys, rows: [] });
        groups.get(key).rows.push(row);
    }
    return [...groups.values()].map((group) => {
        const row = { ...only(new Map()), time: undefined };
        command.by.forEach(({ as }, i) => row.set.set(as, group.keys[i]));
        for (const { e, as } of command.items) row.set.set(as, aggregate(e, group.rows, row));
        return row;
    });
}

const escape = (part) => part.replace(/[.*+?^${}()|[\]\\\/-]/g, '\\$&');

function parse(command, row) {
    const subject = text(value(command.from, row));
    const stars = command.glob?.split('*').map(escape);
    const regex = new RegExp(command.regex ?? stars.map((part, i) => part + (i === stars.length - 1 ? '' : i === stars.length - 2 && part !== undefined && stars[i + 1] === '' ? '(.*)' : '(.*?)')).join(''), 'us');
    const found = subject === null ? null : regex.exec(subject);
    command.names.forEach((name, i) => row.set.set(name, found ? (command.regex ? found.groups[name] : found[i + 1]) ?? null : null));
    return row;
}

function sorted(rows, keys) {
    const by = keys.map(({ e, direction }) => [e, orderFor(direction)]);
    return [...rows].sort((a, b) => {
        for (const [e, differ] of by) {
            const found = differ(value(e, a), value(e, b));
            if (found) return found;
        }
        return 0;
    });
}

function dedup(rows, fields) {
    const seen = new Set();
    return rows.filter((row) => {
        const keys = fields.map((e) => value(e, row));
        if (keys.includes(null)) return true;
        const key = JSON.stringify(keys.map(text));
        return !seen.has(key) && seen.add(key);
    });
}

// A sum that grows row by row: whole numbers exactly while 64 bits hold them, doubles from the first other number on.
function accum(rows, { field, as }) {
    let sum = 0n;
    const sums = rows.map((row) => {
        const n = number(value(field, row));
        if (n === null) return null;
        if (typeof sum === 'bigint' && Number.isInteger(Number(n)) && BigInt.asIntN(64, sum + BigInt(n)) === sum + BigInt(n)) sum += BigInt(n);
        else sum = Number(sum) + Number(n);
        return typeof sum === 'bigint' && Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
    });
    rows.forEach((row, i) => row.set.set(as, sums[i]));
}

function autoregress(rows, { field, as, p }) {
    const values = rows.map((row) => value(field, row));
    rows.forEach((row, i) => row.set.set(as, i < p ? null : values[i - p]));
}

function filldown(rows, { field }) {
    let last = null;
    for (const row of rows) row.set.set(field.name, (last = value(field, row) ?? last));
}

// { columns, rows } or, where the language leaves the answer open, { open: why }.
export function evaluate(commands, source) {
    let rows = source.map((row) => ({ ...row, set: new Map() })).sort((a, b) => sign(b.time, a.time));
    let columns = [];
    spelled_keys.clear();
    compared_spelled = false;
    for (const command of commands) {
        if (command.c === 'filter') rows = rows.filter((row) => truth(value(command.e, row)));
        else if (command.c === 'fields' || command.c === 'display') {
            if (command.c === 'display') columns = [];
            for (const { as } of command.items) columns.push(as);
            for (const row of rows) for (const { e, as } of command.items) row.set.set(as, value(e, row));
        } else if (command.c === 'parse') rows = rows.map((row) => parse(command, row));
        else if (command.c === 'sort') rows = sorted(rows, command.keys);
        else if (command.c === 'limit') rows = rows.slice(0, command.n);
        else if (command.c === 'dedup') rows = dedup(rows, command.fields);
        else if (command.c === 'accum' || command.c === 'autoregress') {
            (command.c === 'accum' ? accum : autoregress)(rows, command);
            columns = [...columns, command.as];
        } else if (command.c === 'filldown') filldown(rows, command);
        else if (command.c === 'stats') {
            if (!rows.length && !command.by.length) return { open: 'stats of no row at all' };
            rows = stats(command, rows);
            columns = [...command.by, ...command.items].map(({ as }) => as);
        }
    }
    if (compared_spelled) return { open: 'a key that spells a number, compared with a text' };
    return { columns, rows: rows.map((row) => columns.map((name) => row.set.get(name) ?? null)) };
}
