// SPDX-License-Identifier: Apache-2.0
// Reads tests/cases/receive/**/*.case; how they are written stands in the README there.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(fileURLToPath(import.meta.url), '../../../cases/receive');

export function readCases(receiver) {
    const directory = join(folder, receiver);
    return readdirSync(directory).filter((name) => name.endsWith('.case')).sort().flatMap((name) => {
        const text = readFileSync(join(directory, name), 'latin1');
        return text.split(/^== /m).slice(1).map((part) => readCase(name, part));
    });
}

// Texts stay latin1 inside, one character a byte, so that nothing of a body is lost.
function readCase(file, part) {
    const lines = part.split('\n');
    const title = lines.shift().trim();
    const [, method, path] = /^> *(\S+) +(\S+)/.exec(lines.shift()) ?? [];
    if (!path) throw new Error(`${file}: ${title}: expected > METHOD PATH`);
    const headers = {};
    let isBytes = false;
    while (lines[0]?.startsWith('>')) {
        const [, name, value] = /^> *([^:]+): *(.*?) *$/.exec(lines.shift());
        if (name === 'body') isBytes = true;
        else headers[name] = value;
    }
    isBytes ||= (headers['content-type'] ?? '').includes('protobuf');
    const at = lines.findIndex((line) => line.startsWith('< '));
    if (at < 0) throw new Error(`${file}: ${title}: expected < STATUS`);
    const text = lines.slice(0, at).join('\n');
    const answer = lines.slice(at + 1).filter((line) => line && !line.startsWith('#'));
    const number = (name) => answer.filter((line) => line.startsWith(`= ${name} `)).map((line) => +line.split(' ')[2])[0];
    return { file, title, method, path, headers, isProtobuf: (headers['content-type'] ?? '').includes('protobuf'),
        body: isBytes ? bodyBytes(text, `${file}: ${title}`) : Buffer.from(text, 'latin1'),
        status: +lines[at].slice(2), kept: number('kept'), rejected: number('rejected'),
        words: answer.filter((line) => !/^[~=]/.test(line)).map((line) => Buffer.from(line, 'latin1').toString()) };
}

function bodyBytes(text, where) {
    const groups = [[]];
    const token = /\s+|#[^\n]*|"((?:[^"\\]|\\x[0-9a-fA-F]{2})*)"|([{}])|([0-9a-fA-F]{2})/y;
    while (token.lastIndex < text.length) {
        const at = token.lastIndex;
        const found = token.exec(text);
        if (!found) throw new Error(`${where}: the body is not well written at byte ${at}`);
        const [, quoted, brace, byte] = found;
        if (quoted !== undefined) groups.at(-1).push(Buffer.from(quoted.replace(/\\x(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1'));
        else if (brace === '{') groups.push([]);
        else if (brace === '}') {
            const inner = Buffer.concat(groups.pop());
            groups.at(-1).push(length(inner.length), inner);
        } else if (byte) groups.at(-1).push(Buffer.from(byte, 'hex'));
    }
    if (groups.length !== 1) throw new Error(`${where}: a brace is left open`);
    return Buffer.concat(groups[0]);
}

function length(value) {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
    bytes.push(value);
    return Buffer.from(bytes);
}
