/* SPDX-License-Identifier: Apache-2.0 */
/* Letters in order, anywhere: how well `typed` fits a text, higher is better; null when it does not. */
const BEGINS = 8;
const FOLLOWS = 5;
const EXACT = 40;

export function fuzzy(typed: string, text: string): number | null {
    const wanted = typed.toLowerCase().replace(/\s+/g, "");
    const from = text.toLowerCase();
    if (!wanted) return 0;
    const whole = from.indexOf(typed.toLowerCase().trim());
    if (whole >= 0) return EXACT + wanted.length * FOLLOWS + (isBeginning(from, whole) ? 2 * BEGINS : 0) - Math.min(from.length, 100) / 20;
    let score = 0;
    let last = -1;
    for (const letter of wanted) {
        /* The next beginning of a word is worth a look before the next letter at all. */
        let at = from.indexOf(letter, last + 1);
        if (at < 0) return null;
        if (at !== last + 1) {
            for (let next = at; next >= 0; next = from.indexOf(letter, next + 1)) {
                if (!isBeginning(from, next)) continue;
                at = next;
                break;
            }
        }
        score += at === last + 1 ? FOLLOWS : isBeginning(from, at) ? BEGINS : 1 - Math.min(at - last, 20) / 10;
        last = at;
    }
    return score - from.length / 20;
}

function isBeginning(text: string, at: number): boolean {
    return at === 0 || /[\s\-_./:@]/.test(text[at - 1]);
}
