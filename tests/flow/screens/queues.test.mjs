// SPDX-License-Identifier: Apache-2.0
// Comments beside what is on the screen, and the annotator's path: a queue made, filled, worked through by keys, undone.
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.mjs';
import { cannot, inTheme, quiet, serious, setStage, settled } from './stage.mjs';
import { fine, send } from './traffic.mjs';

const HOSTILE = '<img src=x onerror="document.title=\'owned\'"> \u202egnp.exe';

describe('screens: comments and queues', { skip: cannot() }, () => {
    const stage = setStage({ fresh: true });
    let traces, queue;
    before(async () => {
        if (!stage.url) return;
        const sent = [fine(0), fine(3)];
        await send(stage.url, ...sent);
        await stage.indexed();
        traces = sent.map(({ id, spans }) => ({ id, chat: spans[1].spanId }));
    });
    const scores = async () => (await stage.api.get('/api/v1/scores', { from: '-1d', source: 'annotation' })).scores;
    const items = async () => (await stage.api.get(`/api/v1/queues/${queue}/items`)).items;

    it('comments are written on a span, its trace and a session, and are texts only', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/traces/${traces[0].id}?span=${traces[0].chat}`);
        await page.getByRole('tab', { name: /^Comments/ }).click();
        await page.getByRole('region', { name: 'On this span' }).getByLabel('Your name').fill('Ada');
        await page.getByLabel('Write: on this span').fill(HOSTILE);
        await page.keyboard.press('Control+Enter');
        await page.getByRole('article', { name: 'Comment by Ada' }).getByText('<img src=x').waitFor();
        await page.getByLabel('Write: on the trace').fill('the parcel came on Friday');
        await page.getByRole('region', { name: 'On the trace' }).getByRole('button', { name: 'Comment', exact: true }).click();
        await page.getByText('the parcel came on Friday').waitFor();
        await page.getByRole('tab', { name: 'Comments 2' }).waitFor();
        assert.notEqual(await page.title(), 'owned');
        assert.equal(await page.locator('.comment img').count(), 0);
        await page.getByRole('region', { name: 'On the trace' }).getByRole('button', { name: 'Delete this comment' }).click();
        await page.getByRole('tab', { name: 'Comments 1' }).waitFor();
        for (const theme of ['light', 'dark']) {
            await inTheme(page, theme);
            assert.deepEqual(await serious(page), [], theme);
        }
        await page.goto(`${stage.url}/p/default/sessions/s-0?tab=comments`);
        await page.getByLabel('Write: on the session').fill('one of many');
        await page.getByRole('button', { name: 'Comment', exact: true }).click();
        await page.getByText('one of many').waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a queue is made with its questions, and filled from the screens of what is judged', async () => {
        const { page, complaints, context } = await stage.open('/p/default/queues');
        await page.getByText('No annotation queues yet').waitFor();
        await page.keyboard.press('n');
        await page.getByLabel('Name', { exact: true }).fill('First look <b>');
        for (const [name, kind, more] of [['right', 'boolean'], ['tone', 'categorical', 'kind, cold'], ['depth', 'numeric', [1, 5]]]) {
            await page.getByLabel('Question').fill(name);
            await page.getByLabel('Kind of answer').selectOption(kind);
            if (kind === 'categorical') await page.getByLabel('Answers, by commas').fill(more);
            if (kind === 'numeric') { await page.getByLabel('From').fill(String(more[0])); await page.getByLabel('To', { exact: true }).fill(String(more[1])); }
            await page.getByRole('button', { name: 'Add the question' }).click();
            await page.getByRole('checkbox', { name: new RegExp(name) }).waitFor();
        }
        await page.getByRole('button', { name: 'Make it' }).click();
        await page.getByText('Nothing is in this queue yet').waitFor();
        queue = page.url().split('/').at(-1);
        for (const [path, what] of [[`traces/${traces[0].id}`, 'trace'], [`traces/${traces[1].id}?span=${traces[1].chat}`, 'span'], ['sessions/s-0', 'session']]) {
            await page.goto(`${stage.url}/p/default/${path}`);
            await settled(page);
            await page.getByRole('button', { name: `Put this ${what} into an annotation queue` }).click();
            await page.getByRole('button', { name: /^First look/ }).click();
            await page.getByText('added').waitFor();
        }
        assert.deepEqual((await items()).map((one) => [one.kind, one.status]), [['trace', 'pending'], ['observation', 'pending'], ['session', 'pending']]);
        await page.goto(`${stage.url}/p/default/queues/${queue}`);
        await page.getByRole('rowheader', { name: /[a-z]+ [a-z]+/i }).nth(1).waitFor(); // what was asked, not an id
        await page.getByRole('rowheader', { name: 's-0' }).waitFor();
        quiet(complaints);
        await context.close();
    });

    it('a queue is renamed, asks less, and is assigned, to the reader, too', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/queues/${queue}`);
        await page.evaluate(() => localStorage.setItem('vitrine.name', 'Ada'));
        await page.reload();
        await page.getByText('0 of 3 done').waitFor();
        await page.keyboard.press('e');
        const form = page.getByRole('dialog', { name: 'Edit the queue' });
        await form.getByRole('checkbox', { name: /^right/, checked: true }).waitFor();
        await form.getByLabel('Name', { exact: true }).fill('Second look');
        await form.getByLabel('Assign to').fill('Bob <i>');
        await page.keyboard.press('Enter');
        await form.getByRole('button', { name: 'Me', exact: true }).click();
        for (const theme of ['light', 'dark']) {
            await inTheme(page, theme);
            assert.deepEqual(await serious(page), [], theme);
        }
        await form.getByRole('button', { name: 'Keep' }).click();
        await page.getByRole('heading', { name: 'Second look' }).waitFor();
        await page.getByText(/Assigned to you Bob <i>/).waitFor();
        await page.getByRole('button', { name: 'Edit', exact: true }).click();
        await form.getByRole('button', { name: 'Take Bob <i> off' }).click();
        await form.getByLabel('Name', { exact: true }).fill('First look <b>');
        await form.getByRole('button', { name: 'Keep' }).click();
        await page.getByRole('heading', { name: 'First look <b>' }).waitFor();
        const { people, score_configs } = await stage.api.get(`/api/v1/queues/${queue}`);
        assert.deepEqual([people, score_configs.length], [['Ada'], 3]);
        quiet(complaints);
        await context.close();
    });

    it('an annotator works through it by keys, and takes a slip back', async () => {
        const { page, complaints, context } = await stage.open(`/p/default/queues/${queue}`);
        await page.getByText('0 of 3 done').waitFor();
        await page.keyboard.press('Enter');
        await page.getByText('It arrives on Thursday.').waitFor();
        const group = (name) => page.getByRole('group', { name: new RegExp(`^${name}`) });
        const pressed = (name, label) => group(name).getByRole('button', { name: label, pressed: true }).waitFor();
        await page.keyboard.press('1');
        await pressed('right', 'Yes');
        await page.keyboard.press('2');
        await pressed('tone', 'cold');
        await page.keyboard.press('u');
        await page.getByText('1 of 3 answered').waitFor();
        await page.keyboard.press('1');
        await pressed('tone', 'kind');
        await page.keyboard.press('4');
        await page.getByText('3 of 3 answered').waitFor();
        await group('tone').getByLabel('Why tone').fill('warm words');
        await page.keyboard.press('Control+Enter');
        await page.getByText('1 of 3 done').waitFor();
        await page.getByText('2 of 3', { exact: true }).waitFor();
        await eventually(async () => assert.deepEqual((await scores()).map((one) => [one.name, one.value, one.queue_id === queue, one.trace_id, one.comment]).sort(),
            [['depth', 4, true, traces[0].id, null], ['right', true, true, traces[0].id, null], ['tone', 'kind', true, traces[0].id, 'warm words']]));
        for (const theme of ['light', 'dark']) {
            await inTheme(page, theme);
            assert.deepEqual(await serious(page), [], theme);
        }
        await group('depth').getByLabel('depth', { exact: true }).fill('9');
        await page.keyboard.press('Enter');
        await page.getByText('Expected at most 5').waitFor();
        await page.keyboard.press('u');
        await page.getByText('0 of 3 done').waitFor();
        await pressed('tone', 'kind');
        assert.equal(new URL(page.url()).searchParams.get('item'), (await items())[0].id);
        for (const [key, place] of [['j', '2 of 3'], ['j', '3 of 3'], ['k', '2 of 3']]) {
            await page.keyboard.press(key);
            await page.getByText(place, { exact: true }).waitFor();
        }
        await page.keyboard.press('c');
        await page.getByText('3 of 3', { exact: true }).waitFor();
        await page.keyboard.press('c');
        await page.getByText('1 of 3', { exact: true }).waitFor();
        await page.keyboard.press('c');
        await page.getByText('3 of 3 done').waitFor();
        await page.waitForURL(({ search }) => search === '');
        assert.deepEqual((await items()).map((one) => one.status), ['completed', 'completed', 'completed']);
        await page.getByRole('button', { name: /^Waiting/ }).click();
        await page.getByText('Nothing waits').waitFor();
        await page.getByRole('button', { name: 'More about this queue' }).click();
        await page.getByRole('button', { name: 'Delete the queue…' }).click();
        await page.getByRole('button', { name: 'Delete it' }).click();
        await page.getByText('No annotation queues yet').waitFor();
        assert.equal((await scores()).length, 3);
        quiet(complaints);
        await context.close();
    });
});
