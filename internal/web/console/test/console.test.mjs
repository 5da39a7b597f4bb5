import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { browser, open } from './browser.mjs';
import { alertEvent, Fake, place, trackEvent } from './fake.mjs';

// The built page in a real browser. What is waited for has two minutes to come; nothing is timed.

let b;
before(async () => (b = await browser()));
after(() => b?.close());

async function desk(t, options = {}, hash = '', site = {}) {
  const fake = new Fake({ ...place, ...site });
  const url = await fake.start();
  const opened = await open(b, url + hash, options);
  opened.page.setDefaultTimeout(120_000);
  t.after(async () => {
    await opened.context.close();
    await fake.stop();
    assert.deepEqual(opened.complaints, []);
  });
  await opened.page.getByText(options.locale === 'fr-CA' || hash.includes('fr') ? 'en direct' : 'live', { exact: true }).waitFor();
  return { fake, url, ...opened };
}
const row = (page, id) => page.locator(`li[data-id="${id}"]`);
const signOn = async (page, name = 'K. Lee') => {
  await page.getByRole('button', { name: 'Sign on' }).click();
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.keyboard.press('Enter');
};

test('an alert arrives by itself, is answered by keys alone, and closed with a verdict', async (t) => {
  const { fake, page } = await desk(t);
  await page.getByText('No open alerts.').waitFor();
  fake.emit(trackEvent('t-1', 49.001, -97.24), alertEvent('1', { priority: 'critical' }), alertEvent('2'));
  await row(page, '1').getByText('Person crossed, number 1').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('a'); // nobody has signed on: it asks who is there
  await page.getByRole('textbox', { name: 'Your name' }).fill('K. Lee');
  await page.keyboard.press('Enter');
  await row(page, '1').getByText('seen by K. Lee').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Crossing US → CA' }).waitFor();
  await page.keyboard.press('c');
  await page.getByRole('textbox', { name: 'Text' }).fill('patrol sent');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('patrol sent').waitFor();
  await page.keyboard.press('o');
  await page.getByRole('textbox', { name: 'Who sees to it?' }).fill('Unit 7');
  await page.keyboard.press('Enter');
  await row(page, '1').getByText('with Unit 7').waitFor();
  await page.keyboard.press('v');
  await page.keyboard.press('2');
  await page.getByRole('button', { name: 'OK' }).click();
  await page.getByText('Closed lately').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('s');
  await page.getByRole('button', { name: 'OK' }).click();
  await page.getByText('Set aside').waitFor();
  assert.deepEqual(fake.posted.map((p) => [p.id, p.verb, p.by]), [
    ['1', 'ack', 'K. Lee'], ['1', 'comment', 'K. Lee'], ['1', 'assign', 'K. Lee'], ['1', 'resolve', 'K. Lee'], ['2', 'shelve', 'K. Lee'],
  ]);
  assert.equal(fake.posted[3].verdict, 'animal');
});

test('the row under the pointer stays where it is, whatever comes above it', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(alertEvent('1'), alertEvent('2'));
  await row(page, '1').waitFor();
  await row(page, '1').hover();
  const top = async () => Math.round((await row(page, '1').boundingBox()).y);
  const was = await top();
  fake.emit(...['3', '4', '5'].map((id) => alertEvent(id, { priority: 'critical' })));
  await row(page, '5').waitFor({ state: 'attached' });
  await page.getByText(/new above/).waitFor();
  assert.ok(Math.abs((await top()) - was) <= 1, `from ${was} to ${await top()}`);
  await page.mouse.move(200, 400);
  await page.waitForFunction(() => document.querySelector('.scroll').scrollTop === 0);
});

test('a dead server is plain to see, and its return is taken by itself, without a loss', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(alertEvent('1'));
  await row(page, '1').waitFor();
  await page.waitForFunction(() => performance.getEntriesByName('backdrop').length > 0); // else the map's worker may still be loading
  await fake.stop();
  await page.getByText('THIS SCREEN IS NOT CURRENT').waitFor();
  fake.emit(alertEvent('2')); // while nobody listens
  await fake.start();
  await page.getByText('THIS SCREEN IS NOT CURRENT').waitFor({ state: 'detached' });
  fake.emit(alertEvent('3'));
  await row(page, '3').waitFor();
  assert.equal(await page.locator('li[data-id]').count(), 3);
});

test('two people who answer at once get one winner and one clear message', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(alertEvent('1'));
  await row(page, '1').waitFor();
  await signOn(page);
  fake.state.set('alert/1', alertEvent('1', { state: 'acknowledged', acked_by: 'M. Roy', revision: 2 })); // which our stream has not told yet
  await page.keyboard.press('n');
  await page.keyboard.press('a');
  await page.getByText('Somebody was faster: M. Roy has acknowledged it').waitFor();
  await row(page, '1').getByText('seen by M. Roy').waitFor();
});

