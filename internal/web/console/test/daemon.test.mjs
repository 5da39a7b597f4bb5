import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, open } from './browser.mjs';
import { Daemon } from './daemon.mjs';

// The page on the daemon itself with a simulated day, from the first crossing to the handover. What is waited for has two minutes to
// come; nothing is timed. The tests go on from one another: they are one shift.

let b, daemon, lee, roy, engineer;
const row = (page, id) => page.locator(`li[data-id="${id}"]`);
const alerts = async () => (await (await fetch(`${daemon.url}api/v1/alerts`)).json()).alerts.map((e) => e.alert);
const person = async (name, options, hash = '', of = daemon) => {
  const p = await open(b, `${of.url}${hash}`, options);
  p.page.setDefaultTimeout(Number(process.env.PATIENCE ?? 120) * 1000);
  await p.page.evaluate((who) => localStorage.setItem('cutline.by', who), name);
  await p.page.reload();
  return p;
};

before(async () => {
  daemon = await Daemon.of('emerson');
  await daemon.start();
  daemon.simulate();
  b = await browser();
  lee = await person('K. Lee');
  roy = await person('M. Roy', { locale: 'fr-CA' });
  engineer = await person('T. Cho', {}, '#view=sensors');
  await engineer.page.getByRole('button', { name: 'Listen for 20 s' }).click();
});
after(async () => {
  await b?.close();
  await daemon?.end();
});

let first; // the id of the first alert

test('a crossing comes in by itself, on every screen and in each one’s language', async () => {
  await lee.page.locator('li[data-id]').first().waitFor();
  first = await lee.page.locator('li[data-id]').first().getAttribute('data-id');
  await row(lee.page, first).getByText(/crossed US>CA|crossed CA>US/).waitFor();
  await row(roy.page, first).getByText(/a franchi|ont franchi/).waitFor();
  await roy.page.getByText('en direct').waitFor();
});