test('what sensors add to an alert while it is answered refuses nobody', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(alertEvent('1'));
  await row(page, '1').waitFor();
  await signOn(page);
  await page.keyboard.press('n');
  fake.state.set('alert/1', alertEvent('1', { revision: 7, confidence: 0.99 })); // which our stream has not told yet
  await page.keyboard.press('a');
  await row(page, '1').getByText('seen by K. Lee').waitFor();
  assert.deepEqual(fake.posted.map((p) => p.verb), ['ack', 'ack']);
});

test('hostile texts are texts, and what is malformed breaks nothing', async (t) => {
  const { fake, page } = await desk(t);
  const evil = '<img src=x onerror=alert(1)><script>document.title="gone"</script>\u202Eevil';
  fake.raw('{"broken');
  fake.raw('null');
  fake.raw('{"type":"track","time":"2026-01-01T00:00:00Z","sector":"s","track":{"id":"x","lat":"no"}}');
  fake.emit(
    trackEvent(`"><b>${'x'.repeat(10_000)}`, 49.001, -97.24, { class: { [evil]: 1 }, sensors: [evil] }),
    alertEvent('a"]\\b', { text: evil, rule: evil, class: evil, owner: evil, kind: evil, priority: evil, evidence: [{ sensor: evil, group: evil, time: 'x', residual_sigma: null, detection: evil }], comments: [{ by: evil, time: 'x', text: evil }] }),
    alertEvent('2'),
  );
  await row(page, '2').waitFor();
  await page.locator('.figure').filter({ hasText: 'unreadable events' }).getByText('3', { exact: true }).waitFor();
  await page.getByText('<img src=x onerror=alert(1)>').first().click();
  await page.getByRole('heading', { name: /<img src=x/ }).waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.match(await page.title(), /Cutline/);
});

test('a flood is folded and counted, and nothing is dropped', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(...Array.from({ length: 30 }, (_, i) => alertEvent(`${i}`, { priority: i < 3 ? 'high' : 'low' })));
  await page.getByText('Flood: 30 alarms in 10 min').waitFor();
  const fold = page.getByRole('button', { name: /27 × Crossing/ });
  await fold.waitFor();
  assert.equal(await page.locator('li[data-id]').count(), 3);
  await fold.click();
  assert.equal(await page.locator('li[data-id]').count(), 30);
});

test('the past is marked as the past, can be moved through, and left', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(trackEvent('t-1', 49.001, -97.24), alertEvent('1'));
  await row(page, '1').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('r');
  await page.getByText('THE PAST').first().waitFor();
  await page.getByText('2 events').waitFor();
  const where = page.getByRole('slider');
  const before = Number(await where.inputValue());
  await page.keyboard.press('.');
  assert.ok(Number(await where.inputValue()) >= before + 9000);
  await page.reload();
  await page.getByText('THE PAST').first().waitFor(); // it stands in the address
  await page.keyboard.press('r');
  await page.getByText('THE PAST').first().waitFor({ state: 'detached' });
});

test('a track is found under the pointer, and tells what is known of it', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(trackEvent('t-1', 49.0, -97.24, { class: { vehicle: 0.9 } }));
  await page.getByText('1 tracks').waitFor();
  const box = await page.locator('.map').last().boundingBox();
  const east = (-97.24 - (-97.34 - 97.13) / 2) / (97.34 - 97.13); // of the middle, as a share of the sector, which fills the map by its width or height
  await page.waitForFunction(() => location.hash.includes('map='));
  const zoom = Number(/map=[^,]+,[^,]+,([\d.]+)/.exec(await page.evaluate(() => location.hash))[1]);
  const middle = await page.evaluate(() => Number(/map=([^,]+)/.exec(location.hash)[1]));
  const degree = (512 * 2 ** zoom) / 360; // px
  await page.mouse.click(box.x + box.width / 2 + east * 0.21 * degree, box.y + box.height / 2 - (49.0 - middle) * degree / Math.cos((49 * Math.PI) / 180));
  await page.getByText('90 %').waitFor();
  await page.getByRole('button', { name: 'One of ours' }).waitFor();
});

test('a bad file of tiles and a zone that is none are told on the map, and the rest is drawn', async (t) => {
  const { fake, page } = await desk(t, {}, '', {
    basemap: { pmtiles: '/api/v1/basemap' },
    zones: { type: 'FeatureCollection', features: [{ type: 'Feature', properties: { name: 'yard' }, geometry: { type: 'Polygon', coordinates: 'none' } }] },
  });
  fake.emit(trackEvent('t-1', 49.0, -97.24));
  await page.getByText('The zones cannot be drawn: zone yard').waitFor();
  await page.getByText(/^The map says: /).waitFor();
  await page.getByText('1 tracks').waitFor();
});

test('without WebGL the picture is there all the same, and the map says what is missing', async (t) => {
  const fake = new Fake();
  const url = await fake.start();
  const context = await b.newContext({ viewport: { width: 1366, height: 768 } });
  t.after(async () => {
    await context.close();
    await fake.stop();
  });
  await context.addInitScript(() => {
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
    };
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  fake.emit(trackEvent('t-1', 49.0, -97.24), alertEvent('1'));
  await row(page, '1').waitFor();
  await page.getByText('1 tracks').waitFor();
  await page.getByText(/^The map says: /).waitFor();
  const zoom = () => page.evaluate(() => Number(/map=[^,]+,[^,]+,([\d.]+)/.exec(location.hash)?.[1]));
  await page.waitForFunction(() => location.hash.includes('map='));
  const before = await zoom();
  await page.getByRole('button', { name: 'Closer' }).click();
  await page.waitForFunction((was) => Number(/map=[^,]+,[^,]+,([\d.]+)/.exec(location.hash)?.[1]) > was, before);
});

test('French, from the first word to the last key', async (t) => {
  const { fake, page } = await desk(t, { locale: 'fr-CA' });
  fake.emit(alertEvent('1', { against: ['it may be a deer'], against_fr: ['c’est peut-être un cerf'] }));
  await row(page, '1').getByText('Une personne a franchi la ligne, numéro 1').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('Enter');
  await page.getByText('2 groupes indépendants concordent').waitFor();
  await page.getByText('c’est peut-être un cerf').waitFor();
  await page.keyboard.press('a');
  await page.keyboard.press('Enter'); // without a name nothing is done, and the question stays
  await page.getByRole('dialog').getByText('Votre nom').first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByText('Acquitter').first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('3');
  await page.getByRole('heading', { name: 'Rapport de relève' }).waitFor();
  await page.keyboard.press('l');
  await page.getByRole('heading', { name: 'Shift report' }).waitFor();
});

test('an incident can be taken along in one file, with pictures', async (t) => {
  const { fake, page } = await desk(t);
  fake.emit(alertEvent('1'));
  await row(page, '1').waitFor();
  await page.keyboard.press('n');
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('e')]);
  assert.equal(download.suggestedFilename(), 'incident-1.zip');
  const files = unzipSync(readFileSync(await download.path()));
  const geo = JSON.parse(strFromU8(files['incident.geojson']));
  assert.deepEqual(geo.features[0].geometry.coordinates, [-97.24, 49.0004]);
  assert.equal(JSON.parse(strFromU8(files['incident.json'])).alert.alert.id, '1');
  assert.match(strFromU8(files['timeline.svg']), /^<svg.*cam-02.*twr-01/);
  // The picture is the map: the line of the border, in the colour of a watched one, is on it.
  const line = await page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const c = new OffscreenCanvas(image.width, image.height).getContext('2d');
    c.drawImage(image, 0, 0);
    const { data } = c.getImageData(0, 0, image.width, image.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) n += Number(Math.abs(data[i] - 0x5f) + Math.abs(data[i + 1] - 0x8f) + Math.abs(data[i + 2] - 0x86) < 90); // its edges are mixed with the ground
    return n;
  }, [...files['map.png']]);
  assert.ok(line > 300, `${line} points of the line`);
});

test('the phone has its own view', async (t) => {
  const { fake, page } = await desk(t, { viewport: { width: 390, height: 844 } });
  fake.emit(alertEvent('1'));
  await row(page, '1').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.locator('.map canvas').first().waitFor();
  await page.waitForFunction(() => getComputedStyle(document.querySelector('.list')).visibility === 'hidden');
});

test('every view is accessible, at each of three levels of light', async (t) => {
  const { fake, page } = await desk(t, { bypassCSP: true }); // the tool is put into the page as a script
  fake.emit(trackEvent('t-1', 49.001, -97.24), alertEvent('1', { priority: 'critical' }), alertEvent('2', { priority: 'medium', against: ['it may be a deer'] }), alertEvent('3', { priority: 'low', state: 'acknowledged', acked_by: 'K. Lee' }));
  await row(page, '1').waitFor();
  await page.addScriptTag({ content: readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8') });
  await page.keyboard.press('n');
  for (const keys of [[], ['Enter'], ['d'], ['d'], ['2'], ['3'], ['?']]) {
    for (const key of keys) await page.keyboard.press(key);
    const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
    const found = result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join('; ')}`);
    assert.deepEqual(found, [], `after the keys ${keys}`);
  }
});