test('two answer at once: one winner, one clear message, and both screens say who', async (t) => {
  const late = Promise.withResolvers?.() ?? (() => { const d = {}; d.promise = new Promise((done) => (d.resolve = done)); return d; })();
  await roy.page.route('**/ack', async (route) => {
    await late.promise; // on its way, while the other one's answer is taken
    await route.continue();
  });
  for (const { page } of [lee, roy]) await page.evaluate((id) => {
    new MutationObserver(() => {
      if (!window.seen && document.querySelector(`[data-id="${id}"]`)?.textContent.includes('K. Lee')) window.seen = performance.timeOrigin + performance.now();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, first);
  for (const { page } of [lee, roy]) await row(page, first).locator('.row').click();
  const asked = roy.page.waitForRequest('**/ack');
  await roy.page.keyboard.press('a');
  await asked;
  const pressed = Date.now();
  await lee.page.keyboard.press('a');
  await row(lee.page, first).getByText('seen by K. Lee').waitFor();
  await row(roy.page, first).getByText('vue par K. Lee').waitFor();
  late.resolve();
  await roy.page.getByText(/Quelqu’un a été plus rapide : .*K\. Lee/).waitFor();
  const [mine, theirs] = await Promise.all([lee, roy].map(({ page }) => page.evaluate(() => window.seen)));
  t.diagnostic(`from the key to the screen: one's own ${Math.round(mine - pressed)} ms, the other's ${Math.round(theirs - pressed)} ms`);
  assert.deepEqual((await alerts()).filter((a) => a.id === first).map((a) => [a.state, a.acked_by]), [['acknowledged', 'K. Lee']]);
  await roy.page.unroute('**/ack');
});

test('every key does what it says', async () => {
  const { page } = lee;
  const press = (key) => page.keyboard.press(key);
  const shown = (text) => page.getByText(text).first().waitFor();
  const has = (selector) => page.locator(selector).first().waitFor();
  const hash = (part) => page.waitForFunction((p) => decodeURIComponent(location.hash).includes(p), part);
  const hasNot = (selector) => page.locator(selector).first().waitFor({ state: 'detached' });
  const second = page.locator('li.open[data-id]').first();
  await second.waitFor(); // of the next crossing
  await page.evaluate(() => document.activeElement.blur()); // a row that was clicked has the Enter key to itself
  await press('Escape');
  await hasNot('article');
  await press('n');
  await has('li.open.selected');
  const id = await page.locator('li.selected').getAttribute('data-id');
  await press('j');
  await page.waitForFunction((was) => document.querySelectorAll('li.selected').length === 1 && document.querySelector('li.selected').dataset.id !== was, id);
  await press('k');
  await row(page, id).and(page.locator('.selected')).waitFor();
  await press('Enter');
  await has('article h2');
  await shown('twr-01');
  await press('a');
  await row(page, id).getByText('seen by K. Lee').waitFor();
  await press('c');
  await page.getByRole('textbox', { name: 'Text' }).fill('patrol sent');
  await page.getByRole('button', { name: 'OK' }).click();
  await page.locator('.log').getByText('patrol sent').waitFor();
  await press('o');
  await page.getByRole('textbox', { name: 'Who sees to it?' }).fill('Unit 7');
  await press('Enter');
  await row(page, id).getByText('with Unit 7').waitFor();
  await press('s');
  await page.getByRole('button', { name: 'OK' }).click();
  await shown('Set aside');
  await press('s'); // and back
  await page.locator('article .over').getByText(/acknowledged|unanswered/).waitFor();
  await press('v');
  await press('1');
  await page.getByRole('button', { name: 'OK' }).click();
  await shown('Closed lately');
  await press('z');
  await hash('map=');
  const [saved] = await Promise.all([page.waitForEvent('download'), press('e')]);
  assert.equal(saved.suggestedFilename(), `incident-${id}.zip`);
  await press('Escape');
  await hasNot('article');
  await press('r');
  await shown('THE PAST');
  await page.getByText(/\d events/).waitFor();
  const where = page.getByRole('slider');
  const at = async () => Number(await where.inputValue());
  const playing = async (is) => page.waitForFunction((s) => document.querySelector('.bar button').textContent === s, is ? '❚❚' : '▶');
  await playing(true);
  await press(' ');
  await playing(false);
  const was = await at();
  await press('.');
  await page.waitForFunction((least) => Number(document.querySelector('.scrub input').value) >= least, was + 9500);
  await press(',');
  await page.waitForFunction((most) => Number(document.querySelector('.scrub input').value) <= most, was + 500);
  await press('Escape');
  await hasNot('.bar');
  await press('2');
  await shown('Refused payloads');
  await press('3');
  await page.getByRole('heading', { name: 'Shift report' }).waitFor();
  await shown('Crossing, real');
  await press('1');
  await has('.map');
  await press('f');
  await hash('map=');
  for (const want of ['Sound off', 'Sound armed']) {
    await press('m');
    await shown(want);
  }
  for (const level of ['1', '2', '0']) {
    await press('d');
    await has(`:root[data-dim="${level}"]`);
  }
  await press('l');
  await shown('en direct');
  await press('l');
  await shown('Unanswered');
  await press('u');
  await page.waitForFunction(() => localStorage.getItem('cutline.clock') === 'local');
  await press('u');
  await press('y');
  await page.waitForFunction(() => localStorage.getItem('cutline.symbols') === 'plain');
  await press('y');
  await press('?');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('a publisher that no sensor claims is heard, and a sensor proposed for it', async () => {
  const { page } = engineer; // who has been listening since the beginning
  await page.locator('.yaml').getByText('border/emerson/patrol-01/detections').waitFor();
  assert.match(await page.locator('.yaml').textContent(), /^ *- id: \S*patrol-01/m);
});

test('a reload in the middle changes nothing', async () => {
  const { page } = lee;
  await row(page, first).locator('.row').click();
  await page.keyboard.press('Enter');
  if (!(await page.locator('article').isVisible())) await page.keyboard.press('Enter'); // the click had the focus on the row, whose key it was
  await page.locator('article').waitFor();
  const title = await page.locator('article h2').textContent();
  const address = page.url();
  await page.reload();
  await page.locator('article h2').getByText(title).waitFor();
  await row(page, first).getByText('seen by K. Lee').waitFor();
  assert.equal(page.url(), address);
});

test('a phone sees the same', async (t) => {
  const phone = await person('', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  t.after(() => phone.context.close());
  await row(phone.page, first).getByText('seen by K. Lee').waitFor();
  assert.equal(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await phone.page.getByRole('button', { name: 'Map', exact: true }).tap();
  await phone.page.waitForFunction(() => getComputedStyle(document.querySelector('.list')).visibility === 'hidden');
  assert.deepEqual(phone.complaints, []);
});

test('a day of the journal is replayed, with its alerts', async (t) => {
  const now = Date.now();
  const iso = (ms) => new Date(ms).toISOString();
  const past = await person('', {}, `#from=${iso(now - 24 * 3_600_000)}&to=${iso(now)}`);
  t.after(() => past.context.close());
  await past.page.getByText(/\d events/).waitFor();
  await past.page.getByText('figures of the past').waitFor();
  await past.page.getByRole('slider').fill(String(now - (now % 500)));
  await row(past.page, first).waitFor();
  await past.page.waitForFunction(() => Number(/^\d+/.exec([...document.querySelectorAll('.legend li')].at(-1).textContent)[0]) > 0); // tracks
  assert.deepEqual(past.complaints, []);
});

test('forty who cross at once are folded, counted, and none is dropped', async (t) => {
  const rush = await Daemon.of(new URL('flood.yaml', import.meta.url).pathname);
  t.after(() => rush.end());
  await rush.start();
  rush.simulate();
  const { page, context, complaints } = await person('K. Lee', {}, '', rush);
  t.after(() => context.close());
  await page.getByText(/^Flood: \d+ alarms in 10 min/).waitFor();
  await page.locator('li[data-id]').getByText('Flood of alarms').waitFor(); // the daemon says so itself, and that stands alone
  const fold = page.getByRole('button', { name: /^\d+ × Crossing/ }).first();
  await fold.waitFor();
  await fold.click();
  // What the heading counts is what is there: rows of their own, and those that folds stand for, of which one is opened.
  await page.waitForFunction(() => {
    const number = (e) => Number(/\d+/.exec(e.textContent)[0]);
    const folds = [...document.querySelectorAll('.fold')];
    const opened = folds.find((f) => f.getAttribute('aria-expanded') === 'true');
    if (!opened || opened.nextElementSibling.querySelectorAll('li').length !== number(opened)) return false;
    const alone = document.querySelectorAll('.scroll > ul')[0].querySelectorAll('li').length;
    return alone + folds.reduce((n, f) => n + number(f), 0) === number(document.querySelector('.scroll h2 span'));
  });
  assert.deepEqual(complaints, []);
});

test('a daemon that is killed is missed at once, and what it knew is there when it is back', async () => {
  const before = (await alerts()).map((a) => a.id).sort();
  await daemon.kill();
  await lee.page.getByText('THIS SCREEN IS NOT CURRENT').waitFor();
  await daemon.start();
  await lee.page.getByText('THIS SCREEN IS NOT CURRENT').waitFor({ state: 'detached' });
  await row(lee.page, first).getByText('seen by K. Lee').waitFor();
  const ids = (await alerts()).map((a) => a.id);
  assert.equal(new Set(ids).size, ids.length, 'an alert is there twice');
  assert.deepEqual(before.filter((id) => !ids.includes(id)), []);
  await row(lee.page, first).locator('.row').click();
  await lee.page.keyboard.press('c');
  await lee.page.getByRole('textbox', { name: 'Text' }).fill('still here');
  await lee.page.getByRole('button', { name: 'OK' }).click();
  await lee.page.getByText('still here').waitFor();
  for (const { complaints } of [lee, roy, engineer]) assert.deepEqual(complaints, []);
});
